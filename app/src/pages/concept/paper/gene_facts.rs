//! What the card says of a gene, and all genes as a file.

use cellprism_core::{attribution::order_by_score, bundle::GeneAttribution, ids::GeneId};

use crate::{
    browser,
    format::{percent, score, significant},
    pages::concept::{
        Shown,
        screened::{how_scored, is_estimate},
    },
};

/// Facts of the gene of a rank.
pub fn facts(shown: &Shown, gene: &GeneAttribution, rank: usize, pairs: u32) -> Vec<(String, String)> {
    let detection = shown.bundle.genes.detection.get(gene.gene.0 as usize).copied().unwrap_or(0.0);
    let mut facts = vec![(format!("Attribution, mean of {pairs} swaps"), score(f64::from(gene.mean)))];
    facts.extend(how_scored(shown, gene.gene));
    if let Some(pairs) = shown.concept.pair_scores.get(rank) {
        let mut sorted = pairs.clone();
        cellprism_core::order::sort_by(&mut sorted, f32::total_cmp);
        if sorted.len() >= 4 {
            let (low, high) = (sorted[sorted.len() / 4], sorted[sorted.len() * 3 / 4]);
            let half = format!("{} to {}", score(f64::from(low)), score(f64::from(high)));
            facts.push(("Middle half of the swaps".into(), half));
        }
    }
    facts.push(("Detected in all cells".into(), percent(f64::from(detection))));
    let (own, other) =
        (significant(f64::from(gene.count_prototypes)), significant(f64::from(gene.count_counterfactuals)));
    facts.push(("Mean count, prototypes / counterfactuals".into(), format!("{own} / {other}")));
    if let Some(change) = gene.log2_fold_change.filter(|c| c.is_finite()) {
        facts.push(("log₂ fold change vs counterfactuals".into(), format!("{change:.2}").replace('-', "−")));
    }
    facts
}

/// Offers every gene, highest attribution first.
pub fn csv(shown: &Shown) {
    shown.with_exact(all_genes);
}

fn all_genes(shown: &Shown) {
    let scores = &shown.concept.scores;
    let genes = &shown.bundle.genes;
    let line = |&gene: &u32| {
        let i = gene as usize;
        vec![
            genes.symbols[i].clone(),
            genes.ensembl.get(i).cloned().unwrap_or_default(),
            scores[i].to_string(),
            shown.concept.fold_change.get(i).map(|c| c.to_string()).unwrap_or_default(),
            genes.detection.get(i).map(|d| d.to_string()).unwrap_or_default(),
            (scores[i] != 0.0 && is_estimate(shown, GeneId(gene))).to_string(),
        ]
    };
    let order = order_by_score(scores);
    let header = ["gene", "ensembl", "attribution", "log2_fold_change", "detected_share", "estimated"];
    browser::download_csv(&shown.file("genes-as-in-the-paper.csv"), &header, order.iter().map(line));
}
