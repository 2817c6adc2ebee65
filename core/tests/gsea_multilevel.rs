//! Multilevel p-values and the convention `canonical` where the answer is known: small cases by looking at every
//! set, deep tails by GSEApy's `method="multilevel"` (`tests/goldens/gsea.py`).
#![allow(clippy::unwrap_used)] // all of this file is tests

use std::{io::Read, ops::ControlFlow};

use cellprism_core::gsea::{
    GeneSets, MatchedSet, Method, Multilevel, NotAvailable, Order, PrerankOptions, Ranking, canonical,
    enrichment_score, match_sets, tails,
};
use proptest::prelude::*;

/// All sets of `size` of `n` places.
fn every_set(n: u32, size: usize) -> Vec<Vec<u32>> {
    if size == 0 {
        return vec![vec![]];
    }
    let mut all = Vec::new();
    for last in size as u32 - 1..n {
        for mut set in every_set(last, size - 1) {
            set.push(last);
            all.push(set);
        }
    }
    all
}

/// Score where all-zero sets are walked with equal weights; rounded as ties are.
fn score(weights: &[f64], set: &[u32]) -> f64 {
    let ones = vec![1.0; weights.len()];
    let zero = set.iter().all(|&place| weights[place as usize] == 0.0);
    (enrichment_score(if zero { &ones } else { weights }, set) * 1e11).round() / 1e11
}

/// p among all sets of the same sign, and the share of that sign.
fn exact(weights: &[f64], set: &[u32]) -> (f64, f64) {
    let all = every_set(weights.len() as u32, set.len());
    let own = score(weights, set);
    let scores: Vec<f64> =
        all.iter().map(|s| score(weights, s)).filter(|s| (*s >= 0.0) == (own >= 0.0)).collect();
    let as_far = scores.iter().filter(|s| s.abs() >= own.abs()).count();
    (as_far as f64 / scores.len() as f64, scores.len() as f64 / all.len() as f64)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Weights with many zeros and ties: what attribution gives.
    #[test]
    fn small_cases_equal_the_count_of_every_set(raw in proptest::collection::vec(0u8..9, 17), size in 2usize..6, at in any::<prop::sample::Index>(), seed in any::<u64>()) {
        let mut weights: Vec<f64> = raw.iter().map(|&w| f64::from(w.saturating_sub(5))).collect();
        weights.sort_by(|a, b| b.total_cmp(a));
        let all = every_set(17, size);
        let set = at.get(&all);
        let (p, share) = exact(&weights, set);
        // Where as many walks go up as down, the sign of a tie decides; and p near 1 is no tail.
        prop_assume!(p < 0.2);
        let options = Multilevel { sample_size: 501, ..Multilevel::default() };
        let tail = tails(&weights, &[(set, share)], &options, seed)[0];
        let error = tail.log2_error.unwrap().max(0.1);
        prop_assert!((tail.p.log2() - p.log2()).abs() < 6.0 * error, "{tail:?}, exact {p}");
    }
}

#[test]
fn the_best_set_of_a_large_ranking_has_the_probability_of_one_set() {
    // 30 of 200 genes at the very top, weight 0: only this set reaches 1, so p = 1 / C(200, 30) / share.
    let weights = vec![1.0; 200];
    let top: Vec<u32> = (0..30).collect();
    let log2_sets: f64 = (0..30).map(|i| (f64::from(200 - i) / f64::from(30 - i)).log2()).sum();
    let tail = tails(&weights, &[(&top, 0.5)], &Multilevel::default(), 7)[0];
    let error = tail.log2_error.unwrap();
    assert!((tail.p.log2() + log2_sets - 1.0).abs() < 4.0 * error, "{tail:?}, 2^-{log2_sets}");
}

#[test]
fn below_the_smallest_p_there_is_a_bound() {
    let weights: Vec<f64> = (0..2000).map(|i| f64::from(2000 - i)).collect();
    let top: Vec<u32> = (0..200).collect();
    let tail = tails(&weights, &[(&top, 0.5)], &Multilevel::default(), 1)[0];
    assert_eq!((tail.p, tail.log2_error), (1e-50, None));
}

