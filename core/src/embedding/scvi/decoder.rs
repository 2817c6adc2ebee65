//! The scVI decoder: latent values to the expected share of each gene (px_scale) and expected counts (px_rate).

use ndarray::{Array2, ArrayView2};

use super::{
    super::card::ModelCard,
    layers::{EncoderError, HiddenLayer, Linear, WeightsFile, check_covariates},
};
use crate::parallel;

/// Decoder of an imported scVI model.
#[derive(Clone, Debug)]
pub struct ScviDecoder {
    card: ModelCard,
    hidden: Vec<HiddenLayer>,
    scale: Linear,
}

impl ScviDecoder {
    /// Reads `decoder.safetensors` of a model folder or a bundle: `layers.I.{weight [out, in], bias, scale,
    /// shift}`, `px_scale.{weight, bias}`, and the card as JSON under the metadata key `card`.
    ///
    /// # Errors
    /// If a tensor is missing, has another shape or type, or the card does not fit.
    pub fn from_safetensors(bytes: &[u8]) -> Result<Self, EncoderError> {
        let file = WeightsFile::read(bytes)?;
        let hidden = file.hidden(file.card.latent as usize, file.card.covariate_width())?;
        let inputs = hidden.last().map_or(0, HiddenLayer::outputs);
        let scale = file.linear("px_scale", inputs, file.card.genes.len())?;
        Ok(Self { card: file.card, hidden, scale })
    }

    /// The model's card.
    pub fn card(&self) -> &ModelCard {
        &self.card
    }

    /// Names of the genes, in the order of the columns.
    pub fn genes(&self) -> &[String] {
        &self.card.genes
    }

    /// Share of each gene in a cell's counts, `[cells, genes]`: px_scale, each row summing to 1.
    ///
    /// `one_hot` gives the active covariate columns of each cell; pass an empty slice where the model has none.
    ///
    /// # Errors
    /// If the number of dimensions differs from the model's, or covariates are missing.
    pub fn shares(
        &self,
        latent: ArrayView2<'_, f32>,
        one_hot: &[Vec<u32>],
    ) -> Result<Array2<f64>, EncoderError> {
        self.decode(latent, one_hot, softmax)
    }

    /// Natural logarithms of [`ScviDecoder::shares`], finite also where a share is too small for a number.
    ///
    /// # Errors
    /// As [`ScviDecoder::shares`].
    pub fn log_shares(
        &self,
        latent: ArrayView2<'_, f32>,
        one_hot: &[Vec<u32>],
    ) -> Result<Array2<f64>, EncoderError> {
        self.decode(latent, one_hot, log_softmax)
    }

    fn decode(
        &self,
        latent: ArrayView2<'_, f32>,
        one_hot: &[Vec<u32>],
        finish: fn(&[f32]) -> Vec<f64>,
    ) -> Result<Array2<f64>, EncoderError> {
        let expected = self.card.latent as usize;
        if latent.ncols() != expected {
            return Err(EncoderError::Latent { found: latent.ncols(), expected });
        }
        check_covariates(one_hot, latent.nrows(), self.card.covariate_width())?;
        let rows = parallel::map(latent.nrows(), |cell| {
            let active = one_hot.get(cell).map_or(&[][..], Vec::as_slice);
            let mut values = latent.row(cell).to_vec();
            for layer in &self.hidden {
                values = layer.forward(&values, active);
            }
            finish(&self.scale.forward(&values))
        });
        let shape = (latent.nrows(), self.genes().len());
        Ok(Array2::from_shape_vec(shape, rows.concat()).expect("one share a gene"))
    }

    /// Expected counts `[cells, genes]`: px_rate, the shares times each cell's total count over the model's genes.
    ///
    /// # Errors
    /// As [`ScviDecoder::shares`].
    ///
    /// # Panics
    /// If there is not one total a cell.
    pub fn expected_counts(
        &self,
        latent: ArrayView2<'_, f32>,
        totals: &[f64],
        one_hot: &[Vec<u32>],
    ) -> Result<Array2<f64>, EncoderError> {
        assert_eq!(latent.nrows(), totals.len(), "one total a cell");
        let mut rates = self.shares(latent, one_hot)?;
        for (mut row, total) in rates.outer_iter_mut().zip(totals) {
            row *= *total;
        }
        Ok(rates)
    }
}

