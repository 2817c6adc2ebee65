//! One layer: for all positions, and for the first position alone.

use super::{
    attention::{Asked, attend},
    exponential::exp2,
    features::Features,
    normalise::add_normalised,
    product::{affine, dot},
    style::Style,
    weights::{Affine, LayerWeights},
};
use crate::simd::{Simd, WithSimd, widest};

/// What positions ask, answer to and say.
pub(super) fn ask(layer: &LayerWeights, x: &Features, style: Style) -> Asked {
    let mut query = affine(&layer.query, x);
    let scale = style.scale(layer.query.outputs());
    for feature in 0..query.features() {
        query.row_mut(feature).iter_mut().for_each(|value| *value *= scale);
    }
    Asked { query, key: affine(&layer.key, x), value: affine(&layer.value, x) }
}

/// What follows attention: `attended` are the heads' outputs, `x` what entered the layer.
pub(super) fn after_attention(
    layer: &LayerWeights,
    attended: &Features,
    x: &Features,
    style: Style,
) -> Features {
    let mut between = affine(&layer.out, attended);
    add_normalised(&mut between, x, &layer.norm1, style.epsilon);
    let mut hidden = affine(&layer.linear1, &between);
    for feature in 0..hidden.features() {
        hidden.row_mut(feature).iter_mut().for_each(|value| *value = value.max(0.0));
    }
    let mut out = affine(&layer.linear2, &hidden);
    add_normalised(&mut out, &between, &layer.norm2, style.epsilon);
    out
}

/// The layer for all positions.
pub(super) fn all(layer: &LayerWeights, x: &Features, style: Style) -> Features {
    let attended = attend(&ask(layer, x, style), style.heads).means();
    after_attention(layer, &attended, x, style)
}

/// The layer for the first position alone. No key or value is computed: what the position asks is turned into what it asks
/// of the layer's inputs, and the inputs are averaged before they become a value. A bias of the keys moves all scores alike.
pub(super) fn first(layer: &LayerWeights, x: &Features, style: Style) -> Vec<f32> {
    let (width, own) = (x.features(), x.at(0));
    let size = width / style.heads;
    let scale = style.scale(width);
    let query: Vec<f32> = layer.query.of(&own).into_iter().map(|value| value * scale).collect();
    let mut asked = vec![0.0f32; style.heads * width];
    for (feature, (asks, keys)) in query.iter().zip(layer.key.weights.chunks(width)).enumerate() {
        let head = &mut asked[feature / size * width..][..width];
        head.iter_mut().zip(keys).for_each(|(sum, key)| *sum += asks * key);
    }
    let mut scores = affine(&Affine { weights: asked, bias: vec![0.0; style.heads] }, x);
    let mut attended = Vec::with_capacity(width);
    for head in 0..style.heads {
        let weights = scores.row_mut(head);
        let total = widest(Softmax { scores: weights, positions: x.positions() });
        let mean: Vec<f32> =
            (0..width).map(|feature| dot(x.row(feature), scores.row(head)) / total).collect();
        attended.extend((head * size..(head + 1) * size).map(|output| {
            dot(&layer.value.weights[output * width..(output + 1) * width], &mean) + layer.value.bias[output]
        }));
    }
    let alone = |vector: &[f32]| Features::of_positions(&[vector]);
    after_attention(layer, &alone(&attended), &alone(&own), style).at(0)
}

/// Scores become weights relative to the largest, 0 beyond the positions; their sum.
pub(super) struct Softmax<'a> {
    pub(super) scores: &'a mut [f32],
    pub(super) positions: usize,
}

impl WithSimd for Softmax<'_> {
    type Output = f32;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> f32 {
        let (scores, padding) = self.scores.split_at_mut(self.positions);
        padding.fill(0.0);
        let largest = scores.iter().copied().fold(f32::MIN, f32::max);
        for score in scores.iter_mut() {
            *score = exp2(*score - largest);
        }
        scores.iter().sum()
    }
}
