//! Options of a run.
#![no_main]

libfuzzer_sys::fuzz_target!(|content: &[u8]| {
    cellprism_fuzz::read("config", content);
});