/// exp(x − max) / Σ exp(x − max), in f64.
fn softmax(logits: &[f32]) -> Vec<f64> {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f64> = logits.iter().map(|&x| libm::exp(f64::from(x) - f64::from(most))).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

/// x − max − ln Σ exp(x − max), in f64.
fn log_softmax(logits: &[f32]) -> Vec<f64> {
    let most = f64::from(logits.iter().copied().fold(f32::NEG_INFINITY, f32::max));
    let sum: f64 = logits.iter().map(|&x| libm::exp(f64::from(x) - most)).sum();
    let log = libm::log(sum);
    logits.iter().map(|&x| f64::from(x) - most - log).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::HashMap;

    use safetensors::{Dtype, tensor::TensorView};

    use super::*;

    /// A decoder of one hidden layer with two batches entering it, as it is on disk.
    pub(crate) fn small_decoder(genes: usize, latent: usize) -> Vec<u8> {
        let number = |i: usize| ((i as u32 + 1).wrapping_mul(2_654_435_761) >> 8) as f32 / 8_388_608.0 - 1.0;
        let tensors: [(&str, Vec<usize>, usize); 6] = [
            ("layers.0.weight", vec![4, latent + 2], 1),
            ("layers.0.bias", vec![4], 200),
            ("layers.0.scale", vec![4], 300),
            ("layers.0.shift", vec![4], 400),
            ("px_scale.weight", vec![genes, 4], 500),
            ("px_scale.bias", vec![genes], 900),
        ];
        let bytes: Vec<Vec<u8>> = tensors
            .iter()
            .map(|(_, shape, seed)| {
                (0..shape.iter().product()).flat_map(|i: usize| number(i + seed).to_le_bytes()).collect()
            })
            .collect();
        let views = tensors.iter().zip(&bytes).map(|((name, shape, _), data)| {
            (*name, TensorView::new(Dtype::F32, shape.clone(), data).unwrap())
        });
        let names: Vec<String> = (0..genes).map(|g| format!("G{g}")).collect();
        let card = serde_json::json!({"format": 1, "kind": "scvi", "name": "small", "genes": names, "latent": latent,
            "preprocessing": "log1p", "log1p": true, "precision": "float32",
            "covariates": [{"column": "batch", "categories": ["a", "b"]}]});
        let metadata = HashMap::from([("card".to_owned(), card.to_string())]);
        safetensors::serialize(views, Some(metadata)).unwrap()
    }

    #[test]
    fn shares_sum_to_one_and_depend_on_the_batch() {
        let decoder = ScviDecoder::from_safetensors(&small_decoder(7, 3)).unwrap();
        let latent = Array2::from_shape_fn((2, 3), |(_, j)| j as f32 - 0.5);
        let shares = decoder.shares(latent.view(), &[vec![0], vec![1]]).unwrap();
        for row in shares.outer_iter() {
            assert!((row.sum() - 1.0).abs() < 1e-12);
        }
        assert_ne!(shares.row(0), shares.row(1));
        let logarithms = decoder.log_shares(latent.view(), &[vec![0], vec![1]]).unwrap();
        for (share, logarithm) in shares.iter().zip(&logarithms) {
            assert!((share.ln() - logarithm).abs() < 1e-12);
        }
        let rates = decoder.expected_counts(latent.view(), &[10.0, 20.0], &[vec![0], vec![1]]).unwrap();
        assert!((rates.row(1).sum() - 20.0).abs() < 1e-9);
    }

    #[test]
    fn missing_covariates_and_wrong_sizes_are_named() {
        let decoder = ScviDecoder::from_safetensors(&small_decoder(7, 3)).unwrap();
        let latent = Array2::zeros((2, 3));
        let error = decoder.shares(latent.view(), &[]).unwrap_err();
        assert!(error.to_string().contains("0 of 2 cells"), "{error}");
        let error = decoder.shares(Array2::zeros((2, 4)).view(), &[vec![0], vec![1]]).unwrap_err();
        assert!(error.to_string().contains("4 dimensions"), "{error}");
    }
}
