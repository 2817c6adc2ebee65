//! A table of genes.
#![no_main]

#[path = "../../gpu-backend/tests/damaged/mod.rs"]
mod damaged;

use std::io::Write;

libfuzzer_sys::fuzz_target!(|content: &[u8]| {
    let mut file = tempfile::NamedTempFile::new().expect("a place for temporary files");
    file.write_all(content).expect("room for a small file");
    damaged::gene_table(file.path());
});
