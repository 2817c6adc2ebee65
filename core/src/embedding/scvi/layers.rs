//! Layers of scVI's networks, and of SCimilarity's, and how they are read from `encoder.safetensors` and `decoder.safetensors`.

use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use thiserror::Error;

use super::super::{
    card::{CardError, ModelCard},
    dense,
};

/// Why the weights of a network cannot be used, or what it is given does not fit.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EncoderError {
    /// Not a safetensors file.
    #[error("the weights cannot be read: {0}")]
    Container(#[from] safetensors::SafeTensorError),
    /// The card inside is missing or wrong.
    #[error(transparent)]
    Card(#[from] CardError),
    /// A tensor is missing or has another shape or type.
    #[error("the weights: {0}; import the model again")]
    Tensor(String),
    /// Counts do not fit the model.
    #[error("the counts have {found} genes, the model reads {expected}: map the genes first")]
    Genes {
        /// Columns given.
        found: usize,
        /// Genes of the model.
        expected: usize,
    },
    /// Latent values do not fit the model.
    #[error("the latent values have {found} dimensions, the model's have {expected}")]
    Latent {
        /// Columns given.
        found: usize,
        /// Dimensions of the model.
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
    /// What negative values are multiplied with afterwards: 0 for ReLU.
    pub slope: f32,
}

impl HiddenLayer {
    pub(super) fn outputs(&self) -> usize {
        self.bias.len()
    }

    /// Bias and the rows of the active one-hot columns.
    pub(super) fn start(&self, one_hot: &[u32]) -> Vec<f32> {
        let mut start = self.bias.clone();
        if self.covariates > 0 {
            for &column in one_hot {
                dense::add_scaled(&mut start, 1.0, self.row(self.inputs + column as usize));
            }
        }
        start
    }

    /// Weights of one input.
    pub(super) fn row(&self, input: usize) -> &[f32] {
        &self.weights[input * self.outputs()..(input + 1) * self.outputs()]
    }

    /// Batch normalisation and ReLU, or what is like it, of rows of sums.
    pub(super) fn activate(&self, rows: &mut [f32]) {
        let slope = self.slope;
        if slope == 0.0 {
            self.normalised(rows, |value| value.max(0.0));
        } else {
            self.normalised(rows, |value| value.max(0.0) + slope * value.min(0.0));
        }
    }

    fn normalised(&self, rows: &mut [f32], then: impl Fn(f32) -> f32) {
        for row in rows.chunks_mut(self.outputs()) {
            for ((value, scale), shift) in row.iter_mut().zip(&self.scale).zip(&self.shift) {
                *value = then(*value * scale + shift);
            }
        }
    }

    /// The layer's output for rows of inputs, all with the same active covariates.
    pub(super) fn forward(&self, x: &[f32], one_hot: &[u32]) -> Vec<f32> {
        let rows = x.len() / self.inputs.max(1);
        let mut out = vec![0.0; rows * self.outputs()];
        let inner = &self.weights[..self.inputs * self.outputs()];
        dense::linear(x, self.inputs, inner, &self.start(one_hot), &mut out);
        self.activate(&mut out);
        out
    }
}

/// A linear layer: weights `[inputs, outputs]` and bias `[outputs]`.
#[derive(Clone, Debug)]
pub(super) struct Linear {
    weights: Vec<f32>,
    inputs: usize,
    bias: Vec<f32>,
}

impl Linear {
    pub(super) fn outputs(&self) -> usize {
        self.bias.len()
    }

    pub(super) fn forward(&self, x: &[f32]) -> Vec<f32> {
        let mut out = vec![0.0; x.len() / self.inputs.max(1) * self.outputs()];
        dense::linear(x, self.inputs, &self.weights, &self.bias, &mut out);
        out
    }
}

/// A file of weights with the model's card under the metadata key `card`.
pub(super) struct WeightsFile<'a> {
    pub(super) card: ModelCard,
    tensors: SafeTensors<'a>,
}

impl<'a> WeightsFile<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, EncoderError> {
        let (_, header) = SafeTensors::read_metadata(bytes)?;
        let json = header.metadata().as_ref().and_then(|m| m.get("card"));
        let json = json.ok_or_else(|| EncoderError::Tensor("no metadata key \"card\"".into()))?;
        let card = ModelCard::from_json(json.as_bytes())?;
        Ok(Self { card, tensors: SafeTensors::deserialize(bytes)? })
    }

    /// `layers.0`, `layers.1` …, `covariates` one-hot columns entering the first, or with `deep` every one.
    pub(super) fn hidden(
        &self,
        mut inputs: usize,
        covariates: usize,
    ) -> Result<Vec<HiddenLayer>, EncoderError> {
        let is_layer = |name: &&str| name.starts_with("layers.") && name.ends_with(".weight");
        let layers = self.tensors.names().into_iter().filter(is_layer).count();
        let mut hidden = Vec::with_capacity(layers);
        for i in 0..layers {
            let covariates = if i == 0 || self.card.deeply_inject_covariates { covariates } else { 0 };
            let (weights, outputs) = self.matrix(&format!("layers.{i}.weight"), inputs + covariates)?;
            let vector = |name| self.vector(&format!("layers.{i}.{name}"), outputs);
            let slope = format!("layers.{i}.slope");
            hidden.push(HiddenLayer {
                weights,
                inputs,
                covariates,
                bias: vector("bias")?,
                scale: vector("scale")?,
                shift: vector("shift")?,
                slope: if self.tensors.tensor(&slope).is_ok() { self.vector(&slope, 1)?[0] } else { 0.0 },
            });
            inputs = outputs;
        }
        if hidden.is_empty() {
            return Err(EncoderError::Tensor("no hidden layer (layers.0.weight)".into()));
        }
        Ok(hidden)
    }

    pub(super) fn linear(&self, name: &str, inputs: usize, outputs: usize) -> Result<Linear, EncoderError> {
        let (weights, found) = self.matrix(&format!("{name}.weight"), inputs)?;
        if found != outputs {
            let what = format!("{name}.weight gives {found} values, the card says {outputs}");
            return Err(EncoderError::Tensor(what));
        }
        Ok(Linear { weights, inputs, bias: self.vector(&format!("{name}.bias"), outputs)? })
    }

    fn tensor(&self, name: &str) -> Result<TensorView<'a>, EncoderError> {
        let missing = |_| EncoderError::Tensor(format!("no tensor {name:?}"));
        let view = self.tensors.tensor(name).map_err(missing)?;
        if view.dtype() != Dtype::F32 {
            return Err(EncoderError::Tensor(format!("{name:?} is {:?}, not F32", view.dtype())));
        }
        Ok(view)
    }

    fn vector(&self, name: &str, length: usize) -> Result<Vec<f32>, EncoderError> {
        let view = self.tensor(name)?;
        if view.shape() != [length] {
            let what = format!("{name:?} has shape {:?}, expected [{length}]", view.shape());
            return Err(EncoderError::Tensor(what));
        }
        Ok(values(&view))
    }

    /// `[outputs, inputs]` on disk, `[inputs, outputs]` in memory, with the number of outputs.
    fn matrix(&self, name: &str, inputs: usize) -> Result<(Vec<f32>, usize), EncoderError> {
        let view = self.tensor(name)?;
        let wrong = || {
            EncoderError::Tensor(format!("{name:?} has shape {:?}, expected {inputs} inputs", view.shape()))
        };
        let &[outputs, found] = view.shape() else { return Err(wrong()) };
        if found != inputs || outputs == 0 {
            return Err(wrong());
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
}

fn values(view: &TensorView<'_>) -> Vec<f32> {
    let (words, _) = view.data().as_chunks::<4>();
    words.iter().map(|w| f32::from_le_bytes(*w)).collect()
}

/// Active one-hot columns of every row: as many as rows where the network reads covariates, and none beyond `width`.
pub(super) fn check_covariates(one_hot: &[Vec<u32>], rows: usize, width: usize) -> Result<(), EncoderError> {
    if width > 0 && one_hot.len() != rows {
        let found = one_hot.len();
        return Err(EncoderError::Covariates(format!(
            "the model reads covariates, but {found} of {rows} cells have them"
        )));
    }
    if one_hot.iter().flatten().any(|&column| column as usize >= width) {
        return Err(EncoderError::Covariates(format!("a covariate column beyond the {width} of the model")));
    }
    Ok(())
}
