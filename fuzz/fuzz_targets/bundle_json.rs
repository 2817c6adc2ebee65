//! JSON files of a bundle.
#![no_main]

#[path = "../../core/tests/damaged/mod.rs"]
mod damaged;

libfuzzer_sys::fuzz_target!(|content: &[u8]| {
    damaged::bundle_json(content);
});
