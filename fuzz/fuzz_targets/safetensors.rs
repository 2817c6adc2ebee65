//! A safetensors file.
#![no_main]

#[path = "../../onnx/tests/damaged/mod.rs"]
mod damaged;

libfuzzer_sys::fuzz_target!(|content: &[u8]| {
    damaged::safetensors(content);
});