#[test]
fn agrees_with_gseapy_within_both_errors() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/goldens/gsea_multilevel.json.gz");
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    let golden: serde_json::Value = serde_json::from_str(&text).unwrap();
    let ranking = golden["ranking"].as_str().unwrap().as_bytes();
    let ranking = Ranking::parse_ordered(ranking, Order::TiesByName).unwrap();
    let sets = GeneSets::parse(golden["gene_sets"].as_str().unwrap().as_bytes()).unwrap();
    let matched = match_sets(&ranking, &sets, 15, 500);
    let mut go_on = |_: f64| ControlFlow::Continue(());
    let multilevel = Multilevel { sample_size: 1001, ..Multilevel::default() };
    let options = PrerankOptions::default();
    let found = canonical(ranking.scores(), &matched.sets, &options, Some(&multilevel), &mut go_on).unwrap();
    let (mut squares, mut deep) = (0.0, 0);
    for row in golden["rows"].as_array().unwrap() {
        let number = |i: usize| row[i].as_str().unwrap().parse::<f64>().unwrap();
        let i = matched.sets.iter().position(|set| set.term == row[0]).unwrap();
        let ours = found[i].as_ref().unwrap();
        if ours.method != Method::Multilevel {
            continue;
        }
        let error = ours.log2_error.unwrap().hypot(number(2));
        let off = (ours.p.log2() - number(1).log2()) / error;
        assert!(off.abs() < 5.0, "{}: p {}, GSEApy {}", row[0], ours.p, number(1));
        squares += off * off;
        deep += 1;
    }
    assert!(deep >= 8, "only {deep} deep tails");
    // Both errors take the random sets for independent, which copies are not quite.
    assert!(squares / f64::from(deep) < 6.0, "mean square {}", squares / f64::from(deep));
}

/// An attribution-like ranking, on which GSEApy's multilevel ends in a panic: 1,014 zeros of 1,200.
#[test]
fn mostly_zeros_are_climbed_like_any_other() {
    let score = |i: u32| {
        if i < 180 {
            1.0 - f64::from(i) / 400.0
        } else if i < 1194 {
            0.0
        } else {
            -0.01
        }
    };
    let scores: Vec<f64> = (0..1200).map(score).collect();
    let set = |name: &str, hits: Vec<u32>| MatchedSet { term: name.into(), size: hits.len(), hits };
    let sets = [
        set("top", (0..20).collect()),
        set("spread", (0..40).map(|i| i * 30).collect()),
        set("zeros", (300..340).collect()),
        set("bottom", (1180..1200).collect()),
    ];
    let mut go_on = |_: f64| ControlFlow::Continue(());
    let run = |go_on: &mut dyn FnMut(f64) -> ControlFlow<()>| {
        canonical(&scores, &sets, &PrerankOptions::default(), Some(&Multilevel::default()), go_on).unwrap()
    };
    let found = run(&mut go_on);
    let top = found[0].as_ref().unwrap();
    assert_eq!(top.method, Method::Multilevel, "{top:?}");
    let many = PrerankOptions { permutations: 200_000, ..PrerankOptions::default() };
    let counted = canonical(&scores, &sets[..1], &many, None, &mut go_on).unwrap();
    let off = (top.p / counted[0].as_ref().unwrap().p).log2().abs();
    assert!(off < 4.0 * top.log2_error.unwrap(), "{top:?}, by permutations {counted:?}");
    assert_eq!(found[2], Err(NotAvailable::AllZero));
    for set in found.iter().flatten() {
        assert!(set.p > 0.0 && set.p <= 1.0 && set.fdr >= set.p && set.fwer > 0.0, "{set:?}");
    }
    assert_eq!(found, run(&mut go_on));
}

#[test]
fn ties_do_not_depend_on_the_order_of_the_file() {
    let lines: Vec<String> = (0..60).map(|i| format!("G{i:02}\t{}\n", (i * 7 % 5) as f64 - 1.0)).collect();
    let parse =
        |lines: &[String]| Ranking::parse_ordered(lines.concat().as_bytes(), Order::TiesByName).unwrap();
    let mut turned = lines.clone();
    turned.reverse();
    turned.swap(3, 40);
    assert_eq!(parse(&lines), parse(&turned));
}
