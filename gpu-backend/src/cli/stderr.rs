//! Words for people on stderr. Where nobody reads any more, as after `2>&1 | head`, nothing is said and the work goes on.

use std::{fmt::Arguments, io::Write};

/// Writes to stderr.
pub fn write(text: Arguments<'_>) {
    let _ = std::io::stderr().lock().write_fmt(text);
}

/// `eprintln!` that does not mind that nobody reads.
macro_rules! errln {
    ($($text:tt)*) => {
        $crate::cli::stderr::write(format_args!("{}\n", format_args!($($text)*)))
    };
}

/// `eprint!` that does not mind that nobody reads.
macro_rules! err {
    ($($text:tt)*) => {
        $crate::cli::stderr::write(format_args!($($text)*))
    };
}

pub(crate) use {err, errln};
