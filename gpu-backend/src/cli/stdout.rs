//! Results on stdout. A reader that has seen enough, as `head`, ends the program quietly.

use std::{
    fmt::Arguments,
    io::{ErrorKind, Write},
};

use anyhow::Context as _;

/// Writes to stdout.
///
/// # Errors
/// If it cannot be written to; see [`nobody_reads`].
pub fn write(text: Arguments<'_>) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_fmt(text).and_then(|()| stdout.flush()).context("cannot write to stdout")
}

/// Whether an error says that stdout was closed by its reader.
pub fn nobody_reads(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<std::io::Error>().is_some_and(|cause| cause.kind() == ErrorKind::BrokenPipe)
    })
}

/// `println!` that ends the command where nobody reads.
macro_rules! outln {
    ($($text:tt)*) => {
        $crate::cli::stdout::write(format_args!("{}\n", format_args!($($text)*)))?
    };
}

/// `print!` that ends the command where nobody reads.
macro_rules! out {
    ($($text:tt)*) => {
        $crate::cli::stdout::write(format_args!($($text)*))?
    };
}

pub(crate) use {out, outln};
