//! JSON files of a bundle.
#![no_main]

libfuzzer_sys::fuzz_target!(|content: &[u8]| {
    cellprism_fuzz::read("bundle_json", content);
});
