use std::ops::ControlFlow;

use super::*;
use crate::gsea::{PrerankOptions, prerank};

const GENES: usize = 200;

/// A ranking whose first genes make up the first set; the other sets are spread evenly.
fn example() -> (Vec<f64>, Vec<MatchedSet>, Prerank) {
    let scores: Vec<f64> = (0..GENES).map(|i| ((GENES - i) as f64 / GENES as f64).powi(3) - 0.1).collect();
    let set = |number: u32| {
        let step = if number == 0 { 1 } else { number + 3 };
        let hits: Vec<u32> = (0..12 + number).map(|i| (i * step + number) % GENES as u32).collect();
        let mut hits: Vec<u32> = if number == 0 { (0..12).collect() } else { hits };
        hits.sort_unstable();
        hits.dedup();
        MatchedSet { term: format!("set {number}"), size: hits.len(), hits }
    };
    let sets: Vec<MatchedSet> = (0..30).map(set).collect();
    let result = prerank(&scores, &sets, &PrerankOptions::default(), &mut |_| ControlFlow::Continue(()));
    (scores, sets, result.unwrap())
}

fn rule(label: LabelChoice) -> LabelRule {
    LabelRule::of(&EnrichmentParameters { label, ..EnrichmentParameters::default() })
}

#[test]
fn rates_of_the_published_ranking_are_gseapys() {
    let (.., result) = example();
    let null: Vec<Positive> = result.null.iter().map(|null| Positive::new(null)).collect();
    let own: Vec<Vec<f64>> = result.sets.iter().map(|set| vec![set.es]).collect();
    let rates = Rates::new(&null, &own, 1);
    let positive: Vec<usize> = (0..null.len()).filter(|&i| result.sets[i].es > 0.0).collect();
    assert!(positive.len() > 5);
    for i in positive {
        let set = &result.sets[i];
        assert!((null[i].normalise(set.es) - set.nes).abs() < 1e-12);
        assert!((rates.of(0, set.nes) - set.fdr).abs() < 1e-12, "{i}: {} {}", rates.of(0, set.nes), set.fdr);
    }
}

#[test]
fn every_rule_names_the_set_on_top_and_chance_rarely_does() {
    let (scores, sets, result) = example();
    let strata: Vec<u8> = (0..GENES).map(|i| (i % 4) as u8).collect();
    for choice in [LabelChoice::Es, LabelChoice::Nes, LabelChoice::Fdr] {
        assert_eq!(label(&result, rule(choice)).unwrap(), (0, LabelStrength::Strong));
        let random = RandomRankings::Drawn { strata: &strata, draws: (400, 5) };
        let go_on = &mut |_| ControlFlow::Continue(());
        let null = label_null(&scores, 1.0, &sets, &result, random, rule(choice), go_on).unwrap();
        let deck = Deck::new(GENES, 400, &mut within_strata(&strata, 5));
        let again =
            label_null(&scores, 1.0, &sets, &result, RandomRankings::Made(&deck), rule(choice), go_on);
        assert_eq!(again.unwrap(), null, "rankings made before are the same ones");
        assert!(null.as_good < 0.02 && null.as_good <= null.any && null.any < 0.5, "{choice:?}: {null:?}");
        assert_eq!(null.earned.iter().flatten().count(), (null.any * 400.0).round() as usize);
    }
}

#[test]
fn scores_pass_above_the_bar_and_no_others() {
    let null: Vec<f64> = (0..200).map(|i| f64::from(i * 37 % 101) / 50.0 - 0.5).collect();
    for weak in [0.0, 0.005, 0.05, 0.3, 0.999, 1.0] {
        let bar = Positive::new(&null).bar(weak);
        let positive = Positive::new(&null);
        for es in (1..400).map(|i| f64::from(i) / 200.0) {
            assert_eq!(es > bar, positive.p(es) <= weak, "{es} at {weak}: {bar}");
        }
    }
    assert_eq!(Positive::new(&[-1.0]).bar(0.5), 0.0, "p is 1 there, and asked for each score");
}

#[test]
fn negative_sets_are_no_names() {
    let (.., mut result) = example();
    for set in &mut result.sets {
        set.es = -set.es.abs();
        (set.p, set.fdr) = (0.0, 0.0);
    }
    for choice in [LabelChoice::Es, LabelChoice::Nes, LabelChoice::Fdr] {
        assert_eq!(label(&result, rule(choice)), None);
    }
}
