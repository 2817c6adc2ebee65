//! What is told of an attribution: the order of genes, their spread over pairs, how concentrated it is.

use super::{
    detail::{AttributionDetail, GeneAttribution},
    occlusion::{Attribution, ConceptCells},
    perturb::Perturb,
};
use crate::ids::GeneId;

/// What is known of the genes beside their scores.
#[derive(Clone, Copy, Debug)]
pub struct GeneInfo<'a> {
    /// Symbols in the model's order.
    pub symbols: &'a [String],
    /// log2 fold change in the model's order, NaN where not computed; empty where there is none at all.
    pub log2_fold_change: &'a [f32],
}

/// Genes by descending score, ties in gene order (equation 3).
pub fn order_by_score(scores: &[f32]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..scores.len() as u32).collect();
    order.sort_by(|&a, &b| scores[b as usize].total_cmp(&scores[a as usize]).then(a.cmp(&b)));
    order
}

/// The attribution as a bundle shows it: `shown` genes from the top and a few from the bottom.
pub fn describe(
    attribution: &Attribution,
    cells: &ConceptCells,
    model: &(impl Perturb + ?Sized),
    info: GeneInfo<'_>,
    important: f64,
    shown: usize,
) -> AttributionDetail {
    let order = order_by_score(&attribution.scores);
    let count = |keep: fn(f32) -> bool| attribution.scores.iter().filter(|&&s| keep(s)).count() as u32;
    let one = |&gene: &u32| describe_gene(gene, attribution, cells, model, info);
    let negative = order.iter().rev().take(5).filter(|&&g| attribution.scores[g as usize] < 0.0);
    AttributionDetail {
        pairs: attribution.pairs.len() as u32,
        important: attribution.scores.iter().filter(|&&s| f64::from(s) > important).count() as u32,
        positive: count(|s| s > 0.0),
        negative: count(|s| s < 0.0),
        zero: count(|s| s == 0.0),
        genes: order.iter().take(shown).map(one).collect(),
        lowest: negative.map(one).collect(),
        cumulative: cumulative(&attribution.scores, &order),
        screened: None,
        swapped_genes: Vec::new(),
    }
}

fn describe_gene(
    gene: u32,
    attribution: &Attribution,
    cells: &ConceptCells,
    model: &(impl Perturb + ?Sized),
    info: GeneInfo<'_>,
) -> GeneAttribution {
    let index = gene as usize;
    let mean = f64::from(attribution.scores[index]);
    let n = attribution.pairs.len().max(1) as f64;
    let (mut squares, mut swapped, mut in_prototypes, mut in_counterfactuals) = (0.0, 0u32, 0.0, 0.0);
    for pair in &attribution.pairs {
        let found = pair.swaps.binary_search_by_key(&gene, |s| s.gene).ok();
        let score = found.map_or(0.0, |place| f64::from(pair.swaps[place].post));
        swapped += u32::from(found.is_some());
        squares += (score - mean) * (score - mean);
        in_prototypes += f64::from(model.value(cells.prototypes[pair.prototype].0, gene));
        let other = cells.counterfactuals[pair.prototype][pair.counterfactual].cell;
        in_counterfactuals += f64::from(model.value(other, gene));
    }
    GeneAttribution {
        gene: GeneId(gene),
        symbol: info.symbols[index].clone(),
        mean: attribution.scores[index],
        mean_pre_topk: attribution.scores_pre_topk[index],
        sd: (squares / (n - 1.0).max(1.0)).sqrt() as f32,
        swapped,
        count_prototypes: (in_prototypes / n) as f32,
        count_counterfactuals: (in_counterfactuals / n) as f32,
        log2_fold_change: info.log2_fold_change.get(index).copied().filter(|v| v.is_finite()),
    }
}

/// Share of the positive total held by the first 1, 2, … genes; at most 500 points.
fn cumulative(scores: &[f32], order: &[u32]) -> Vec<f32> {
    let positive = || order.iter().map(|&g| f64::from(scores[g as usize])).take_while(|&s| s > 0.0);
    let total: f64 = positive().sum();
    let mut sum = 0.0;
    positive()
        .take(500)
        .map(|score| {
            sum += score;
            // Four decimals: a point of a curve, not a result.
            ((sum / total * 1e4).round() / 1e4) as f32
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_stay_in_gene_order() {
        assert_eq!(order_by_score(&[0.0, 2.0, 0.0, -1.0, 2.0]), [1, 4, 0, 2, 3]);
    }

    #[test]
    fn the_cumulative_share_ends_at_one() {
        let scores = [1.0, 3.0, -5.0, 0.0];
        assert_eq!(cumulative(&scores, &order_by_score(&scores)), [0.75, 1.0]);
    }
}
