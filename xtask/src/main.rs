//! `cargo xtask demo | test | build | bench | doctor`.

fn main() {}
