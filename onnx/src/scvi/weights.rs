//! Layers of scVI's networks, read from the state dictionary.

use super::settings::Settings;
use crate::{
    checkpoint::{CheckpointError, StateDict, Tensor},
    folder::ImportError,
};

/// scvi-tools' epsilon of batch normalisation; it is not stored.
const BATCH_NORM_EPSILON: f64 = 1e-3;

fn linear(state: &StateDict<'_>, name: &str, inputs: usize) -> Result<Linear, CheckpointError> {
    let weight = state.matrix(&format!("{name}.weight"), inputs)?;
    let bias = state.vector(&format!("{name}.bias"), weight.shape[0])?;
    Ok(Linear { weight, bias })
}

/// A linear layer: weight [out, in] and bias [out].
#[derive(Clone, Debug)]
pub(super) struct Linear {
    pub weight: Tensor,
    pub bias: Tensor,
}

impl Linear {
    fn outputs(&self) -> usize {
        self.bias.values.len()
    }

    fn named(&self, name: &str) -> [(String, Tensor); 2] {
        [(format!("{name}.weight"), self.weight.clone()), (format!("{name}.bias"), self.bias.clone())]
    }
}

/// A hidden layer: linear, batch normalisation as y = x · scale + shift, ReLU.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    pub weight: Tensor,
    pub bias: Tensor,
    pub scale: Tensor,
    pub shift: Tensor,
    /// Whether the covariates are further inputs.
    pub covariates: bool,
}

impl Layer {
    fn read(
        state: &StateDict<'_>,
        name: &str,
        inputs: usize,
        covariates: bool,
    ) -> Result<Self, CheckpointError> {
        let Linear { weight, bias } = linear(state, &format!("{name}.0"), inputs)?;
        let (scale, shift) = batch_norm(state, &format!("{name}.1"), bias.values.len())?;
        Ok(Self { weight, bias, scale, shift, covariates })
    }

    fn named(&self, name: &str) -> [(String, Tensor); 4] {
        let part = |part: &str, tensor: &Tensor| (format!("{name}.{part}"), tensor.clone());
        [
            part("weight", &self.weight),
            part("bias", &self.bias),
            part("scale", &self.scale),
            part("shift", &self.shift),
        ]
    }
}

/// Scale and shift of a batch normalisation by its running statistics; 1 and 0 where the layer has none.
fn batch_norm(state: &StateDict<'_>, name: &str, width: usize) -> Result<(Tensor, Tensor), CheckpointError> {
    let tensor = |values: Vec<f32>| Tensor { shape: vec![width], values };
    if !state.has(&format!("{name}.running_mean")) {
        return Ok((tensor(vec![1.0; width]), tensor(vec![0.0; width])));
    }
    let part = |part: &str| state.vector(&format!("{name}.{part}"), width);
    let (gamma, beta, mean, variance) =
        (part("weight")?, part("bias")?, part("running_mean")?, part("running_var")?);
    if let Some(at) = variance.values.iter().position(|&v| f64::from(v) + BATCH_NORM_EPSILON <= 0.0) {
        let what = format!("element {at}, a variance, is {}", variance.values[at]);
        return Err(CheckpointError::tensor(&format!("{name}.running_var"), what));
    }
    let scale =
        |i: usize| f64::from(gamma.values[i]) / (f64::from(variance.values[i]) + BATCH_NORM_EPSILON).sqrt();
    let shift = |i: usize| f64::from(beta.values[i]) - f64::from(mean.values[i]) * scale(i);
    Ok((
        tensor((0..width).map(|i| scale(i) as f32).collect()),
        tensor((0..width).map(|i| shift(i) as f32).collect()),
    ))
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
        let layer = Layer::read(state, &name, inputs + if injected { covariates } else { 0 }, injected)?;
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
    pub fn read(state: &StateDict<'_>, settings: &Settings, genes: usize) -> Result<Self, ImportError> {
        let width: usize = settings.covariates.iter().map(|covariate| covariate.width()).sum();
        let covariates = if settings.encode_covariates { width } else { 0 };
        let layers = layers(state, "z_encoder.encoder.fc_layers", genes, covariates, settings)?;
        let hidden = layers.last().map_or(genes, |layer| layer.bias.values.len());
        let mean = linear(state, "z_encoder.mean_encoder", hidden)?;
        if let Some(said) = settings.latent.filter(|&said| said != mean.outputs() as i64) {
            return Err(ImportError::Unsupported(format!(
                "the encoder gives {} dimensions, the model's parameters say {said}",
                mean.outputs()
            )));
        }
        Ok(Self { layers, mean })
    }

    pub fn latent(&self) -> usize {
        self.mean.outputs()
    }

    pub fn tensors(&self) -> Vec<(String, Tensor)> {
        let layers =
            self.layers.iter().enumerate().flat_map(|(i, layer)| layer.named(&format!("layers.{i}")));
        layers.chain(self.mean.named("mean")).collect()
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
    pub fn read(
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
        let scale = linear(state, "decoder.px_scale_decoder.0", hidden)?;
        if scale.outputs() != genes {
            let what = format!("{} outputs for {genes} genes", scale.outputs());
            return Err(CheckpointError::tensor("decoder.px_scale_decoder.0.weight", what).into());
        }
        let dispersion =
            if settings.dispersion == "gene" { Some(state.vector("px_r", genes)?) } else { None };
        let dropout = match settings.gene_likelihood.as_str() {
            "zinb" => Some(linear(state, "decoder.px_dropout_decoder", hidden)?),
            _ => None,
        };
        Ok(Some(Self { layers, scale, dispersion, dropout }))
    }

    pub fn tensors(&self) -> Vec<(String, Tensor)> {
        let layers =
            self.layers.iter().enumerate().flat_map(|(i, layer)| layer.named(&format!("layers.{i}")));
        let dispersion = self.dispersion.iter().map(|tensor| ("px_r".to_owned(), tensor.clone()));
        let dropout = self.dropout.iter().flat_map(|linear| linear.named("px_dropout"));
        layers.chain(self.scale.named("px_scale")).chain(dispersion).chain(dropout).collect()
    }
}
