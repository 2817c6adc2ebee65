//! `cellprism worker`: the process in which a server has its work done.

use std::path::PathBuf;

use clap::Args as ClapArgs;

use crate::worker::{self, Settings};

/// Do what a server asks for on stdin, one JSON object a line, and tell on stdout how it goes.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// A file that one worker at a time holds; others wait for it
    #[arg(long, value_name = "FILE")]
    lock: Option<PathBuf>,
    /// Most bytes of memory of its own (Linux; default: no limit)
    #[arg(long, value_name = "BYTES")]
    memory: Option<u64>,
}

/// Works until stdin ends.
///
/// # Errors
/// If the lock cannot be had, or the limit not be set.
pub fn run(args: Args) -> anyhow::Result<()> {
    worker::run(&Settings { lock: args.lock, memory: args.memory })
}
