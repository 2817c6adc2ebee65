//! The BERT as an ONNX graph, up to the layer that is read.

use cellprism_core::embedding::card::Pooling;

use crate::{
    graph::{Dim, Element, Graph, Value},
    transformer::{MASK, Style, layers, normalised},
};

use super::{settings::Settings, weights::Weights};

/// `tokens`, `positions`, `mask` and for the mean `weights` to `embeddings`.
pub(super) fn graph(settings: &Settings, weights: &Weights, pooling: Pooling) -> Graph {
    let mut g = Graph::new("geneformer_encoder");
    let sequences = [Dim::name("n"), Dim::name("length")];
    let tokens = g.input("tokens", Element::I64, &sequences);
    let positions = g.input("positions", Element::I64, &[Dim::name("length")]);
    let mask = g.input(MASK, Element::I32, &[Dim::name("mask_size")]);
    let shares = (pooling == Pooling::Mean).then(|| g.input("weights", Element::F32, &sequences));
    let genes = g.constant("genes", &weights.tokens.shape, &weights.tokens.values);
    let genes = g.op("Gather", &[genes, tokens]);
    let places = g.constant("places", &weights.positions.shape, &weights.positions.values);
    let places = g.op("Gather", &[places, positions]);
    let sum = g.op("Add", &[genes, places]);
    let x = normalised(&mut g, sum, "embeddings_norm", &weights.norm, settings.epsilon);
    let style = Style { heads: settings.heads, epsilon: settings.epsilon, activation: settings.activation };
    let x = layers(&mut g, style, x, mask, &weights.layers, shares.is_none());
    let x = match shares {
        Some(shares) => mean(&mut g, x, shares),
        None => x,
    };
    let shape = g.constant("flat", &[2], &[-1i64, settings.width as i64]);
    let embedding = g.op("Reshape", &[x, shape]);
    g.output(embedding, "embeddings", Element::F32, &[Dim::name("n"), Dim::fixed(settings.width)]);
    g
}

/// The sum over positions, each with its share, `[n, 1, width]`: padding and special tokens have none.
fn mean(g: &mut Graph, x: Value, shares: Value) -> Value {
    let axis = g.constant("row", &[1], &[1i64]);
    let rows = g.op("Unsqueeze", &[shares, axis]);
    g.op("MatMul", &[rows, x])
}
