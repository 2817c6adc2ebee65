//! A dictionary's settings.
#![no_main]

libfuzzer_sys::fuzz_target!(|content: &[u8]| {
    cellprism_fuzz::read("sae_config", content);
});
