//! Damaged files of a bundle: reading them must end in a result or in an error — no panic, no endless loop, no runaway
//! memory. Deterministic; `CELLPRISM_FUZZ_SECONDS` (default 3) sets how long.
#![allow(clippy::unwrap_used)] // all of this file is tests

mod damaged;

use std::time::{Duration, Instant};

use cellprism_core::bundle::{ConceptArrays, File, GeneIndex, SCHEMA_NAME, Samples};
use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// Longest that one case may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Small files of several kinds.
fn whole() -> Vec<Vec<u8>> {
    let genes =
        GeneIndex { symbols: vec!["CD79A".into()], ensembl: vec![String::new()], ..GeneIndex::default() };
    let card = r#"{"format": 1, "kind": "onnx", "name": "mine", "genes": ["CD79A"], "latent": 3,
        "preprocessing": "none", "precision": "float32"}"#;
    let sets = r#"{"library": "GO", "source": "", "sets_in_source": 1, "sets": [["B cell", [0, 1]]]}"#;
    let arrays = ConceptArrays { cells: vec![0, 2], activations: vec![0.5, 1.0], ..ConceptArrays::default() };
    let samples = Samples {
        cells: vec![1],
        indptr: vec![0, 1],
        indices: vec![0],
        values: vec![2.0],
        ..Samples::default()
    };
    vec![
        genes.to_bytes().unwrap(),
        card.into(),
        sets.into(),
        br#"{"a/b.json": {"bytes": 3, "sha256": "00"}}"#.to_vec(),
        arrays.to_bytes().unwrap(),
        samples.to_bytes().unwrap(),
    ]
}

fn damage(bytes: &mut Vec<u8>, random: &mut Xoshiro256PlusPlus) {
    let mut below = |bound: usize| (random.next_u64() % bound.max(1) as u64) as usize;
    for _ in 0..below(6) {
        if bytes.is_empty() {
            return;
        }
        let at = below(bytes.len());
        match below(5) {
            0 => bytes[at] ^= 1 << below(8),
            1 => bytes[at] = b"{}[]\",:0-9.eE \xff\0"[below(16)],
            2 => {
                let texts: [&[u8]; 6] = [b"1e999", b"-1", b"4294967296", b"[[[[", b"null", b"{\"a\":"];
                bytes.splice(at..at, texts[below(6)].iter().copied());
            }
            3 => {
                let length = below(40).min(bytes.len() - at);
                bytes.drain(at..at + length);
            }
            _ => bytes.truncate(at),
        }
    }
}

#[test]
fn damaged_files_end_in_a_result_or_an_error() {
    let seconds = std::env::var("CELLPRISM_FUZZ_SECONDS").ok().and_then(|s| s.parse().ok()).unwrap_or(3);
    let end = Instant::now() + Duration::from_secs(seconds);
    let files = whole();
    assert!(
        files[..4].iter().filter(|file| damaged::bundle_json(file)).count() == 3 && damaged::card(&files[1])
    );
    assert!(files[4..].iter().all(|file| damaged::bundle_arrays(file)));
    let (mut random, mut tried, mut read) = (Xoshiro256PlusPlus::seed_from_u64(1), 0u64, 0u64);
    while Instant::now() < end || tried < 500 {
        let mut bytes = files[(random.next_u64() % files.len() as u64) as usize].clone();
        damage(&mut bytes, &mut random);
        let start = Instant::now();
        read +=
            u64::from(damaged::bundle_json(&bytes) | damaged::card(&bytes) | damaged::bundle_arrays(&bytes));
        damaged::bundle(&bytes, "genes/index.json", &bytes);
        assert!(start.elapsed() < PATIENCE, "case {tried} took {:?}", start.elapsed());
        tried += 1;
    }
    println!("{tried} damaged files, {read} of them still readable");
    assert!(read > tried / 50, "only {read} of {tried} could be read");
}

#[test]
fn a_manifest_of_any_kind_ends_in_a_report() {
    let head = format!(r#"{{"schema": "{SCHEMA_NAME}", "version": {{"major": 1, "minor": 0}}"#);
    for rest in ["}", r#", "files": {"../x": {"bytes": 0, "sha256": ""}}}"#, ", \"counts\": []}"] {
        assert!(damaged::bundle(format!("{head}{rest}").as_bytes(), "x", b"") > 0);
    }
}
