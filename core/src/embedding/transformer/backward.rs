//! The gradient of a function of the last layer's first vector, at every position of the input: layers from the last to
//! the first, each computed again from what entered it.

use super::{
    attention::attend,
    attention_gradient,
    encoder::{Style, Transformer},
    features::{BLOCK, Features},
    layer::{self, Softmax, ask},
    normalise::add_normalised,
    product::{affine, dot},
    weights::{Affine, LayerWeights, Normalisation},
};
use crate::simd::widest;

impl Transformer {
    /// The gradient `[width, positions]` at the inputs `x`. `of` is given the last layer's vector at the first position and
    /// says the gradient there.
    pub fn gradient(&self, x: &Features, of: impl FnOnce(&[f32]) -> Vec<f32>) -> Features {
        let style = self.style();
        let Some((last, before)) = self.layers().split_last() else { return x.clone() };
        let mut inputs = vec![x.clone()];
        for weights in before {
            let next = layer::all(weights, &inputs[inputs.len() - 1], style);
            inputs.push(next);
        }
        let entered = &inputs[inputs.len() - 1];
        let mut gradient = first(last, entered, &of(&layer::first(last, entered, style)), style);
        for (weights, x) in before.iter().zip(&inputs).rev() {
            gradient = all(weights, x, &gradient, style);
        }
        gradient
    }
}

/// Through one layer of all positions.
fn all(layer: &LayerWeights, x: &Features, dy: &Features, style: Style) -> Features {
    let asked = ask(layer, x, style);
    let attended = attend(&asked, style.heads);
    let means = attended.clone().means();
    let (d_means, mut dx) = after_attention(layer, &means, x, dy, style);
    let mut d_asked = attention_gradient::through(&asked, &attended, &means, &d_means);
    scale(&mut d_asked.query, style.scale(x.features()));
    for (weights, d) in
        [(&layer.query, &d_asked.query), (&layer.key, &d_asked.key), (&layer.value, &d_asked.value)]
    {
        add(&mut dx, &affine(&turned(weights), d));
    }
    dx
}

/// Through the last layer, of which only the first position is read.
fn first(layer: &LayerWeights, x: &Features, dy: &[f32], style: Style) -> Features {
    let (width, heads, own) = (x.features(), style.heads, x.at(0));
    let size = width / heads;
    let query: Vec<f32> = layer.query.of(&own).into_iter().map(|q| q * style.scale(width)).collect();
    // What each head asks of the inputs themselves.
    let asks = of_heads(&layer.key, &query, size);
    let mut weights = affine(&rows(&asks, heads), x);
    let mut means = Vec::with_capacity(width);
    let mut attended = Vec::with_capacity(width);
    for head in 0..heads {
        let total = widest(Softmax { scores: weights.row_mut(head), positions: x.positions() });
        weights.row_mut(head).iter_mut().for_each(|weight| *weight /= total);
        let mean: Vec<f32> = (0..width).map(|feature| dot(x.row(feature), weights.row(head))).collect();
        let value = |output: usize| {
            dot(&layer.value.weights[output * width..(output + 1) * width], &mean) + layer.value.bias[output]
        };
        attended.extend((head * size..(head + 1) * size).map(value));
        means.push(mean);
    }
    let alone = |vector: &[f32]| Features::of_positions(&[vector]);
    let (d_attended, d_own) = after_attention(layer, &alone(&attended), &alone(&own), &alone(dy), style);
    let d_means = of_heads(&layer.value, &d_attended.at(0), size);
    let mut d_weights = affine(&rows(&d_means, heads), x);
    let mut d_query = Vec::with_capacity(width);
    // Rows of weights, then rows of the scores' gradients: each position's input is a sum over both.
    let mut both = Features::zeros(2 * heads, x.positions());
    for head in 0..heads {
        let mean = dot(weights.row(head), d_weights.row(head));
        for (d, weight) in d_weights.row_mut(head).iter_mut().zip(weights.row(head)) {
            *d = std::f32::consts::LN_2 * weight * (*d - mean);
        }
        both.row_mut(head).copy_from_slice(weights.row(head));
        both.row_mut(heads + head).copy_from_slice(d_weights.row(head));
        let d_asks: Vec<f32> = (0..width).map(|feature| dot(x.row(feature), d_weights.row(head))).collect();
        let keys = layer.key.weights.chunks(width).skip(head * size).take(size);
        d_query.extend(keys.map(|key| dot(key, &d_asks) * style.scale(width)));
    }
    let into = |feature: usize| {
        let of = |rows: &'_ [f32]| (0..heads).map(|head| rows[head * width + feature]).collect::<Vec<_>>();
        [of(&d_means), of(&asks)].concat()
    };
    let weights = (0..width).flat_map(into).collect();
    let mut dx = affine(&Affine { weights, bias: vec![0.0; width] }, &both);
    let d_first = turned(&layer.query).of(&d_query);
    let at_first: Vec<f32> =
        dx.at(0).iter().zip(&d_own.at(0)).zip(&d_first).map(|((a, b), c)| a + b + c).collect();
    dx.set(0, &at_first);
    dx
}

