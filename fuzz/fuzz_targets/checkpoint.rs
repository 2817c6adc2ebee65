//! A checkpoint: a zip archive with a pickle and tensors.
#![no_main]

#[path = "../../onnx/tests/damaged/mod.rs"]
mod damaged;

libfuzzer_sys::fuzz_target!(|content: &[u8]| {
    damaged::scvi(content);
});
