//! A dictionary that was never trained: the baseline of every claim about a trained one.

use ndarray::{Array1, Array2, ArrayView2};
use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::{ConfigError, SaeConfig, SaeWeights};

/// `concepts` unit directions from the mean of the embeddings `[cells, d]` to cells drawn at random, with replacement only
/// where there are fewer cells; encoder and decoder alike, pre-activations taken from the mean.
///
/// # Errors
/// If the sizes make no dictionary.
pub fn random_dictionary(
    embeddings: ArrayView2<'_, f32>,
    concepts: usize,
    k: usize,
    seed: u64,
) -> Result<SaeWeights, ConfigError> {
    let (cells, d) = embeddings.dim();
    let config = SaeConfig { apply_b_dec_to_input: true, ..SaeConfig::new(d, concepts, k)? };
    let mut mean: Array1<f64> = Array1::zeros(d);
    for row in embeddings.rows() {
        mean.iter_mut().zip(row).for_each(|(sum, &x)| *sum += f64::from(x));
    }
    mean /= cells.max(1) as f64;
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut deck: Vec<usize> = Vec::new();
    let mut rows = Array2::<f32>::zeros((concepts, d));
    for mut row in rows.rows_mut() {
        if deck.is_empty() {
            deck = (0..cells).collect();
        }
        if deck.is_empty() {
            break;
        }
        let cell = deck.swap_remove((random.next_u64() % deck.len() as u64) as usize);
        let centred: Vec<f64> =
            embeddings.row(cell).iter().zip(&mean).map(|(&x, m)| f64::from(x) - m).collect();
        let length = centred.iter().map(|x| x * x).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
        row.iter_mut().zip(centred).for_each(|(out, x)| *out = (x / length) as f32);
    }
    Ok(SaeWeights {
        config,
        w_enc: rows.t().as_standard_layout().to_owned(),
        b_enc: Array1::zeros(concepts),
        w_dec: rows,
        b_dec: mean.mapv(|m| m as f32),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_are_unit_and_repeatable() {
        let embeddings = Array2::from_shape_fn((30, 4), |(i, j)| ((i * 7 + j * 13) % 11) as f32 - 3.0);
        let found = random_dictionary(embeddings.view(), 40, 3, 5).unwrap();
        assert_eq!(found.w_dec, random_dictionary(embeddings.view(), 40, 3, 5).unwrap().w_dec);
        for row in found.w_dec.rows() {
            assert!((row.iter().map(|x| x * x).sum::<f32>() - 1.0).abs() < 1e-5);
        }
        let codes = found.encode(embeddings.view());
        assert!(codes.values.iter().any(|&v| v > 0.0));
    }
}
