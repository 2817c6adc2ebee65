//! Preranked GSEA of 8,000 genes and 5,121 sets with 1,000 permutations on one thread: as a native program, and as a
//! WebAssembly module that `tests/bench/gsea.py` runs in a browser's worker. Both give a checksum of every result.

#![allow(unsafe_code)] // functions called from JavaScript keep their names

use std::{cell::RefCell, ops::ControlFlow};

use cellprism_core::gsea::{MatchedSet, PrerankOptions, prerank};
use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

const GENES: u64 = 8000;
const SETS: usize = 5121;

/// Scores, highest first, and sets.
type Job = (Vec<f64>, Vec<MatchedSet>);

thread_local! {
    static JOB: RefCell<Option<Job>> = const { RefCell::new(None) };
}

fn job() -> Job {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(4);
    let scores = (0..GENES).map(|i| (GENES as f64 - 2.0 * i as f64) / 1000.0).collect();
    let set = |number| {
        // As in GO Biological Process: half of the sets have 8 genes or fewer, the mean is 17.
        let u = (rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
        let size = (2.0 + 6.0 * u + 400.0 * u.powi(30)) as usize;
        let mut hits: Vec<u32> = (0..size).map(|_| (rng.next_u64() % GENES) as u32).collect();
        hits.sort_unstable();
        hits.dedup();
        MatchedSet { term: format!("set {number:04}"), size: hits.len(), hits }
    };
    (scores, (0..SETS).map(set).collect())
}

/// Makes the scores and sets.
#[unsafe(no_mangle)]
pub extern "C" fn prepare() {
    JOB.with_borrow_mut(|kept| *kept = Some(job()));
}

/// The analysis; the bits of every ES, NES, p, FDR and FWER, mixed.
#[unsafe(no_mangle)]
pub extern "C" fn run() -> u64 {
    JOB.with_borrow(|kept| {
        let Some((scores, sets)) = kept else { return 0 };
        let found = prerank(scores, sets, &PrerankOptions::default(), &mut |_| ControlFlow::Continue(()));
        let bits = |sum: u64, x: f64| (sum ^ x.to_bits()).wrapping_mul(0x0100_0000_01b3).rotate_left(17);
        let sets = found.map_or(Vec::new(), |found| found.sets);
        sets.iter().flat_map(|s| [s.es, s.nes, s.p, s.fdr, s.fwer]).fold(0xcbf2_9ce4_8422_2325, bits)
    })
}

fn main() {
    prepare();
    let seconds: Vec<f64> = (0..5)
        .map(|_| {
            let start = std::time::Instant::now();
            std::hint::black_box(run());
            start.elapsed().as_secs_f64()
        })
        .collect();
    println!("{{\"checksum\": \"{}\", \"seconds\": {seconds:?}}}", run());
}
