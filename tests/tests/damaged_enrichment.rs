//! Damaged gene sets and rankings: enriching with what was read of them must end in a result or in an error.
#![allow(clippy::unwrap_used)] // all of this file is tests

use std::{
    io::Write,
    ops::ControlFlow,
    time::{Duration, Instant},
};

use cellprism_core::gsea::{
    GeneSets, Multilevel, Order, PrerankOptions, Ranking, canonical, match_sets, prerank_within,
};
use cellprism_tests::parsers::damage::{below, damage};
use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// Pairs of files.
const CASES: u64 = 1000;
/// Longest that one case may take.
const PATIENCE: Duration = Duration::from_secs(10);

fn ranking(random: &mut Xoshiro256PlusPlus) -> Vec<u8> {
    let mut text = String::from(["", "gene\tscore\n", "# a comment\n", "\"\",\"x\"\n"][below(random, 4)]);
    for i in 0..below(random, 60) {
        let score = ["0", "-0.0", "1e-300", "1e300", "-1.5", "0.25", "3"][below(random, 7)];
        text += &format!("G{}\t{score}\n", i - below(random, 2).min(i));
    }
    text.into_bytes()
}

fn sets(random: &mut Xoshiro256PlusPlus) -> Vec<u8> {
    let mut text = String::new();
    for i in 0..below(random, 12) {
        text += &format!("set {i}\t");
        for _ in 0..below(random, 70) {
            text += &format!("\tG{}", below(random, 60));
        }
        text += ["\n", "\r\n", "\n\n", "\t\n"][below(random, 4)];
    }
    let mut bytes = text.into_bytes();
    if below(random, 3) == 0 {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(&bytes).unwrap();
        bytes = packed.finish().unwrap();
    }
    bytes
}

fn use_them(ranking: &[u8], sets: &[u8], random: &mut Xoshiro256PlusPlus) -> bool {
    let order = [Order::Descending, Order::Ascending, Order::Given, Order::TiesByName][below(random, 4)];
    let (ranking, sets) = (Ranking::parse_ordered(ranking, order), GeneSets::parse(sets));
    let (Ok(ranking), Ok(sets)) = (ranking, sets) else { return false };
    let matched = match_sets(&ranking, &sets, 1 + below(random, 3), 40);
    let options = PrerankOptions {
        permutations: 1 + below(random, 40),
        seed: random.next_u64(),
        weight: [0.0, 1.0, 2.0, 0.7][below(random, 4)],
    };
    let mut go_on = |_: f64| ControlFlow::Continue(());
    let found =
        prerank_within(ranking.scores(), matched.distinct, &matched.sets, &options, &mut go_on).unwrap();
    assert_eq!(found.sets.len(), matched.sets.len());
    for set in &found.sets {
        assert!((0.0..=1.0).contains(&set.p) && (0.0..=1.0).contains(&set.fdr), "{set:?}");
    }
    let multilevel = Multilevel { sample_size: 11, smallest: 1e-6, ..Multilevel::default() };
    let multilevel = (below(random, 4) == 0).then_some(&multilevel);
    let found = canonical(ranking.scores(), &matched.sets, &options, multilevel, &mut go_on).unwrap();
    for set in found.iter().flatten() {
        assert!(set.p > 0.0 && set.p <= 1.0 && set.fdr > 0.0 && set.fwer > 0.0, "{set:?}");
    }
    true
}

#[test]
fn damaged_files_end_in_a_result_or_an_error() {
    let (mut tried, mut enriched) = (0u64, 0u64);
    while tried < CASES {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(tried);
        let (mut a, mut b) = (ranking(&mut random), sets(&mut random));
        // Otherwise hardly any pair could still be read.
        if tried % 4 != 0 {
            damage(&mut a, true, &mut random);
        }
        if tried % 4 != 1 {
            damage(&mut b, true, &mut random);
        }
        let start = Instant::now();
        enriched += u64::from(use_them(&a, &b, &mut random));
        assert!(start.elapsed() < PATIENCE, "case {tried} took {:?}", start.elapsed());
        tried += 1;
    }
    println!("{tried} cases, {enriched} of them enriched");
    assert!(enriched > tried / 20, "only {enriched} of {tried} cases could be read");
}

#[test]
fn long_lines_are_read_or_refused() {
    let line = |genes: usize| {
        let mut text = String::from("T\t");
        (0..genes).for_each(|i| text += &format!("\tG{i}"));
        text.into_bytes()
    };
    assert_eq!(GeneSets::parse(&line(1_000_000)).unwrap().sets[0].genes.len(), 1_000_000);
    assert!(GeneSets::parse(&[b'\t'; 1_000_000]).is_err());
    assert!(Ranking::parse(&line(1_000_000)).is_err());
}
