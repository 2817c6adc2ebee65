//! What an item shows: its genes and how much each of its cells depends on them, on a scale of its own.

use crate::bundle::ConceptArrays;

/// Scores are told in steps of this share of the item's largest one: finer digits would say nothing to a rater, and could
/// say how the number was made.
const STEP: f64 = 1e-3;

/// Genes of highest mean score with the score of each cell, divided by the largest score of the item.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// Highest mean first.
    pub genes: Vec<EvidenceGene>,
}

/// A gene of an item.
#[derive(Clone, Debug, PartialEq)]
pub struct EvidenceGene {
    /// Symbol.
    pub symbol: String,
    /// Mean of its cells' scores, at most 1.
    pub mean: f64,
    /// Score of each cell, at most 1; below 0 where the gene works against the item.
    pub cells: Vec<f64>,
}

/// Why a concept or a neuron cannot be an item.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Its cells or their pairs are fewer than those of others, which would tell it apart.
    #[error("fewer than {0} cells with all their pairs")]
    Cells(usize),
    /// Fewer genes raise it than an item shows.
    #[error("fewer than {0} genes with a score above 0")]
    Genes(usize),
    /// Its file does not hold what it should.
    #[error("its arrays do not fit each other")]
    Damaged,
}

impl Evidence {
    /// The first `genes` genes of a bundle's arrays of `cells` cells with `pairs` pairs each.
    ///
    /// # Errors
    /// If there are fewer cells, pairs or genes: an item that shows less than others would tell what it is.
    pub fn of(
        arrays: &ConceptArrays,
        symbols: &[String],
        cells: usize,
        pairs: usize,
        genes: usize,
    ) -> Result<Self, Unfit> {
        if arrays.pairs != cells * pairs || cells == 0 || pairs == 0 {
            return Err(Unfit::Cells(cells));
        }
        if arrays.pair_scores.len() != arrays.top_genes.len() * arrays.pairs {
            return Err(Unfit::Damaged);
        }
        let mut shown = Vec::with_capacity(genes);
        for (&gene, scores) in
            arrays.top_genes.iter().zip(arrays.pair_scores.chunks(arrays.pairs)).take(genes)
        {
            let symbol = symbols.get(gene as usize).ok_or(Unfit::Damaged)?.clone();
            let of_cell =
                |pairs: &[f32]| pairs.iter().map(|&s| f64::from(s)).sum::<f64>() / pairs.len() as f64;
            let cells: Vec<f64> = scores.chunks(pairs).map(of_cell).collect();
            let mean = cells.iter().sum::<f64>() / cells.len() as f64;
            shown.push(EvidenceGene { symbol, mean, cells });
        }
        if shown.len() < genes || shown.iter().any(|gene| gene.mean <= 0.0) {
            return Err(Unfit::Genes(genes));
        }
        if shown.iter().flat_map(|gene| &gene.cells).any(|score| !score.is_finite()) {
            return Err(Unfit::Damaged);
        }
        Ok(Self { genes: shown }.scaled())
    }

    fn scaled(mut self) -> Self {
        let largest = self.genes.iter().flat_map(|gene| &gene.cells).copied().fold(0.0, f64::max);
        // The lowest is bounded, too: a single huge negative score would be as telling as the scale.
        let told = |score: f64| (score / largest / STEP).round().max(-1.0 / STEP) * STEP + 0.0;
        for gene in &mut self.genes {
            gene.mean = rounded(told(gene.mean));
            gene.cells.iter_mut().for_each(|score| *score = rounded(told(*score)));
        }
        self
    }

    /// The same cells in another order.
    pub(super) fn reordered(&self, order: &[usize]) -> Self {
        let gene = |gene: &EvidenceGene| EvidenceGene {
            cells: order.iter().map(|&at| gene.cells[at]).collect(),
            ..gene.clone()
        };
        Self { genes: self.genes.iter().map(gene).collect() }
    }

    /// Cells of the item.
    pub fn cells(&self) -> usize {
        self.genes.first().map_or(0, |gene| gene.cells.len())
    }
}

/// The number that three digits write: 0.123, not 0.12300000000000001.
fn rounded(score: f64) -> f64 {
    (score * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrays() -> ConceptArrays {
        ConceptArrays {
            top_genes: vec![2, 0],
            pairs: 4,
            pair_scores: vec![3.0, 5.0, 1.0, -1.0, 1.0, 0.0, 0.5, 0.5],
            ..ConceptArrays::default()
        }
    }

    #[test]
    fn the_largest_score_of_a_cell_is_one() {
        let symbols = ["A", "B", "C"].map(str::to_owned);
        let found = Evidence::of(&arrays(), &symbols, 2, 2, 2).unwrap();
        assert_eq!(found.genes[0], EvidenceGene { symbol: "C".into(), mean: 0.5, cells: vec![1.0, 0.0] });
        assert_eq!(
            found.genes[1],
            EvidenceGene { symbol: "A".into(), mean: 0.125, cells: vec![0.125, 0.125] }
        );
    }

    #[test]
    fn what_shows_less_than_others_is_no_item() {
        let symbols = ["A", "B", "C"].map(str::to_owned);
        let of = |cells, genes| Evidence::of(&arrays(), &symbols, cells, 2, genes);
        assert_eq!(of(10, 2), Err(Unfit::Cells(10)));
        assert_eq!(of(2, 3), Err(Unfit::Genes(3)));
        assert_eq!(Evidence::of(&arrays(), &symbols[..1], 2, 2, 2), Err(Unfit::Damaged));
    }
}
