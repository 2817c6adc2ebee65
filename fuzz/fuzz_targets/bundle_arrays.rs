//! Safetensors files of a bundle and of a model.
#![no_main]

libfuzzer_sys::fuzz_target!(|content: &[u8]| {
    cellprism_fuzz::read("bundle_arrays", content);
});
