//! Damaged files of every kind: bytes of small ones are changed at random, and reading must end in a result or in an error:
//! no panic, no endless loop, no runaway memory. Repeatable; `CELLPRISM_FUZZ_SECONDS` (5 where it is not set) is the time for
//! all parsers together, `CELLPRISM_FUZZ_SEED` another row of random numbers.
#![allow(clippy::unwrap_used)] // all of this file is tests

use std::{
    env, fs,
    time::{Duration, Instant},
};

use cellprism_tests::parsers::{
    PARSERS, corpus,
    damage::{below, damage},
};
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

/// Longest that one small file may take, on a machine that does other things too.
const PATIENCE: Duration = Duration::from_secs(10);
/// Most memory of this program, with the largest of the small files.
const MEMORY: u64 = 800 << 20;
/// Files of each parser that are tried whatever the time.
const LEAST: u64 = 40;

#[test]
fn the_corpus_is_what_its_generator_makes_and_is_read() {
    for seed in corpus::made().unwrap() {
        let kept = fs::read(&seed.path).unwrap();
        assert!(kept == seed.content, "{}: write it again by the program fuzz-corpus", seed.path.display());
    }
    for parser in &PARSERS {
        let seeds = corpus::seeds(parser);
        assert!(!seeds.is_empty(), "{}", parser.name);
        for seed in &seeds {
            assert!((parser.read)(&seed.content), "{}", seed.path.display());
        }
    }
}

#[test]
fn damaged_files_end_in_a_result_or_an_error() {
    let number = |name: &str| env::var(name).ok().and_then(|text| text.parse::<f64>().ok());
    let share =
        Duration::from_secs_f64(number("CELLPRISM_FUZZ_SECONDS").unwrap_or(5.0) / PARSERS.len() as f64);
    let seed = number("CELLPRISM_FUZZ_SEED").unwrap_or(1.0) as u64;
    for parser in &PARSERS {
        let (seeds, start) = (corpus::seeds(parser), Instant::now());
        let (mut tried, mut readable) = (0u64, 0u64);
        while start.elapsed() < share || tried < LEAST {
            // A row of its own for every file, so that a failure is found again by its number.
            let mut random = Xoshiro256PlusPlus::seed_from_u64(seed << 32 | tried);
            let mut bytes = seeds[below(&mut random, seeds.len())].content.clone();
            damage(&mut bytes, parser.text, &mut random);
            let begun = Instant::now();
            readable += u64::from((parser.read)(&bytes));
            let took = begun.elapsed();
            assert!(took < PATIENCE, "{}: file {tried} of seed {seed} took {took:?}", parser.name);
            tried += 1;
        }
        println!("{}: {tried} damaged files, {readable} of them still readable", parser.name);
        if let Some(peak) = peak_memory() {
            assert!(peak < MEMORY, "{}: {} MB", parser.name, peak >> 20);
        }
    }
}

/// The most memory that this program has held, where the system says.
fn peak_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}
