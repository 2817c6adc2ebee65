//! The encoder and the decoder as ONNX graphs. Batch normalisation is folded into the linear layers in f64.

use cellprism_core::embedding::card::ModelCard;

use super::weights::{Decoder, Encoder, Layer, Linear};
use crate::{
    checkpoint::Tensor,
    graph::{Dim, Element, Graph, Value},
};

/// `counts` (and `covariates`) to `embeddings`.
pub(super) fn encoder(card: &ModelCard, encoder: &Encoder) -> Graph {
    let mut g = Graph::new("scvi_encoder");
    let mut x = g.input("counts", Element::F32, &[Dim::name("n"), Dim::fixed(card.genes.len())]);
    let covariates = covariates(&mut g, card.encoder_covariate_width());
    if card.log1p {
        let one = g.constant("one", &[], &[1.0f32]);
        let shifted = g.op("Add", &[x, one]);
        x = g.op("Log", &[shifted]);
    }
    x = hidden(&mut g, x, covariates, &encoder.layers);
    let mean = linear(&mut g, x, "mean", &encoder.mean);
    g.output(mean, "embeddings", Element::F32, &[Dim::name("n"), Dim::fixed(encoder.latent())]);
    g
}

/// `latent`, `library` (and `covariates`) to `px_rate`.
pub(super) fn decoder(card: &ModelCard, decoder: &Decoder) -> Graph {
    let mut g = Graph::new("scvi_decoder");
    let latent = g.input("latent", Element::F32, &[Dim::name("n"), Dim::fixed(card.latent as usize)]);
    let library = g.input("library", Element::F32, &[Dim::name("n"), Dim::fixed(1)]);
    let covariates = covariates(&mut g, card.covariate_width());
    let x = hidden(&mut g, latent, covariates, &decoder.layers);
    let logits = linear(&mut g, x, "px_scale", &decoder.scale);
    let share = g.op_with("Softmax", &[logits], &[("axis", (-1).into())]);
    let size = g.op("Exp", &[library]);
    let rate = g.op("Mul", &[share, size]);
    g.output(rate, "px_rate", Element::F32, &[Dim::name("n"), Dim::fixed(card.genes.len())]);
    g
}

fn covariates(g: &mut Graph, width: usize) -> Option<Value> {
    (width > 0).then(|| g.input("covariates", Element::F32, &[Dim::name("n"), Dim::fixed(width)]))
}

fn hidden(g: &mut Graph, mut x: Value, covariates: Option<Value>, layers: &[Layer]) -> Value {
    for (i, layer) in layers.iter().enumerate() {
        if let Some(covariates) = covariates.filter(|_| layer.covariates) {
            x = g.op_with("Concat", &[x, covariates], &[("axis", 1.into())]);
        }
        let sum = linear(g, x, &format!("layer{i}"), &folded(layer));
        x = g.op("Relu", &[sum]);
    }
    x
}

fn linear(g: &mut Graph, x: Value, name: &str, linear: &Linear) -> Value {
    let weight = g.constant(&format!("{name}_weight"), &linear.weight.shape, &linear.weight.values);
    let bias = g.constant(&format!("{name}_bias"), &linear.bias.shape, &linear.bias.values);
    g.op_with("Gemm", &[x, weight, bias], &[("transB", 1.into())])
}

/// (W x + b) · scale + shift as one linear layer.
fn folded(layer: &Layer) -> Linear {
    let inputs = layer.weight.shape[1];
    let scaled = |(row, &scale): (&[f32], &f32)| -> Vec<f32> {
        row.iter().map(|&w| (f64::from(w) * f64::from(scale)) as f32).collect()
    };
    let weight = layer.weight.values.chunks(inputs).zip(&layer.scale.values).flat_map(scaled).collect();
    let bias = (layer.bias.values.iter().zip(&layer.scale.values).zip(&layer.shift.values))
        .map(|((&b, &scale), &shift)| (f64::from(b) * f64::from(scale) + f64::from(shift)) as f32)
        .collect();
    Linear {
        weight: Tensor { shape: layer.weight.shape.clone(), values: weight },
        bias: Tensor { shape: layer.bias.shape.clone(), values: bias },
    }
}
