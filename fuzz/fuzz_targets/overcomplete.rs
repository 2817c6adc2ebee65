//! A dictionary of overcomplete.
#![no_main]

libfuzzer_sys::fuzz_target!(|content: &[u8]| {
    cellprism_fuzz::read("overcomplete", content);
});
