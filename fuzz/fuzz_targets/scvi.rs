//! A checkpoint of scvi-tools.
#![no_main]

libfuzzer_sys::fuzz_target!(|content: &[u8]| {
    cellprism_fuzz::read("scvi", content);
});
