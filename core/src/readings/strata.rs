//! Genes that may trade scores in a random ranking: those with the same mean count in a concept's own pairs.

use crate::attribution::{Attribution, ConceptCells, Perturb};

/// Bins of genes with equally many in each; genes without any count are apart, as they can have no score.
const BINS: usize = 10;

/// Stratum of each gene, `[genes]`: 0 where no cell of the pairs counts it, else one of 10 by its mean over the
/// pairs of what the model reads of it.
pub fn strata(attribution: &Attribution, cells: &ConceptCells, model: &(impl Perturb + ?Sized)) -> Vec<u8> {
    strata_by_mean(&mean_counts(attribution, cells, model))
}

/// Mean over both cells of all pairs of what the model reads of each gene, `[genes]`.
pub fn mean_counts(
    attribution: &Attribution,
    cells: &ConceptCells,
    model: &(impl Perturb + ?Sized),
) -> Vec<f64> {
    let genes = model.genes();
    let mut sums = vec![0.0f64; genes];
    for pair in &attribution.pairs {
        let prototype = cells.prototypes[pair.prototype].0;
        let other = cells.counterfactuals[pair.prototype][pair.counterfactual].cell;
        let pair = model.values(prototype).into_iter().zip(model.values(other));
        for (sum, (own, other)) in sums.iter_mut().zip(pair) {
            *sum += f64::from(own) + f64::from(other);
        }
    }
    let n = 2.0 * attribution.pairs.len().max(1) as f64;
    sums.iter_mut().for_each(|sum| *sum /= n);
    sums
}

/// Stratum of each gene by its mean count, or anything in the same order: 0 where that is 0.
pub fn strata_by_mean(sums: &[f64]) -> Vec<u8> {
    let mut counted: Vec<usize> = (0..sums.len()).filter(|&gene| sums[gene] > 0.0).collect();
    counted.sort_by(|&a, &b| sums[a].total_cmp(&sums[b]).then(a.cmp(&b)));
    let mut stratum = vec![0u8; sums.len()];
    for (i, &gene) in counted.iter().enumerate() {
        stratum[gene] = 1 + (i * BINS / counted.len()) as u8;
    }
    stratum
}

#[cfg(test)]
mod tests {
    use super::strata_by_mean;

    #[test]
    fn genes_without_counts_are_apart() {
        let sums: Vec<f64> = (0..25).map(|i| if i < 5 { 0.0 } else { f64::from(i) }).collect();
        let stratum = strata_by_mean(&sums);
        assert!(stratum[..5].iter().all(|&s| s == 0));
        assert_eq!((stratum[5], stratum[6], stratum[7], stratum[24]), (1, 1, 2, 10));
    }
}
