//! How work is done: files that are whole or absent, and parts of long work that survive a kill.
//!
//! | file | idea |
//! |---|---|
//! | `atomic` | files of a folder of ours, whole or not there |
//! | `output` | what a command writes: whole under its final name or not there |
//! | `unnamed` | hidden names for what is not whole yet |
//! | `told` | errors in words |
//! | `checked` | parts with their checksums |
//! | `counts` | counts of all cells on disk, from which any are fetched |
//! | `progress` | who is told how a job goes |
//! | `https` | the network |
//! | `key`, `digest` | everything that decides a result |
//! | `memory` | whether work fits the machine |
//! | `partial` | unfinished work beside an output: marker, lock, finished parts |
//! | `regular` | input: regular files, their size known first |
//! | `room` | what is free on a disk |
//! | `share` | which part of a stage one does |
//! | `shards` | finished parts of a long embedding |
//! | `stamps` | inputs that stay what they were |
//! | `place`, `sync` | names in one step, contents on the disk |
//! | `target` | where output may go |

pub mod atomic;
pub mod checked;
pub mod counts;
pub mod digest;
pub mod https;
pub mod key;
pub mod memory;
pub mod output;
pub mod partial;
pub mod place;
pub mod progress;
pub mod regular;
pub mod room;
pub mod shards;
pub mod share;
pub mod stamps;
pub mod sync;
pub mod target;
pub mod told;
pub mod unnamed;