/// Gradients of the heads' outputs and of what entered the layer, from that of its output, past the attention itself.
fn after_attention(
    layer: &LayerWeights,
    attended: &Features,
    x: &Features,
    dy: &Features,
    style: Style,
) -> (Features, Features) {
    let mut sum1 = affine(&layer.out, attended);
    let mut between = sum1.clone();
    add(&mut sum1, x);
    add_normalised(&mut between, x, &layer.norm1, style.epsilon);
    let mut hidden = affine(&layer.linear1, &between);
    for feature in 0..hidden.features() {
        hidden.row_mut(feature).iter_mut().for_each(|value| *value = value.max(0.0));
    }
    let mut sum2 = affine(&layer.linear2, &hidden);
    add(&mut sum2, &between);
    let d_sum2 = normalised(&sum2, &layer.norm2, dy, style.epsilon);
    let mut d_hidden = affine(&turned(&layer.linear2), &d_sum2);
    for feature in 0..hidden.features() {
        let passed = hidden.row(feature);
        d_hidden
            .row_mut(feature)
            .iter_mut()
            .zip(passed)
            .for_each(|(d, h)| *d = if *h > 0.0 { *d } else { 0.0 });
    }
    let mut d_between = affine(&turned(&layer.linear1), &d_hidden);
    add(&mut d_between, &d_sum2);
    let d_sum1 = normalised(&sum1, &layer.norm1, &d_between, style.epsilon);
    (affine(&turned(&layer.out), &d_sum1), d_sum1)
}

/// Through a normalisation of `sum`.
fn normalised(sum: &Features, norm: &Normalisation, dy: &Features, epsilon: f32) -> Features {
    let features = sum.features();
    let n = features as f32;
    let mut out = Features::zeros(features, sum.positions());
    for start in (0..sum.stride()).step_by(BLOCK) {
        let block = |of: &Features, feature: usize| -> [f32; BLOCK] {
            std::array::from_fn(|i| of.row(feature)[start + i])
        };
        let mut mean = [0.0f32; BLOCK];
        (0..features).for_each(|f| block(sum, f).iter().zip(&mut mean).for_each(|(v, m)| *m += v / n));
        let mut variance = [0.0f32; BLOCK];
        for feature in 0..features {
            for ((v, mean), variance) in block(sum, feature).iter().zip(&mean).zip(&mut variance) {
                *variance += (v - mean).powi(2) / n;
            }
        }
        let inverse = variance.map(|variance| 1.0 / (variance + epsilon).sqrt());
        let (mut sum_d, mut sum_dv) = ([0.0f32; BLOCK], [0.0f32; BLOCK]);
        for feature in 0..features {
            let (d, v) = (block(dy, feature), block(sum, feature));
            for i in 0..BLOCK {
                let d = d[i] * norm.scale[feature] / n;
                sum_d[i] += d;
                sum_dv[i] += d * (v[i] - mean[i]) * inverse[i];
            }
        }
        for feature in 0..features {
            let (d, v) = (block(dy, feature), block(sum, feature));
            let out = &mut out.row_mut(feature)[start..start + BLOCK];
            for i in 0..BLOCK {
                let unit = (v[i] - mean[i]) * inverse[i];
                out[i] = inverse[i] * (d[i] * norm.scale[feature] - sum_d[i] - unit * sum_dv[i]);
            }
        }
    }
    out
}

/// For each head Σ factor · row over its rows of the weights, `[heads, inputs]`.
fn of_heads(layer: &Affine, factors: &[f32], size: usize) -> Vec<f32> {
    let width = layer.inputs();
    let mut out = vec![0.0f32; layer.outputs() / size * width];
    for (output, (factor, row)) in factors.iter().zip(layer.weights.chunks(width)).enumerate() {
        let sums = &mut out[output / size * width..][..width];
        sums.iter_mut().zip(row).for_each(|(sum, weight)| *sum += factor * weight);
    }
    out
}

/// Rows as a layer without bias.
fn rows(weights: &[f32], outputs: usize) -> Affine {
    Affine { weights: weights.to_vec(), bias: vec![0.0; outputs] }
}

/// A layer's weights the other way, without bias.
fn turned(layer: &Affine) -> Affine {
    let (inputs, outputs) = (layer.inputs(), layer.outputs());
    let mut weights = vec![0.0; layer.weights.len()];
    for (output, row) in layer.weights.chunks(inputs).enumerate() {
        row.iter().enumerate().for_each(|(input, &weight)| weights[input * outputs + output] = weight);
    }
    Affine { weights, bias: vec![0.0; inputs] }
}

fn add(into: &mut Features, other: &Features) {
    for feature in 0..into.features() {
        into.row_mut(feature).iter_mut().zip(other.row(feature)).for_each(|(a, b)| *a += b);
    }
}

fn scale(values: &mut Features, factor: f32) {
    for feature in 0..values.features() {
        values.row_mut(feature).iter_mut().for_each(|value| *value *= factor);
    }
}
