//! A file of cells.
#![no_main]

#[path = "../../gpu-backend/tests/damaged/mod.rs"]
mod damaged;

use std::io::Write;

libfuzzer_sys::fuzz_target!(|content: &[u8]| {
    let mut file = tempfile::NamedTempFile::new().expect("a place for temporary files");
    file.write_all(content).expect("room for a small file");
    damaged::h5ad(file.path());
});
