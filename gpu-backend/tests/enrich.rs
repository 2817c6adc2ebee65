//! `cellprism enrich` as users meet it.
#![allow(clippy::unwrap_used)] // all of this file is tests

use std::{
    collections::HashMap,
    fs,
    path::Path,
    process::{Command, Output},
};

use cellprism_core::bundle::{Tensors, read_f64, read_u32};
use safetensors::SafeTensors;
use serde_json::Value;

fn enrich(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cellprism"));
    command.current_dir(folder).args(["--quiet", "enrich", "--gene-sets", "sets.gmt"]).args(arguments);
    command.output().unwrap()
}

fn done(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Scores of 120 genes in three rankings, one of them mostly zeros.
fn scores(ranking: usize) -> Vec<f32> {
    let score = |i: usize| {
        let mixed = ((i * 7919 + ranking * 104_729) % 1009) as f32 / 500.0 - 1.0;
        if ranking == 2 && !i.is_multiple_of(9) { 0.0 } else { mixed }
    };
    (0..120).map(score).collect()
}

fn gene(i: usize) -> String {
    format!("G{i:03}")
}

/// Three rankings one by one and together, and twelve sets of which two are alike and one has no score.
fn setting() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut all = Tensors::default();
    for ranking in 0..3 {
        let lines: String = scores(ranking)
            .iter()
            .enumerate()
            .map(|(i, score)| format!("{}\t{:?}\n", gene(i), f64::from(*score)))
            .collect();
        fs::write(folder.path().join(format!("{ranking}.rnk")), lines).unwrap();
    }
    all.f32("scores", &[3, 120], (0..3).flat_map(scores));
    all.metadata("genes", serde_json::to_string(&(0..120).map(gene).collect::<Vec<_>>()).unwrap());
    fs::write(folder.path().join("all.safetensors"), all.to_bytes().unwrap()).unwrap();
    let mut best: Vec<usize> = (0..120).collect();
    best.sort_by(|&a, &b| scores(0)[b].total_cmp(&scores(0)[a]));
    let mut sets = String::new();
    let mut set = |name: &str, genes: &mut dyn Iterator<Item = usize>| {
        let genes: Vec<String> = genes.map(gene).collect();
        sets += &format!("{name}\t\t{}\n", genes.join("\t"));
    };
    set("top", &mut best[..15].iter().copied());
    set("top again", &mut best[..13].iter().copied());
    set("no score in 2", &mut (0..90usize).filter(|i| i % 9 != 0).take(15));
    (0..9).for_each(|s| set(&format!("set {s}"), &mut (0..20).map(|i| (i * (s + 3) * 5 + s * i * i) % 120)));
    fs::write(folder.path().join("sets.gmt"), sets).unwrap();
    folder
}

/// Term → fields by column.
fn table(path: &Path) -> HashMap<String, HashMap<String, String>> {
    let text = fs::read_to_string(path).unwrap();
    let mut lines = text.lines().filter(|line| !line.starts_with('#'));
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    let row = |line: &str| names.iter().map(|n| (*n).into()).zip(line.split(',').map(String::from)).collect();
    lines.map(row).map(|fields: HashMap<String, String>| (fields["Term"].clone(), fields)).collect()
}

#[test]
fn many_rankings_equal_one_after_another_and_go_on_after_an_interruption() {
    let folder = setting();
    let at = |name: &str| folder.path().join(name);
    let options = ["--min-size", "3", "--permutations", "50"];
    let batch = [&["--rankings", "all.safetensors", "--out", "all.out"], options.as_slice()].concat();
    done(&enrich(folder.path(), &batch));
    let bytes = fs::read(at("all.out")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
    let terms: Vec<String> = serde_json::from_str(&header.metadata().as_ref().unwrap()["terms"]).unwrap();
    for ranking in 0..3 {
        let single = format!("{ranking}.rnk");
        let one = [&["--ranking", &single, "--out", "one.csv"], options.as_slice()].concat();
        done(&enrich(folder.path(), &one));
        let rows = table(&at("one.csv"));
        assert_eq!(rows.len(), terms.len());
        let columns =
            [("es", "ES"), ("nes", "NES"), ("p", "NOM p-val"), ("fdr", "FDR q-val"), ("fwer", "FWER p-val")];
        for (tensor, column) in columns {
            let values = read_f64(&file, tensor).unwrap().1;
            for (i, term) in terms.iter().enumerate() {
                let (ours, theirs) = (values[ranking * terms.len() + i], &rows[term][column]);
                assert_eq!(format!("{ours:?}"), *theirs, "{ranking}, {term}, {column}");
            }
        }
    }
    assert!(!at("all.out.partial").exists());
    // A folder of that name that is not ours is left alone.
    fs::create_dir(at("all.out.partial")).unwrap();
    fs::write(at("all.out.partial/thesis.txt"), "mine").unwrap();
    let refused = enrich(folder.path(), &batch);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("no unfinished work of cellprism"));
    assert!(at("all.out.partial/thesis.txt").exists());
}

