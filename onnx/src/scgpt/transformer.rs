//! The transformer as an ONNX graph. The last layer computes `<cls>` only: nothing reads the other positions.

use crate::{
    graph::{Dim, Element, Graph, Value},
    transformer::{Activation, MASK, Style, layers, linear, normalised},
};

use super::{settings::Settings, weights::Weights};

/// PyTorch's epsilon of layer normalisation.
pub(super) const EPSILON: f32 = 1e-5;
/// Values are cut at this before they are embedded.
pub(super) const LARGEST_VALUE: f32 = 512.0;

/// `tokens`, `values` and `mask` to `embeddings`.
pub(super) fn graph(settings: &Settings, weights: &Weights) -> Graph {
    let mut g = Graph::new("scgpt_encoder");
    let positions = [Dim::name("n"), Dim::name("length")];
    let tokens = g.input("tokens", Element::I64, &positions);
    let values = g.input("values", Element::F32, &positions);
    let mask = g.input(MASK, Element::I32, &[Dim::name("mask_size")]);
    let genes = normalised_tokens(&mut g, weights);
    let genes = g.op("Gather", &[genes, tokens]);
    let values = embedded_values(&mut g, values, weights);
    let x = g.op("Add", &[genes, values]);
    let style = Style { heads: settings.heads, epsilon: EPSILON, activation: Activation::Relu };
    let x = layers(&mut g, style, x, mask, &weights.layers, true);
    let shape = g.constant("flat", &[2], &[-1i64, settings.width as i64]);
    let cls = g.op("Reshape", &[x, shape]);
    let length = g.op_with("ReduceL2", &[cls], &[("axes", vec![1i64].into()), ("keepdims", 1.into())]);
    let embedding = g.op("Div", &[cls, length]);
    g.output(embedding, "embeddings", Element::F32, &[Dim::name("n"), Dim::fixed(settings.width)]);
    g
}

/// The table of gene embeddings, normalised now instead of at every run.
fn normalised_tokens(g: &mut Graph, weights: &Weights) -> Value {
    let (scale, shift) = (&weights.token_norm.scale.values, &weights.token_norm.shift.values);
    let width = scale.len();
    let mut table = Vec::with_capacity(weights.tokens.values.len());
    for row in weights.tokens.values.chunks(width) {
        let mean = row.iter().map(|&x| f64::from(x)).sum::<f64>() / width as f64;
        let variance = row.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / width as f64;
        let deviation = (variance + f64::from(EPSILON)).sqrt();
        let normalised = |((&x, &scale), &shift): ((&f32, &f32), &f32)| {
            ((f64::from(x) - mean) / deviation * f64::from(scale) + f64::from(shift)) as f32
        };
        table.extend(row.iter().zip(scale).zip(shift).map(normalised));
    }
    g.constant("genes", &weights.tokens.shape, &table)
}

fn embedded_values(g: &mut Graph, values: Value, weights: &Weights) -> Value {
    let largest = g.constant("largest_value", &[], &[LARGEST_VALUE]);
    let cut = g.op("Min", &[values, largest]);
    let axis = g.constant("last_axis", &[1], &[2i64]);
    let column = g.op("Unsqueeze", &[cut, axis]);
    let hidden = linear(g, column, "value1", &weights.value1);
    let hidden = g.op("Relu", &[hidden]);
    let wide = linear(g, hidden, "value2", &weights.value2);
    normalised(g, wide, "value_norm", &weights.value_norm, EPSILON)
}
