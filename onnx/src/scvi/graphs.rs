//! The encoder and the decoder as ONNX graphs.

use cellprism_core::embedding::card::ModelCard;

use super::weights::{Decoder, Encoder};
use crate::{
    graph::{Dim, Element, Graph},
    perceptron::{covariates, hidden, linear, log1p},
};

/// `counts` (and `covariates`) to `embeddings`.
pub(super) fn encoder(card: &ModelCard, encoder: &Encoder) -> Graph {
    let mut g = Graph::new("scvi_encoder");
    let mut x = g.input("counts", Element::F32, &[Dim::name("n"), Dim::fixed(card.genes.len())]);
    let covariates = covariates(&mut g, card.encoder_covariate_width());
    if card.log1p {
        x = log1p(&mut g, x);
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
