//! Damaged checkpoints: bytes of small ones are changed at random, and importing must end in a model or in an error — no
//! panic, no endless loop, no runaway memory. Deterministic; `CELLPRISM_FUZZ_SECONDS` (default 3) sets how long.
#![allow(clippy::unwrap_used)] // all of this file is tests

mod damaged;

use std::time::{Duration, Instant};

use cellprism_onnx::scvi;
use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// Longest that one small file may take.
const PATIENCE: Duration = Duration::from_secs(10);
const SCVI: &[u8] = include_bytes!("fixtures/tiny_scvi.pt");
const SCGPT: [&[u8]; 3] = [
    include_bytes!("fixtures/tiny_scgpt.pt"),
    include_bytes!("fixtures/tiny_args.json"),
    include_bytes!("fixtures/tiny_vocab.json"),
];
const SCIMILARITY: [&[u8]; 2] =
    [include_bytes!("fixtures/tiny_scimilarity.ckpt"), include_bytes!("fixtures/tiny_scimilarity.tsv")];
const GENEFORMER: [&[u8]; 4] = [
    include_bytes!("fixtures/tiny_geneformer.safetensors"),
    include_bytes!("fixtures/tiny_geneformer_tokens.pkl"),
    include_bytes!("fixtures/tiny_geneformer_medians.pkl"),
    include_bytes!("fixtures/tiny_geneformer_symbols.pkl"),
];

fn below(random: &mut Xoshiro256PlusPlus, bound: usize) -> usize {
    (random.next_u64() % bound.max(1) as u64) as usize
}

/// Changes one to eight places: a bit, a byte, an interesting number, a copied stretch, or the length.
fn damage(bytes: &mut Vec<u8>, random: &mut Xoshiro256PlusPlus) {
    for _ in 0..=below(random, 8) {
        if bytes.is_empty() {
            return;
        }
        let at = below(random, bytes.len());
        match below(random, 6) {
            0 => bytes[at] ^= 1 << below(random, 8),
            1 => bytes[at] = below(random, 256) as u8,
            2 => {
                let numbers = [0, 1, 0x7f, 0xff, 0xffff, 0x7fff_ffff, u64::MAX, 1 << 40, 1 << 63];
                let (number, width) = (numbers[below(random, 9)], [1, 2, 4, 8][below(random, 4)]);
                for (byte, new) in bytes[at..].iter_mut().zip(number.to_le_bytes()).take(width) {
                    *byte = new;
                }
            }
            3 => {
                let (from, length) = (below(random, bytes.len()), below(random, 64));
                let piece: Vec<u8> = bytes[from..].iter().take(length).copied().collect();
                for (byte, new) in bytes[at..].iter_mut().zip(piece) {
                    *byte = new;
                }
            }
            4 => {
                let length = below(random, 16).min(bytes.len() - at);
                let piece = bytes[at..at + length].to_vec();
                bytes.splice(at..at, piece);
            }
            _ if below(random, 8) == 0 => bytes.truncate(at.max(1)),
            _ => bytes[at] = bytes[at].wrapping_add(1),
        }
    }
}

/// Runs `once` with fresh random numbers until the time is up; counts how often it ended in a result.
fn go_on(share: f64, seed: u64, mut once: impl FnMut(&mut Xoshiro256PlusPlus) -> bool) -> (u32, u32) {
    let text = std::env::var("CELLPRISM_FUZZ_SECONDS").unwrap_or_default();
    let time = Duration::from_secs_f64(text.parse::<f64>().unwrap_or(3.0) * share);
    let (start, mut fine, mut all) = (Instant::now(), 0, 0);
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    while start.elapsed() < time || all < 50 {
        let begun = Instant::now();
        fine += u32::from(once(&mut random));
        assert!(begun.elapsed() < PATIENCE, "case {all} took {:?}", begun.elapsed());
        all += 1;
    }
    (fine, all)
}

#[test]
fn whole_checkpoints_are_read() {
    assert!(damaged::scimilarity(SCIMILARITY));
    assert!(damaged::geneformer(GENEFORMER));
    scvi::import(SCVI, "fuzz").unwrap();
    assert!(damaged::scgpt(SCGPT));
}

#[test]
fn damaged_scvi_checkpoints() {
    let (fine, all) = go_on(0.3, 1, |random| {
        let mut bytes = SCVI.to_vec();
        damage(&mut bytes, random);
        damaged::scvi(&bytes)
    });
    println!("{fine} of {all} damaged checkpoints were read");
}

#[test]
fn damaged_scgpt_checkpoints() {
    let (fine, all) = go_on(0.3, 2, |random| {
        let mut files = SCGPT.map(<[u8]>::to_vec);
        let which = [0, 0, 0, 0, 1, 2][below(random, 6)];
        damage(&mut files[which], random);
        damaged::scgpt([&files[0], &files[1], &files[2]])
    });
    println!("{fine} of {all} damaged checkpoints were read");
}

#[test]
fn damaged_scimilarity_checkpoints() {
    go_on(0.2, 5, |random| {
        let mut files = SCIMILARITY.map(<[u8]>::to_vec);
        damage(&mut files[[0, 0, 0, 1][below(random, 4)]], random);
        damaged::scimilarity([&files[0], &files[1]])
    });
}

#[test]
fn damaged_geneformer_checkpoints() {
    go_on(0.3, 6, |random| {
        let mut files = GENEFORMER.map(<[u8]>::to_vec);
        damage(&mut files[below(random, 4)], random);
        damaged::geneformer([&files[0], &files[1], &files[2], &files[3]])
    });
}

#[test]
fn pickles_of_random_opcodes() {
    // Opcodes with short arguments, so that the machine gets far: marks, memo, containers, reduce, build, numbers.
    let pieces: [&[u8]; 26] = [
        b"(",
        b")",
        b"]",
        b"}",
        b"N",
        b"0",
        b"1",
        b"2",
        b"K\x03",
        b"M\x00\x01",
        b"J\xff\xff\xff\x7f",
        b"q\x00",
        b"q\x01",
        b"h\x00",
        b"h\x01",
        b"a",
        b"e",
        b"s",
        b"u",
        b"t",
        b"\x85",
        b"\x86",
        b"R",
        b"b",
        b"X\x01\x00\x00\x00a",
        b"ccollections\nOrderedDict\n",
    ];
    go_on(0.2, 3, |random| {
        let mut bytes = b"\x80\x02".to_vec();
        for _ in 0..below(random, 300) {
            bytes.extend_from_slice(pieces[below(random, pieces.len())]);
        }
        bytes.push(b'.');
        if below(random, 3) == 0 {
            damage(&mut bytes, random);
        }
        damaged::pickle(&bytes)
    });
}

#[test]
fn damaged_safetensors() {
    let folder = scvi::import(SCVI, "fuzz").unwrap();
    let whole = &folder.files["encoder.safetensors"];
    go_on(0.2, 4, |random| {
        let mut bytes = whole.clone();
        damage(&mut bytes, random);
        damaged::safetensors(&bytes)
    });
}
