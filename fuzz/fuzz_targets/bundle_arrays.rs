//! Safetensors files of a bundle and of a model.
#![no_main]

#[path = "../../core/tests/damaged/mod.rs"]
mod damaged;

libfuzzer_sys::fuzz_target!(|content: &[u8]| {
    damaged::bundle_arrays(content);
});
