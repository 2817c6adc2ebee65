//! Convention `gseapy` against GSEApy's own answers (`tests/goldens/gsea.py` made them).
#![allow(clippy::unwrap_used)] // all of this file is tests

use std::{io::Read, ops::ControlFlow, path::PathBuf};

use cellprism_core::gsea::{GeneSets, Order, PrerankOptions, Ranking, match_sets, prerank_within};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    permutations: usize,
    seed: String,
    min_size: usize,
    max_size: usize,
    weight: f64,
    order: String,
    ranking: String,
    gene_sets: String,
    rows: Vec<Vec<String>>,
}

fn goldens() -> Vec<(String, Golden)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/goldens/gsea");
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let mut text = String::new();
        let file = std::fs::File::open(&path).unwrap();
        flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
        (path.file_name().unwrap().to_string_lossy().into_owned(), serde_json::from_str(&text).unwrap())
    };
    paths.into_iter().map(read).collect()
}

fn order(name: &str) -> Order {
    match name {
        "descending" => Order::Descending,
        "ascending" => Order::Ascending,
        "given" => Order::Given,
        other => panic!("no order {other}"),
    }
}

fn near(ours: f64, theirs: f64) -> bool {
    ours == theirs || ours.is_nan() && theirs.is_nan() || (ours - theirs).abs() <= 1e-12 * theirs.abs()
}

/// GSEApy's columns: term, ES, NES, p, FDR, FWER, Tag %, Gene %, leading edge.
fn check(name: &str, golden: &Golden) {
    let ranking = Ranking::parse_ordered(golden.ranking.as_bytes(), order(&golden.order)).unwrap();
    let sets = GeneSets::parse(golden.gene_sets.as_bytes()).unwrap();
    let matched = match_sets(&ranking, &sets, golden.min_size, golden.max_size);
    let options = PrerankOptions {
        permutations: golden.permutations,
        seed: golden.seed.parse().unwrap(),
        weight: golden.weight,
    };
    let mut go_on = |_: f64| ControlFlow::Continue(());
    let found =
        prerank_within(ranking.scores(), matched.distinct, &matched.sets, &options, &mut go_on).unwrap();
    assert_eq!(matched.sets.len(), golden.rows.len(), "{name}: sets");
    for row in &golden.rows {
        let place = matched.sets.iter().position(|set| set.term == row[0]);
        let i = place.unwrap_or_else(|| panic!("{name}: no {}", row[0]));
        let (set, ours) = (&matched.sets[i], &found.sets[i]);
        let theirs: Vec<f64> = row[1..6].iter().map(|text| text.parse().unwrap()).collect();
        let what = format!("{name}, {}: {ours:?}, GSEApy {row:?}", row[0]);
        assert!(near(ours.es, theirs[0]) && near(ours.nes, theirs[1]), "{what}");
        let same = |a: f64, b: f64| a == b || a.is_nan() && b.is_nan();
        assert!(same(ours.p, theirs[2]) && same(ours.fdr, theirs[3]) && same(ours.fwer, theirs[4]), "{what}");
        let edge = &ours.peak.leading_edge;
        assert_eq!(format!("{}/{}", edge.len(), set.size), row[6], "{what}");
        assert_eq!(format!("{:.2}%", ours.peak.gene_share * 100.0), row[7], "{what}");
        let genes: Vec<&str> = edge.iter().map(|&place| ranking.genes()[place as usize].as_str()).collect();
        assert_eq!(genes.join(";"), row[8], "{what}");
    }
}

#[test]
fn equal_gseapy_on_every_golden_file() {
    let all = goldens();
    assert!(all.len() >= 40, "only {} golden files", all.len());
    for (name, golden) in &all {
        check(name, golden);
    }
}
