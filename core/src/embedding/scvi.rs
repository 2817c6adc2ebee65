//! The scVI encoder: counts to the mean of q(z|x), in plain Rust, so that the page can run it too.
//!
//! Hidden layer: linear, batch normalisation by running statistics (folded to a scale and a shift), ReLU.
//! Arithmetic is f32 in a fixed order (see [`super::dense`]); scvi-tools' own f32 results are within 1e-5.

use ndarray::Array2;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use thiserror::Error;

use super::{
    card::{CardError, ModelCard, Normalize},
    dense,
};
use crate::cells::CountMatrix;

/// Why encoder weights cannot be used.
#[derive(Debug, Error)]
pub enum EncoderError {
    /// Not a safetensors file.
    #[error("encoder.safetensors cannot be read: {0}")]
    Container(#[from] safetensors::SafeTensorError),
    /// The card inside is missing or wrong.
    #[error(transparent)]
    Card(#[from] CardError),
    /// A tensor is missing or has another shape or type.
    #[error("encoder.safetensors: {0}; import the model again")]
    Tensor(String),
    /// Counts do not fit the model.
    #[error("the counts have {found} genes, the model reads {expected}: map the genes first")]
    Genes {
        /// Columns given.
        found: usize,
        /// Genes of the model.
        expected: usize,
    },
    /// Covariates are missing or out of range.
    #[error("{0}")]
    Covariates(String),
}

/// One hidden layer.
#[derive(Clone, Debug)]
pub struct HiddenLayer {
    /// Weights `[inputs + covariates, outputs]`, row-major: one row an input.
    pub weights: Vec<f32>,
    /// Inputs, covariates not counted.
    pub inputs: usize,
    /// One-hot columns after the inputs.
    pub covariates: usize,
    /// `[outputs]`.
    pub bias: Vec<f32>,
    /// Batch normalisation: y = x · scale + shift.
    pub scale: Vec<f32>,
    /// See `scale`.
    pub shift: Vec<f32>,
}

impl HiddenLayer {
    fn outputs(&self) -> usize {
        self.bias.len()
    }

    /// Bias and the rows of the active one-hot columns.
    fn start(&self, one_hot: &[u32]) -> Vec<f32> {
        let mut start = self.bias.clone();
        if self.covariates > 0 {
            for &column in one_hot {
                dense::add_scaled(&mut start, 1.0, self.row(self.inputs + column as usize));
            }
        }
        start
    }

    fn row(&self, input: usize) -> &[f32] {
        &self.weights[input * self.outputs()..(input + 1) * self.outputs()]
    }

    fn activate(&self, rows: &mut [f32]) {
        for row in rows.chunks_mut(self.outputs()) {
            for ((value, scale), shift) in row.iter_mut().zip(&self.scale).zip(&self.shift) {
                *value = (*value * scale + shift).max(0.0);
            }
        }
    }
}

/// Encoder of an imported scVI model.
#[derive(Clone, Debug)]
pub struct ScviEncoder {
    card: ModelCard,
    hidden: Vec<HiddenLayer>,
    mean_weights: Vec<f32>,
    mean_bias: Vec<f32>,
}

/// One-hot columns that are active in one cell, one a covariate; empty where the encoder has none.
pub type ActiveCovariates = [u32];

impl ScviEncoder {
    /// Reads `encoder.safetensors` of a model folder or a bundle: `layers.I.{weight [out, in], bias, scale,
    /// shift}`, `mean.{weight, bias}`, and the card as JSON under the metadata key `card`.
    ///
    /// # Errors
    /// If a tensor is missing, has another shape or type, or the card does not fit.
    pub fn from_safetensors(bytes: &[u8]) -> Result<Self, EncoderError> {
        let (_, header) = SafeTensors::read_metadata(bytes)?;
        let json = header.metadata().as_ref().and_then(|m| m.get("card"));
        let json = json.ok_or_else(|| EncoderError::Tensor("no metadata key \"card\"".into()))?;
        let card = ModelCard::from_json(json.as_bytes())?;
        let tensors = SafeTensors::deserialize(bytes)?;
        let covariates = card.encoder_covariate_width();
        let layers =
            tensors.names().iter().filter(|n| n.starts_with("layers.") && n.ends_with(".weight")).count();
        let mut inputs = card.genes.len();
        let mut hidden = Vec::with_capacity(layers);
        for i in 0..layers {
            let extra = if i == 0 || card.deeply_inject_covariates { covariates } else { 0 };
            let (weights, outputs) = transposed(&tensors, &format!("layers.{i}.weight"), inputs + extra)?;
            let vector = |name| vector(&tensors, &format!("layers.{i}.{name}"), outputs);
            let layer = HiddenLayer {
                weights,
                inputs,
                covariates: extra,
                bias: vector("bias")?,
                scale: vector("scale")?,
                shift: vector("shift")?,
            };
            hidden.push(layer);
            inputs = outputs;
        }
        if hidden.is_empty() {
            return Err(EncoderError::Tensor("no hidden layer (layers.0.weight)".into()));
        }
        let (mean_weights, latent) = transposed(&tensors, "mean.weight", inputs)?;
        if latent != card.latent as usize {
            return Err(EncoderError::Tensor(format!(
                "mean.weight gives {latent} dimensions, the card says {}",
                card.latent
            )));
        }
        let mean_bias = vector(&tensors, "mean.bias", latent)?;
        Ok(Self { card, hidden, mean_weights, mean_bias })
    }

    /// The model's card.
    pub fn card(&self) -> &ModelCard {
        &self.card
    }

    /// Names of the genes, in the order of the columns.
    pub fn genes(&self) -> &[String] {
        &self.card.genes
    }

    /// Embedding size.
    pub fn latent(&self) -> usize {
        self.mean_bias.len()
    }

    /// Whether a cell's counts are scaled by their sum, so that changing one gene changes all inputs.
    pub fn scales_by_sum(&self) -> bool {
        self.card.normalize != Normalize::None
    }

    /// What a count becomes before the first layer, given the sum of the cell's counts.
    pub fn input(&self, count: f32, total: f64) -> f32 {
        let scaled = match self.card.normalize {
            Normalize::None => count,
            Normalize::Sum(_) if total == 0.0 => 0.0,
            Normalize::Sum(sum) => (f64::from(count) * (sum / total)) as f32,
        };
        if self.card.log1p { libm::log1p(f64::from(scaled)) as f32 } else { scaled }
    }

    /// Embeddings `[cells, latent]` of counts in the model's gene order.
    ///
    /// `one_hot` gives the active covariate columns of each cell; pass an empty slice where the encoder has
    /// no covariates.
    ///
    /// # Errors
    /// If the number of genes differs from the model's, or covariates are missing.
    pub fn encode(&self, counts: &CountMatrix, one_hot: &[Vec<u32>]) -> Result<Array2<f32>, EncoderError> {
        self.check(counts, one_hot)?;
        let mut out = Array2::zeros((counts.rows, self.latent()));
        for cell in 0..counts.rows {
            let active = one_hot.get(cell).map_or(&[][..], Vec::as_slice);
            let first = self.first_layer(counts.row(cell), active);
            let mut row = out.row_mut(cell);
            let latent = self.finish(&first, active);
            row.iter_mut().zip(latent).for_each(|(to, from)| *to = from);
        }
        Ok(out)
    }

    fn check(&self, counts: &CountMatrix, one_hot: &[Vec<u32>]) -> Result<(), EncoderError> {
        if counts.cols != self.genes().len() {
            return Err(EncoderError::Genes { found: counts.cols, expected: self.genes().len() });
        }
        let width = self.card.encoder_covariate_width();
        if width > 0 && one_hot.len() != counts.rows {
            return Err(EncoderError::Covariates(format!(
                "the encoder reads covariates, but {} of {} cells have them",
                one_hot.len(),
                counts.rows
            )));
        }
        if one_hot.iter().flatten().any(|&column| column as usize >= width) {
            return Err(EncoderError::Covariates(format!(
                "a covariate column beyond the {width} of the model"
            )));
        }
        Ok(())
    }

    /// Pre-activation of the first layer: the part that changing one gene changes by one row of weights.
    pub fn first_layer(&self, (genes, counts): (&[u32], &[f32]), active: &ActiveCovariates) -> Vec<f32> {
        let total = if self.scales_by_sum() { counts.iter().map(|&x| f64::from(x)).sum() } else { 0.0 };
        let mut sums = self.hidden[0].start(active);
        for (&gene, &count) in genes.iter().zip(counts) {
            dense::add_scaled(&mut sums, self.input(count, total), self.gene_weights(gene as usize));
        }
        sums
    }

    /// The first layer's weights of one gene.
    pub fn gene_weights(&self, gene: usize) -> &[f32] {
        self.hidden[0].row(gene)
    }

    /// Width of the first layer.
    pub fn first_width(&self) -> usize {
        self.hidden[0].outputs()
    }

    /// Embeddings `[rows, latent]` of first-layer pre-activations `[rows, first_width]`, all of cells with the
    /// same active covariates.
    pub fn finish(&self, first: &[f32], active: &ActiveCovariates) -> Vec<f32> {
        let rows = first.len() / self.first_width();
        let mut values = first.to_vec();
        self.hidden[0].activate(&mut values);
        for layer in &self.hidden[1..] {
            let mut next = vec![0.0; rows * layer.outputs()];
            let inner = &layer.weights[..layer.inputs * layer.outputs()];
            dense::linear(&values, layer.inputs, inner, &layer.start(active), &mut next);
            layer.activate(&mut next);
            values = next;
        }
        let mut out = vec![0.0; rows * self.latent()];
        let inputs = values.len() / rows.max(1);
        dense::linear(&values, inputs, &self.mean_weights, &self.mean_bias, &mut out);
        out
    }
}

fn tensor<'a>(tensors: &SafeTensors<'a>, name: &str) -> Result<TensorView<'a>, EncoderError> {
    let view = tensors.tensor(name).map_err(|_| EncoderError::Tensor(format!("no tensor {name:?}")))?;
    if view.dtype() != Dtype::F32 {
        return Err(EncoderError::Tensor(format!("{name:?} is {:?}, not F32", view.dtype())));
    }
    Ok(view)
}

