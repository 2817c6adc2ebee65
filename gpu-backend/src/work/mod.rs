//! How work is done: files that are whole or absent, and parts of long work that survive a kill.
//!
//! | file | idea |
//! |---|---|
//! | `atomic` | output that is either whole under its final name or not there |
//! | `counts` | counts of all cells on disk, from which any are fetched |
//! | `progress` | who is told how a job goes |
//! | `key`, `digest` | everything that decides a result |
//! | `memory` | whether work fits the machine |
//! | `partial` | unfinished work beside an output: marker, lock, finished parts |
//! | `regular` | input: regular files, their size known first |
//! | `shards` | finished parts of a long embedding |
//! | `target` | where output may go |

pub mod atomic;
pub mod counts;
pub mod digest;
pub mod key;
pub mod memory;
pub mod partial;
pub mod progress;
pub mod regular;
pub mod shards;
pub mod target;
