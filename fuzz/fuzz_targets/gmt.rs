//! A library of gene sets.
#![no_main]

#[path = "../../core/tests/damaged/mod.rs"]
mod damaged;

libfuzzer_sys::fuzz_target!(|content: &[u8]| {
    damaged::gene_sets(content);
});