fn values(view: &TensorView<'_>) -> Vec<f32> {
    let (words, _) = view.data().as_chunks::<4>();
    words.iter().map(|w| f32::from_le_bytes(*w)).collect()
}

fn vector(tensors: &SafeTensors<'_>, name: &str, length: usize) -> Result<Vec<f32>, EncoderError> {
    let view = tensor(tensors, name)?;
    if view.shape() != [length] {
        return Err(EncoderError::Tensor(format!(
            "{name:?} has shape {:?}, expected [{length}]",
            view.shape()
        )));
    }
    Ok(values(&view))
}

/// `[outputs, inputs]` on disk, `[inputs, outputs]` in memory, with the number of outputs.
fn transposed(
    tensors: &SafeTensors<'_>,
    name: &str,
    inputs: usize,
) -> Result<(Vec<f32>, usize), EncoderError> {
    let view = tensor(tensors, name)?;
    let &[outputs, found] = view.shape() else {
        return Err(EncoderError::Tensor(format!(
            "{name:?} has shape {:?}, expected two axes",
            view.shape()
        )));
    };
    if found != inputs || outputs == 0 {
        return Err(EncoderError::Tensor(format!(
            "{name:?} has shape [{outputs}, {found}], expected {inputs} inputs"
        )));
    }
    let stored = values(&view);
    let mut out = vec![0.0; stored.len()];
    for (o, row) in stored.chunks(inputs).enumerate() {
        for (i, &weight) in row.iter().enumerate() {
            out[i * outputs + o] = weight;
        }
    }
    Ok((out, outputs))
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::HashMap;

    use super::*;

    /// Weights of a small random encoder as they are on disk.
    pub(crate) fn random_encoder(
        genes: usize,
        hidden: &[usize],
        latent: usize,
        normalize: Normalize,
        seed: u64,
    ) -> Vec<u8> {
        use rand_core::{Rng, SeedableRng};
        let mut rng = rand_xoshiro::Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut tensors: Vec<(String, Vec<usize>, Vec<u8>)> = Vec::new();
        let mut add = |name: String, shape: Vec<usize>, centre: f32, width: f32| {
            let n: usize = shape.iter().product();
            let data = (0..n)
                .flat_map(|_| {
                    (centre + width * ((rng.next_u32() >> 8) as f32 / 8_388_608.0 - 1.0)).to_le_bytes()
                })
                .collect();
            tensors.push((name, shape, data));
        };
        let mut inputs = genes;
        for (i, &outputs) in hidden.iter().enumerate() {
            add(format!("layers.{i}.weight"), vec![outputs, inputs], 0.0, 0.5);
            add(format!("layers.{i}.bias"), vec![outputs], 0.1, 0.3);
            add(format!("layers.{i}.scale"), vec![outputs], 1.0, 0.5);
            add(format!("layers.{i}.shift"), vec![outputs], 0.0, 0.3);
            inputs = outputs;
        }
        add("mean.weight".into(), vec![latent, inputs], 0.0, 0.5);
        add("mean.bias".into(), vec![latent], 0.0, 0.2);
        let names: Vec<String> = (0..genes).map(|g| format!("G{g}")).collect();
        let card = serde_json::json!({"format": 1, "kind": "scvi", "name": "random", "genes": names, "latent": latent,
            "preprocessing": "log1p", "log1p": true, "precision": "float32", "normalize": normalize});
        let metadata = HashMap::from([("card".to_owned(), card.to_string())]);
        let views: Vec<_> = tensors
            .iter()
            .map(|(name, shape, data)| (name, TensorView::new(Dtype::F32, shape.clone(), data).unwrap()))
            .collect();
        safetensors::serialize(views, Some(metadata)).unwrap()
    }

    #[test]
    fn a_row_of_zeros_gives_the_bias_path() {
        let encoder =
            ScviEncoder::from_safetensors(&random_encoder(5, &[4, 3], 2, Normalize::None, 1)).unwrap();
        let none = CountMatrix::new(1, 5, vec![0, 0], vec![], vec![]).unwrap();
        let some = CountMatrix::new(1, 5, vec![0, 1], vec![2], vec![3.0]).unwrap();
        let a = encoder.encode(&none, &[]).unwrap();
        let b = encoder.encode(&some, &[]).unwrap();
        assert_eq!(a.dim(), (1, 2));
        assert_ne!(a, b);
    }

    #[test]
    fn wrong_sizes_are_named() {
        let bytes = random_encoder(5, &[4], 2, Normalize::None, 1);
        let encoder = ScviEncoder::from_safetensors(&bytes).unwrap();
        let counts = CountMatrix::new(1, 6, vec![0, 0], vec![], vec![]).unwrap();
        assert!(encoder.encode(&counts, &[]).unwrap_err().to_string().contains("6 genes"));
        assert!(ScviEncoder::from_safetensors(&bytes[..bytes.len() - 4]).is_err());
    }
}
