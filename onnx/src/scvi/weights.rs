//! Layers of scVI's networks, read from the state dictionary.

use super::settings::Settings;
use crate::{
    checkpoint::{CheckpointError, StateDict, Tensor},
    folder::ImportError,
    perceptron::{Layer, Linear, batch_norm, named},
};

/// scvi-tools' epsilon of batch normalisation; it is not stored.
const BATCH_NORM_EPSILON: f64 = 1e-3;

fn layer(
    state: &StateDict<'_>,
    name: &str,
    inputs: usize,
    covariates: bool,
) -> Result<Layer, CheckpointError> {
    let Linear { weight, bias } = Linear::read(state, &format!("{name}.0"), inputs)?;
    let (scale, shift) = batch_norm(state, &format!("{name}.1"), bias.values.len(), BATCH_NORM_EPSILON)?;
    Ok(Layer { weight, bias, scale, shift, slope: None, covariates })
}

/// Hidden layers under `prefix`, as many as there are.
fn layers(
    state: &StateDict<'_>,
    prefix: &str,
    mut inputs: usize,
    covariates: usize,
    settings: &Settings,
) -> Result<Vec<Layer>, ImportError> {
    let mut layers = Vec::new();
    loop {
        let name = format!("{prefix}.Layer {}", layers.len());
        if !state.has(&format!("{name}.0.weight")) {
            break;
        }
        let injected = covariates > 0 && (layers.is_empty() || settings.deeply_inject_covariates);
        let layer = layer(state, &name, inputs + if injected { covariates } else { 0 }, injected)?;
        inputs = layer.bias.values.len();
        layers.push(layer);
    }
    if layers.is_empty() {
        return Err(CheckpointError::Missing(format!(
            "model_state_dict has no layer \"{prefix}.Layer 0.0.weight\""
        ))
        .into());
    }
    if let Some(said) = settings.layers.filter(|&said| said != layers.len() as i64) {
        return Err(ImportError::Unsupported(format!(
            "{prefix} has {} layers, the model's parameters say {said}",
            layers.len()
        )));
    }
    Ok(layers)
}

/// Counts to the mean of q(z|x).
#[derive(Clone, Debug)]
pub(super) struct Encoder {
    pub layers: Vec<Layer>,
    pub mean: Linear,
}

impl Encoder {
    pub(super) fn read(
        state: &StateDict<'_>,
        settings: &Settings,
        genes: usize,
    ) -> Result<Self, ImportError> {
        let width: usize = settings.covariates.iter().map(|covariate| covariate.width()).sum();
        let covariates = if settings.encode_covariates { width } else { 0 };
        let layers = layers(state, "z_encoder.encoder.fc_layers", genes, covariates, settings)?;
        let hidden = layers.last().map_or(genes, |layer| layer.bias.values.len());
        let mean = Linear::read(state, "z_encoder.mean_encoder", hidden)?;
        if let Some(said) = settings.latent.filter(|&said| said != mean.outputs() as i64) {
            return Err(ImportError::Unsupported(format!(
                "the encoder gives {} dimensions, the model's parameters say {said}",
                mean.outputs()
            )));
        }
        Ok(Self { layers, mean })
    }

    pub(super) fn latent(&self) -> usize {
        self.mean.outputs()
    }

    pub(super) fn tensors(&self) -> Vec<(String, Tensor)> {
        named(&self.layers, "mean", &self.mean)
    }
}

/// Latent values to expected counts.
#[derive(Clone, Debug)]
pub(super) struct Decoder {
    pub layers: Vec<Layer>,
    pub scale: Linear,
    dispersion: Option<Tensor>,
    dropout: Option<Linear>,
}

impl Decoder {
    /// The decoder, or nothing where it reads what cells do not have here: continuous covariates or size factors.
    pub(super) fn read(
        state: &StateDict<'_>,
        settings: &Settings,
        genes: usize,
        latent: usize,
    ) -> Result<Option<Self>, ImportError> {
        if settings.continuous > 0 || settings.size_factors {
            return Ok(None);
        }
        let covariates = settings.covariates.iter().map(|covariate| covariate.width()).sum();
        let layers = layers(state, "decoder.px_decoder.fc_layers", latent, covariates, settings)?;
        let hidden = layers.last().map_or(latent, |layer| layer.bias.values.len());
        let scale = Linear::read(state, "decoder.px_scale_decoder.0", hidden)?;
        if scale.outputs() != genes {
            let what = format!("{} outputs for {genes} genes", scale.outputs());
            return Err(CheckpointError::tensor("decoder.px_scale_decoder.0.weight", what).into());
        }
        let dispersion =
            if settings.dispersion == "gene" { Some(state.vector("px_r", genes)?) } else { None };
        let dropout = match settings.gene_likelihood.as_str() {
            "zinb" => Some(Linear::read(state, "decoder.px_dropout_decoder", hidden)?),
            _ => None,
        };
        Ok(Some(Self { layers, scale, dispersion, dropout }))
    }

    pub(super) fn tensors(&self) -> Vec<(String, Tensor)> {
        let layers = named(&self.layers, "px_scale", &self.scale).into_iter();
        let dispersion = self.dispersion.iter().map(|tensor| ("px_r".to_owned(), tensor.clone()));
        let dropout = self.dropout.iter().flat_map(|linear| linear.named("px_dropout"));
        layers.chain(dispersion).chain(dropout).collect()
    }
}