#[test]
fn the_best_set_of_each_ranking_is_held_against_chance() {
    let folder = setting();
    let options = ["--rankings", "all.safetensors", "--min-size", "3", "--permutations", "50", "--chance"];
    let run = |out: &str, threads: &str| {
        done(&enrich(folder.path(), &[&["--out", out, "--threads", threads], options.as_slice()].concat()));
        fs::read(folder.path().join(out)).unwrap()
    };
    let bytes = run("all.out", "1");
    assert_eq!(bytes, run("again.out", "2"), "whatever the threads");
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let f64s = |name: &str| read_f64(&file, name).unwrap().1;
    let u32s = |name: &str| read_u32(&file, name).unwrap().1;
    let (nes, chance, adjusted) = (f64s("nes"), f64s("chance"), f64s("chance_adjusted"));
    let (best, survives) = (u32s("best"), u32s("survives"));
    assert_eq!((best.len(), chance.len()), (3, 3));
    for (ranking, nes) in nes.chunks(nes.len() / 3).enumerate() {
        let highest = nes.iter().copied().fold(0.0, f64::max);
        assert!((nes[best[ranking] as usize] - highest).abs() < 1e-12, "{ranking}: {nes:?} {best:?}");
        assert!(chance[ranking] > 0.0 && chance[ranking] <= adjusted[ranking] && adjusted[ranking] <= 1.0);
        assert_eq!(survives[ranking] == 1, adjusted[ranking] <= 0.1);
    }
}

#[test]
fn canonical_says_what_is_not_available() {
    let folder = setting();
    let options = ["--ranking", "2.rnk", "--out", "a.csv", "--convention", "canonical", "--min-size", "3"];
    done(&enrich(folder.path(), &options));
    let rows = table(&folder.path().join("a.csv"));
    assert_eq!(rows["no score in 2"]["NOM p-val"], "");
    assert_eq!(rows["no score in 2"]["Not available"], "every ranked gene of the set has score 0");
    assert!(rows["set 1"]["NOM p-val"].parse::<f64>().unwrap() > 0.0);
}

#[test]
fn json_groups_results_that_share_their_genes() {
    let folder = setting();
    let options =
        ["--ranking", "0.rnk", "--out", "a.json", "--min-size", "3", "--group", "0.7", "--curves", "1"];
    done(&enrich(folder.path(), &options));
    let text = fs::read_to_string(folder.path().join("a.json")).unwrap();
    let found: Value = serde_json::from_str(&text).unwrap();
    let sets = found["sets"].as_array().unwrap();
    let set = |term: &str| sets.iter().find(|set| set["term"] == term).unwrap();
    assert_eq!(set("top")["representative"], set("top again")["representative"]);
    assert_eq!(set("top")["leading_edge"].as_array().unwrap().len(), 15);
    let curve = sets[0]["curve"].as_array().unwrap();
    assert!(curve.iter().any(|corner| corner[1] == sets[0]["es"]) && sets[1].get("curve").is_none());
}

#[test]
fn the_top_of_a_ranking_is_tested_for_over_representation() {
    let folder = setting();
    let options = [
        "--ranking",
        "0.rnk",
        "--out",
        "a.csv",
        "--over-representation",
        "--above",
        "0.5",
        "--min-size",
        "3",
    ];
    done(&enrich(folder.path(), &options));
    let rows = table(&folder.path().join("a.csv"));
    let number = |column: &str| rows["top"][column].parse::<f64>().unwrap();
    assert_eq!(rows["top"]["Overlap"], "15/15");
    assert!(number("P-value") < 1e-8 && number("Chance") < 0.01 && number("Adjusted P-value") < 1e-6);
    let none = enrich(folder.path(), &[&options[..6], &["9", "--min-size", "3"]].concat());
    assert_eq!(none.status.code(), Some(1));
}

/// Scores whose sum cannot be divided by give no table, whose numbers would mean nothing.
#[test]
fn scores_too_small_for_a_running_sum_are_refused() {
    let folder = setting();
    let lines: String =
        (0..120).map(|i| format!("{}\t{:e}\n", gene(i), 1e-320 * f64::from(i as u32 % 3))).collect();
    fs::write(folder.path().join("tiny.rnk"), lines).unwrap();
    let output = enrich(folder.path(), &["--ranking", "tiny.rnk", "--min-size", "2", "--out", "tiny.csv"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && said.contains("scale the scores"), "{said}");
    assert!(!folder.path().join("tiny.csv").exists());
}
