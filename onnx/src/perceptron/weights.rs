//! Layers read from a state dictionary.

use crate::checkpoint::{CheckpointError, StateDict, Tensor};

/// A linear layer: weight [out, in] and bias [out].
#[derive(Clone, Debug)]
pub(crate) struct Linear {
    pub weight: Tensor,
    pub bias: Tensor,
}

impl Linear {
    /// Reads `NAME.weight` and `NAME.bias`.
    pub(crate) fn read(state: &StateDict<'_>, name: &str, inputs: usize) -> Result<Self, CheckpointError> {
        let weight = state.matrix(&format!("{name}.weight"), inputs)?;
        let bias = state.vector(&format!("{name}.bias"), weight.shape[0])?;
        Ok(Self { weight, bias })
    }

    pub(crate) fn outputs(&self) -> usize {
        self.bias.values.len()
    }

    pub(crate) fn named(&self, name: &str) -> [(String, Tensor); 2] {
        [(format!("{name}.weight"), self.weight.clone()), (format!("{name}.bias"), self.bias.clone())]
    }
}

/// A hidden layer: linear, batch normalisation as y = x · scale + shift, ReLU or a line of another slope below zero.
#[derive(Clone, Debug)]
pub(crate) struct Layer {
    pub weight: Tensor,
    pub bias: Tensor,
    pub scale: Tensor,
    pub shift: Tensor,
    /// What values below zero are multiplied with, `[1]`, where that is not 0.
    pub slope: Option<Tensor>,
    /// Whether the covariates are further inputs.
    pub covariates: bool,
}

impl Layer {
    fn named(&self, name: &str) -> Vec<(String, Tensor)> {
        let part = |part: &str, tensor: &Tensor| (format!("{name}.{part}"), tensor.clone());
        let mut named = vec![
            part("weight", &self.weight),
            part("bias", &self.bias),
            part("scale", &self.scale),
            part("shift", &self.shift),
        ];
        named.extend(self.slope.as_ref().map(|slope| part("slope", slope)));
        named
    }
}

/// An encoder's tensors as they are written: `layers.I.{weight, bias, scale, shift}` and `slope` where there is one, then
/// the last layer under its own name.
pub(crate) fn named(layers: &[Layer], last: &str, linear: &Linear) -> Vec<(String, Tensor)> {
    let hidden = layers.iter().enumerate().flat_map(|(i, layer)| layer.named(&format!("layers.{i}")));
    hidden.chain(linear.named(last)).collect()
}

/// Scale and shift of a batch normalisation by its running statistics; 1 and 0 where the layer has none.
pub(crate) fn batch_norm(
    state: &StateDict<'_>,
    name: &str,
    width: usize,
    epsilon: f64,
) -> Result<(Tensor, Tensor), CheckpointError> {
    let tensor = |values: Vec<f32>| Tensor { shape: vec![width], values };
    if !state.has(&format!("{name}.running_mean")) {
        return Ok((tensor(vec![1.0; width]), tensor(vec![0.0; width])));
    }
    let part = |part: &str| state.vector(&format!("{name}.{part}"), width);
    let (gamma, beta, mean, variance) =
        (part("weight")?, part("bias")?, part("running_mean")?, part("running_var")?);
    if let Some(at) = variance.values.iter().position(|&v| f64::from(v) + epsilon <= 0.0) {
        let what = format!("element {at}, a variance, is {}", variance.values[at]);
        return Err(CheckpointError::tensor(&format!("{name}.running_var"), what));
    }
    let scale = |i: usize| f64::from(gamma.values[i]) / (f64::from(variance.values[i]) + epsilon).sqrt();
    let shift = |i: usize| f64::from(beta.values[i]) - f64::from(mean.values[i]) * scale(i);
    Ok((
        tensor((0..width).map(|i| scale(i) as f32).collect()),
        tensor((0..width).map(|i| shift(i) as f32).collect()),
    ))
}
