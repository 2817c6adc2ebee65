//! The cellprism explorer.

fn main() {}
