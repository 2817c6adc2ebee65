//! The `cellprism` command.

fn main() {}
