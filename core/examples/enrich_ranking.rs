//! Which gene sets does a ranking of genes prefer?
//!
//! ```text
//! cargo run --release --package cellprism-core --example enrich_ranking [RANKING.rnk SETS.gmt]
//! ```
//!
//! Without files, a made-up ranking is enriched whose first genes are one of the sets.

use std::{env, error::Error, fs, ops::ControlFlow};

use cellprism_core::gsea::{GeneSets, PrerankOptions, Ranking, match_sets, prerank};

fn main() -> Result<(), Box<dyn Error>> {
    let files: Vec<String> = env::args().skip(1).collect();
    let (ranking, sets) = match files.as_slice() {
        [] => made_up(),
        [ranking, sets] => (fs::read(ranking)?, fs::read(sets)?),
        _ => return Err("a ranking and gene sets, or nothing".into()),
    };
    let (ranking, sets) = (Ranking::parse(&ranking)?, GeneSets::parse(&sets)?);
    let matched = match_sets(&ranking, &sets, 15, 500);
    let options = PrerankOptions::default();
    let found = prerank(ranking.scores(), &matched.sets, &options, &mut |_| ControlFlow::Continue(()))?;

    let mut order: Vec<usize> = (0..found.sets.len()).collect();
    order.sort_by(|&a, &b| found.sets[b].nes.total_cmp(&found.sets[a].nes));
    println!("{:>6} {:>7} {:>7} {:>7}  set", "size", "NES", "p", "FDR");
    for i in order.into_iter().take(10) {
        let (set, statistics) = (&matched.sets[i], &found.sets[i]);
        println!(
            "{:>6} {:>7.3} {:>7.3} {:>7.3}  {}",
            set.size, statistics.nes, statistics.p, statistics.fdr, set.term
        );
    }
    Ok(())
}

/// 500 genes of falling score; one set of the first, nineteen of every so many.
fn made_up() -> (Vec<u8>, Vec<u8>) {
    let ranking: String = (0..500).map(|gene| format!("G{gene}\t{}\n", 250 - gene)).collect();
    let mut sets = String::from("the first genes\t");
    (0..20).for_each(|gene| sets += &format!("\tG{gene}"));
    for step in 5..24 {
        sets += &format!("\nevery {step}th gene\t");
        (0..500).step_by(step).for_each(|gene| sets += &format!("\tG{gene}"));
    }
    (ranking.into_bytes(), sets.into_bytes())
}
