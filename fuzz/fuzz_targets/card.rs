//! A model's card.
#![no_main]

#[path = "../../core/tests/damaged/mod.rs"]
mod damaged;

libfuzzer_sys::fuzz_target!(|content: &[u8]| {
    damaged::card(content);
});
