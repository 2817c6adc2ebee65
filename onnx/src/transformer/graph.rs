//! A layer as ONNX operators, with ONNX Runtime's fused attention and normalisation.
//!
//! No operator reads a shape, so that the graph runs whole on an accelerator.

use super::{
    ATTENTION, Activation, Style,
    weights::{Layer, Linear, Norm},
};
use crate::{
    checkpoint::Tensor,
    graph::{Graph, MICROSOFT, Value},
};

/// All layers, one after another. The last one computes queries, feed-forward part and normalisations for the first
/// position only where nothing reads the others.
pub(crate) fn layers(
    g: &mut Graph,
    style: Style,
    mut x: Value,
    mask: Value,
    layers: &[Layer],
    first_only: bool,
) -> Value {
    for (i, weights) in layers.iter().enumerate() {
        let all = x;
        if first_only && i + 1 == layers.len() {
            x = first_position(g, x);
        }
        x = layer(g, style, [x, all, mask], weights, i);
    }
    x
}

/// Position 0 of every sequence, `[n, 1, width]`.
fn first_position(g: &mut Graph, x: Value) -> Value {
    let [start, end, axis] =
        [("start", 0i64), ("end", 1), ("axis", 1)].map(|(name, at)| g.constant(name, &[1], &[at]));
    g.op("Slice", &[x, start, end, axis])
}

/// Attention of `x` to `all`, then the feed-forward part; normalisation after each.
fn layer(g: &mut Graph, style: Style, [x, all, mask]: [Value; 3], layer: &Layer, index: usize) -> Value {
    let name = |part: &str| format!("layer{index}_{part}");
    let [query, key, value] = &layer.qkv;
    let projected = [(x, "query", query), (all, "key", key), (all, "value", value)]
        .map(|(from, part, weights)| product(g, from, &name(part), weights));
    let biases: Vec<f32> = layer.qkv.iter().flat_map(|part| part.bias.values.iter().copied()).collect();
    let bias = g.constant(&name("qkv_bias"), &[biases.len()], &biases);
    let [q, k, v] = projected;
    let [attended] = g.op_in(
        MICROSOFT,
        ATTENTION.0,
        &[q, k, v, bias, mask],
        &[("num_heads", (style.heads as i64).into())],
    );
    let out = product(g, attended, &name("out"), &layer.out);
    let x = add_normalised(g, style, [out, x], &name("norm1"), (&layer.norm1, &layer.out.bias));
    let hidden = linear(g, x, &name("linear1"), &layer.linear1);
    let hidden = match style.activation {
        Activation::Relu => g.op("Relu", &[hidden]),
        Activation::Gelu => {
            let [hidden] = g.op_in(MICROSOFT, "Gelu", &[hidden], &[]);
            hidden
        }
    };
    let out = product(g, hidden, &name("linear2"), &layer.linear2);
    add_normalised(g, style, [out, x], &name("norm2"), (&layer.norm2, &layer.linear2.bias))
}

/// Normalised sum of `x`, its `bias` and `skip`.
fn add_normalised(
    g: &mut Graph,
    style: Style,
    [x, skip]: [Value; 2],
    name: &str,
    (weights, bias): (&Norm, &Tensor),
) -> Value {
    let (scale, shift) = norm(g, name, weights);
    let bias = g.constant(&format!("{name}_bias"), &bias.shape, &bias.values);
    let inputs = [x, skip, scale, shift, bias];
    let [sum] = g.op_in(MICROSOFT, "SkipLayerNormalization", &inputs, &[("epsilon", style.epsilon.into())]);
    sum
}

/// Layer normalisation over the last axis.
pub(crate) fn normalised(g: &mut Graph, x: Value, name: &str, weights: &Norm, epsilon: f32) -> Value {
    let (scale, shift) = norm(g, name, weights);
    let settings = [("axis", (-1).into()), ("epsilon", epsilon.into())];
    g.op_with("LayerNormalization", &[x, scale, shift], &settings)
}

fn norm(g: &mut Graph, name: &str, norm: &Norm) -> (Value, Value) {
    let scale = g.constant(&format!("{name}_scale"), &norm.scale.shape, &norm.scale.values);
    (scale, g.constant(&format!("{name}_shift"), &norm.shift.shape, &norm.shift.values))
}

fn product(g: &mut Graph, x: Value, name: &str, linear: &Linear) -> Value {
    let weight = g.constant(&format!("{name}_weight"), &linear.weight.shape, &linear.weight.values);
    g.op("MatMul", &[x, weight])
}

/// A linear layer; `name` is that of its constants.
pub(crate) fn linear(g: &mut Graph, x: Value, name: &str, linear: &Linear) -> Value {
    let product = product(g, x, name, linear);
    let bias = g.constant(&format!("{name}_bias"), &linear.bias.shape, &linear.bias.values);
    g.op("Add", &[product, bias])
}
