//! A checkpoint of scGPT: its weights, or a file beside them.
#![no_main]

libfuzzer_sys::fuzz_target!(|content: &[u8]| {
    cellprism_fuzz::read("scgpt", content);
});
