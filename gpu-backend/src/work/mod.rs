//! How work is done: files that are whole or absent, and parts of long work that survive a kill.

pub mod atomic;
pub mod shards;
