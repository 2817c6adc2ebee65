//! `cellprism serve --data-dir` as a process of its own: spoken to over HTTP, killed, and sent what nobody should send.
//!
//! With `CELLPRISM_LONG=1` the kills are as many as a night bears: 50 of the server, 20 of its workers.
#![allow(clippy::unwrap_used)] // all of this file is tests

mod disk;
mod faults;
mod hostile;
mod job;
mod kills;
mod sequence;
mod server;
mod tokens;
