//! SCimilarity's encoder, read from the state dictionary.

use crate::{
    checkpoint::{CheckpointError, StateDict},
    folder::ImportError,
    perceptron::{Layer, Linear, batch_norm},
};

/// PyTorch's epsilon of batch normalisation; it is not stored.
const BATCH_NORM_EPSILON: f64 = 1e-5;

/// Log-normalised counts to an embedding, before it is brought to length 1.
#[derive(Clone, Debug)]
pub(super) struct Encoder {
    pub layers: Vec<Layer>,
    pub last: Linear,
}

impl Encoder {
    /// `network.I.{1: linear, 2: batch normalisation, 3: slope}` for the hidden layers, then a `network.N` of its own.
    ///
    /// # Errors
    /// If a tensor is missing or of another shape, or there is one that is not known.
    pub(super) fn read(state: &StateDict<'_>, genes: usize) -> Result<Self, ImportError> {
        let (mut layers, mut inputs) = (Vec::new(), genes);
        while state.has(&format!("network.{}.1.weight", layers.len())) {
            let layer = layer(state, &format!("network.{}", layers.len()), inputs)?;
            inputs = layer.bias.values.len();
            layers.push(layer);
        }
        if layers.is_empty() {
            return Err(
                CheckpointError::Missing("encoder.ckpt has no layer \"network.0.1.weight\"".into()).into()
            );
        }
        let last = format!("network.{}", layers.len());
        if let Some(other) = state.names().find(|name| !is_known(name, layers.len())) {
            return Err(ImportError::Unsupported(format!(
                "encoder.ckpt has {other:?}, which is no part of SCimilarity's encoder with {} hidden layers",
                layers.len()
            )));
        }
        Ok(Self { last: Linear::read(state, &last, inputs)?, layers })
    }
}

/// Whether a tensor belongs to so many hidden layers, or the last one.
fn is_known(name: &str, hidden: usize) -> bool {
    let parts: Vec<&str> = name.split('.').collect();
    let place = |text: &str| text.parse::<usize>().ok();
    match parts[..] {
        ["network", layer, part, what] if place(layer).is_some_and(|layer| layer < hidden) => {
            matches!((part, what), ("1" | "2" | "3", "weight") | ("1" | "2", "bias"))
                || (part == "2" && matches!(what, "running_mean" | "running_var" | "num_batches_tracked"))
        }
        ["network", layer, "weight" | "bias"] => place(layer) == Some(hidden),
        _ => false,
    }
}

fn layer(state: &StateDict<'_>, name: &str, inputs: usize) -> Result<Layer, CheckpointError> {
    let Linear { weight, bias } = Linear::read(state, &format!("{name}.1"), inputs)?;
    let (scale, shift) = batch_norm(state, &format!("{name}.2"), bias.values.len(), BATCH_NORM_EPSILON)?;
    let slope = Some(state.vector(&format!("{name}.3.weight"), 1)?);
    Ok(Layer { weight, bias, scale, shift, slope, covariates: false })
}
