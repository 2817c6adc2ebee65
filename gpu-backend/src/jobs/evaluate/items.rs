//! What tables need to know of one item, whether it stands in a bundle's files or was read for this evaluation.

use cellprism_core::{
    bundle::{
        ConceptArrays, ConceptDetail, DeletionCurves, EnrichmentDetail, HeldOutCurves, Maybe, PathwayLabel,
        SideLabels,
    },
    evaluation::SubjectKind,
    ids::ConceptId,
};
use serde::{Deserialize, Serialize};

/// Genes kept of each ranking.
pub const TOP: usize = 20;

/// One item of a subject.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ItemReading {
    /// Its number.
    pub id: ConceptId,
    /// Active cells.
    pub cells: u32,
    /// As in the paper, one a library.
    pub paper: Vec<PaperLabel>,
    /// The best set of either side.
    pub sides: SideLabels,
    /// Genes above the importance threshold, by the paper's score.
    pub important: u32,
    /// The same by presence and by absence, where those were read.
    pub important_sides: Option<[u32; 2]>,
    /// Curves as in the paper.
    pub deletion: Option<DeletionCurves>,
    /// Curves on held-out prototypes.
    pub held_out: Option<HeldOutCurves>,
    /// Genes with a score up to each of [`thresholds`].
    pub up_to: Vec<u64>,
    /// Genes scored.
    pub genes: u64,
    /// Genes of highest score, as numbers of the bundle's genes: by the paper's score, by presence, by fold change.
    pub top: [Vec<u32>; 3],
}

/// What was read of a subject.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SubjectReadings {
    /// Items with enough cells to be tested.
    pub able: usize,
    /// Whether these are the strongest only.
    pub strongest_only: bool,
    /// The items that were read.
    pub items: Vec<ItemReading>,
}

/// Readings in the order of the tables, or why there are none.
pub type Readings = Vec<(SubjectKind, Result<SubjectReadings, String>)>;

/// Pathways of one library, by the paper's rule.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PaperLabel {
    /// Library.
    pub library: String,
    /// The label, or why there is none.
    pub label: Maybe<PathwayLabel>,
    /// Shares of random rankings that earn a label as good, and any label; nothing where that was not asked.
    pub chance: Option<(f64, f64)>,
    /// Sets with a positive score and a p at most the weak limit, of those that a bundle lists.
    pub enriched: Vec<String>,
}

impl ItemReading {
    /// From the details and arrays of a bundle; `important` is the threshold of a gene, `weak` that of a set.
    pub fn of_bundle(detail: &ConceptDetail, arrays: &ConceptArrays, (important, weak): (f64, f64)) -> Self {
        let held_out = detail.reading.value().and_then(|reading| reading.faithful.value().cloned());
        let paper = detail.enrichment.iter().map(|of| PaperLabel::new(of, weak)).collect();
        let curves = (detail.deletion.value().cloned(), held_out);
        Self::new((detail.id, detail.cells, important), arrays, paper, detail.labels.clone(), curves)
    }

    /// From all that was read: number, active cells and the threshold of a gene; scores; labels; curves as in the paper and on
    /// held-out prototypes.
    pub fn new(
        (id, cells, important): (ConceptId, u32, f64),
        arrays: &ConceptArrays,
        paper: Vec<PaperLabel>,
        sides: SideLabels,
        (deletion, held_out): (Option<DeletionCurves>, Option<HeldOutCurves>),
    ) -> Self {
        let above =
            |scores: &[f32]| scores.iter().filter(|&&score| f64::from(score) > important).count() as u32;
        let both = [&arrays.scores_presence, &arrays.scores_absence];
        Self {
            id,
            cells,
            paper,
            sides,
            important: above(&arrays.scores),
            important_sides: (!both[0].is_empty()).then(|| both.map(|scores| above(scores))),
            deletion,
            held_out,
            up_to: thresholds().iter().map(|&threshold| up_to(&arrays.scores, threshold)).collect(),
            genes: arrays.scores.len() as u64,
            top: [top(&arrays.scores), top(&arrays.scores_presence), top(&arrays.log2_fold_change)],
        }
    }
}

impl PaperLabel {
    /// From the enrichment in one library.
    pub fn new(of: &EnrichmentDetail, weak: f64) -> Self {
        let enriched = of.sets.iter().filter(|set| set.es > 0.0 && set.p <= weak).map(|set| set.term.clone());
        Self {
            library: of.library.clone(),
            label: of.label.clone(),
            chance: of.null.value().map(|null| (null.as_good, null.any)),
            enriched: enriched.collect(),
        }
    }
}

/// Scores at which the distribution of Figure 11 is counted: from −1 to 10, evenly on both sides of 0 in logarithms.
pub fn thresholds() -> Vec<f64> {
    let steps = |from: i32, to: i32| (from..=to).map(|step| 10f64.powf(f64::from(step) / 8.0));
    let below: Vec<f64> = steps(-32, 0).map(|size| -size).collect();
    below.into_iter().rev().chain([0.0]).chain(steps(-32, 8)).collect()
}

fn up_to(scores: &[f32], threshold: f64) -> u64 {
    scores.iter().filter(|&&score| f64::from(score) <= threshold).count() as u64
}

/// Genes of highest score, ties in gene order; what is no number comes last and is left out.
fn top(scores: &[f32]) -> Vec<u32> {
    let mut order: Vec<u32> =
        (0..scores.len() as u32).filter(|&gene| !scores[gene as usize].is_nan()).collect();
    order.sort_by(|&a, &b| scores[b as usize].total_cmp(&scores[a as usize]).then(a.cmp(&b)));
    order.truncate(TOP);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_rise_through_zero() {
        let found = thresholds();
        assert!(found.windows(2).all(|pair| pair[0] < pair[1]), "{found:?}");
        assert!(found.contains(&0.0) && found[0] == -1.0 && found[found.len() - 1] == 10.0);
    }

    #[test]
    fn genes_of_highest_score() {
        assert_eq!(top(&[0.5, f32::NAN, 2.0, 0.5, -1.0]), [2, 0, 3, 4]);
        assert_eq!(up_to(&[0.5, -0.5, 0.0], 0.0), 2);
    }
}
