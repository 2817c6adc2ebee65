//! The transformer as an ONNX graph, with ONNX Runtime's fused attention and normalisation.
//!
//! No operator reads a shape, so that the graph runs whole on an accelerator. The last layer computes queries,
//! feed-forward part and normalisations for `<cls>` only: nothing reads the other positions.

use crate::{
    checkpoint::Tensor,
    graph::{Dim, Element, Graph, MICROSOFT, Value},
};

use super::{
    settings::Settings,
    weights::{Layer, Linear, Norm, Weights},
};

/// PyTorch's epsilon of layer normalisation.
const EPSILON: f32 = 1e-5;
/// Values are cut at this before they are embedded.
const LARGEST_VALUE: f32 = 512.0;

/// Name of the mask, which [`super::without_padding`] removes.
pub(super) const MASK: &str = "mask";
/// The fused attention operator and the place of its mask among the inputs.
pub(super) const ATTENTION: (&str, usize) = ("MultiHeadAttention", 4);

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
    let mut x = g.op("Add", &[genes, values]);
    let last = weights.layers.len() - 1;
    for (i, layer) in weights.layers.iter().enumerate() {
        let all = x;
        if i == last {
            x = first_position(&mut g, x);
        }
        x = transformer_layer(&mut g, x, all, mask, layer, settings.heads, i);
    }
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
    let (scale, shift) = norm(g, "value_norm", &weights.value_norm);
    let settings = [("axis", (-1).into()), ("epsilon", EPSILON.into())];
    g.op_with("LayerNormalization", &[wide, scale, shift], &settings)
}

/// Position 0 of every sequence, `[n, 1, width]`.
fn first_position(g: &mut Graph, x: Value) -> Value {
    let [start, end, axis] =
        [("start", 0i64), ("end", 1), ("axis", 1)].map(|(name, at)| g.constant(name, &[1], &[at]));
    g.op("Slice", &[x, start, end, axis])
}

/// Attention of `x` to `all`, then the feed-forward part; normalisation after each.
fn transformer_layer(
    g: &mut Graph,
    x: Value,
    all: Value,
    mask: Value,
    layer: &Layer,
    heads: usize,
    index: usize,
) -> Value {
    let name = |part: &str| format!("layer{index}_{part}");
    let [query, key, value] = &layer.qkv;
    let projected = [(x, "query", query), (all, "key", key), (all, "value", value)]
        .map(|(from, part, weights)| product(g, from, &name(part), weights));
    let biases: Vec<f32> = layer.qkv.iter().flat_map(|part| part.bias.values.iter().copied()).collect();
    let bias = g.constant(&name("qkv_bias"), &[biases.len()], &biases);
    let [q, k, v] = projected;
    let [attended] =
        g.op_in(MICROSOFT, ATTENTION.0, &[q, k, v, bias, mask], &[("num_heads", (heads as i64).into())]);
    let out = product(g, attended, &name("out"), &layer.out);
    let x = add_normalised(g, out, x, &name("norm1"), &layer.norm1, &layer.out.bias);
    let hidden = linear(g, x, &name("linear1"), &layer.linear1);
    let hidden = g.op("Relu", &[hidden]);
    let out = product(g, hidden, &name("linear2"), &layer.linear2);
    add_normalised(g, out, x, &name("norm2"), &layer.norm2, &layer.linear2.bias)
}

/// Normalised sum of `x`, its `bias` and `skip`.
fn add_normalised(g: &mut Graph, x: Value, skip: Value, name: &str, weights: &Norm, bias: &Tensor) -> Value {
    let (scale, shift) = norm(g, name, weights);
    let bias = g.constant(&format!("{name}_bias"), &bias.shape, &bias.values);
    let inputs = [x, skip, scale, shift, bias];
    let [sum] = g.op_in(MICROSOFT, "SkipLayerNormalization", &inputs, &[("epsilon", EPSILON.into())]);
    sum
}

fn norm(g: &mut Graph, name: &str, norm: &Norm) -> (Value, Value) {
    let scale = g.constant(&format!("{name}_scale"), &norm.scale.shape, &norm.scale.values);
    (scale, g.constant(&format!("{name}_shift"), &norm.shift.shape, &norm.shift.values))
}

fn product(g: &mut Graph, x: Value, name: &str, linear: &Linear) -> Value {
    let weight = g.constant(&format!("{name}_weight"), &linear.weight.shape, &linear.weight.values);
    g.op("MatMul", &[x, weight])
}

fn linear(g: &mut Graph, x: Value, name: &str, linear: &Linear) -> Value {
    let product = product(g, x, name, linear);
    let bias = g.constant(&format!("{name}_bias"), &linear.bias.shape, &linear.bias.values);
    g.op("Add", &[product, bias])
}
