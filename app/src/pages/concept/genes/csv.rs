//! Every gene of the model, both sides and both contrasts, as a file.

use cellprism_core::{attribution::order_by_score, bundle::Side, ids::GeneId};

use super::{super::screened::is_estimate, Shown};
use crate::browser;

const HEADER: [&str; 12] = [
    "gene",
    "ensembl",
    "scores_presence",
    "scores_absence",
    "scores_typical_presence",
    "scores_typical_absence",
    "carried_by_presence",
    "carried_by_absence",
    "scores",
    "log2_fold_change",
    "detected_share",
    "estimated",
];

/// Offers the file, genes of highest presence first; what the bundle does not have is empty.
pub fn download(shown: &Shown) {
    shown.with_exact(|shown| {
        let order = order_by_score(&shown.concept.presence.scores);
        let lines = order.into_iter().map(|gene| line(shown, gene as usize));
        browser::download_csv(&shown.file("genes.csv"), &HEADER, lines);
    });
}

fn line(shown: &Shown, gene: usize) -> Vec<String> {
    let (concept, genes) = (&shown.concept, &shown.bundle.genes);
    let float = |values: &[f32]| values.get(gene).map(f32::to_string).unwrap_or_default();
    let count = |values: &[u32]| values.get(gene).map(u32::to_string).unwrap_or_default();
    let name = |names: &[String]| names.get(gene).cloned().unwrap_or_default();
    let sides = Side::BOTH.map(|side| concept.side(side));
    let mut line = vec![name(&genes.symbols), name(&genes.ensembl)];
    line.extend(sides.map(|side| float(&side.scores)));
    line.extend(sides.map(|side| float(&side.typical)));
    line.extend(sides.map(|side| count(&side.carried_by)));
    line.extend([float(&concept.scores), float(&concept.fold_change), float(&genes.detection)]);
    // What differs in no pair has no effect, and need not be swapped.
    let differs = concept.scores.get(gene).is_some_and(|&score| score != 0.0);
    line.push((differs && is_estimate(shown, GeneId(gene as u32))).to_string());
    line
}
