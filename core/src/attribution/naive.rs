//! Equation 2 as it is written, one full pass of the encoder a gene: what the fast way must equal.

use super::reader::ConceptReader;
use crate::{
    cells::CountMatrix,
    embedding::scvi::{EncoderError, ScviEncoder},
    ids::{CellId, ConceptId},
};

/// Scores after and before TopK of every gene for one pair.
///
/// # Errors
/// If the counts do not fit the model.
pub fn occlusion(
    encoder: &ScviEncoder,
    reader: &ConceptReader,
    counts: &CountMatrix,
    concept: ConceptId,
    prototype: CellId,
    counterfactual: CellId,
) -> Result<(Vec<f32>, Vec<f32>), EncoderError> {
    let dense =
        |cell: CellId| -> Vec<f32> { (0..counts.cols).map(|g| counts.get(cell.index(), g)).collect() };
    let (from, to) = (dense(prototype), dense(counterfactual));
    let read = |cell: &[f32]| -> Result<(f32, f32), EncoderError> {
        let mut row = CountMatrix::empty(counts.cols);
        row.push_row(cell.iter().enumerate().filter(|(_, x)| **x > 0.0).map(|(g, &x)| (g as u32, x)));
        let embedding = encoder.encode(&row, &[])?;
        Ok(reader.read(&reader.base(&embedding.row(0).to_vec()), concept))
    };
    let (post, pre) = read(&from)?;
    let mut scores = (vec![0.0; counts.cols], vec![0.0; counts.cols]);
    for gene in 0..counts.cols {
        if from[gene] != to[gene] {
            let mut swapped = from.clone();
            swapped[gene] = to[gene];
            let (post_after, pre_after) = read(&swapped)?;
            scores.0[gene] = post - post_after;
            scores.1[gene] = pre - pre_after;
        }
    }
    Ok(scores)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        attribution::{ConceptCells, ScviSwaps, attribute},
        embedding::{card::Normalize, nearest::Neighbour, scvi::random_encoder},
    };

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn fast_equals_naive(seed in 0u64..500, counts in proptest::collection::vec(0u8..4, 2 * 30), scaled in any::<bool>(), k in 1usize..6) {
            let normalize = if scaled { Normalize::Sum(100.0) } else { Normalize::None };
            let encoder = ScviEncoder::from_safetensors(&random_encoder(30, &[9, 7], 5, normalize, seed)).unwrap();
            let dense: Vec<f32> = counts.iter().map(|&x| f32::from(x)).collect();
            let counts = CountMatrix::from_dense(2, 30, &dense).unwrap();
            let number = |i: u64| ((i.wrapping_mul(0x9e37_79b9_7f4a_7c15 ^ seed) >> 40) as f32 / 8_388_608.0) - 1.0;
            let weights: Vec<f32> = (0..5 * 12).map(number).collect();
            let reader = ConceptReader::new(&weights, &[0.05; 12], None, k);
            let model = ScviSwaps::new(&encoder, &counts, &[]).unwrap();
            let cells = ConceptCells {
                prototypes: vec![(CellId(0), 1.0)],
                counterfactuals: vec![vec![Neighbour { cell: CellId(1), distance: 1.0 }]],
            };
            for concept in 0..12 {
                let fast = attribute(&model, &reader, ConceptId(concept), &cells, 3).unwrap();
                let (post, pre) = occlusion(&encoder, &reader, &counts, ConceptId(concept), CellId(0), CellId(1)).unwrap();
                for gene in 0..30 {
                    prop_assert!((fast.scores_pre_topk[gene] - pre[gene]).abs() <= 1e-5);
                    // A concept at the very edge of the top k may fall on either side by rounding.
                    let close = (fast.scores[gene] - post[gene]).abs() <= 1e-5;
                    prop_assert!(close, "gene {} {} {}", gene, fast.scores[gene], post[gene]);
                }
            }
        }
    }
}
