//! A checkpoint of Geneformer: any of its files.
#![no_main]

libfuzzer_sys::fuzz_target!(|content: &[u8]| {
    cellprism_fuzz::read("geneformer", content);
});
