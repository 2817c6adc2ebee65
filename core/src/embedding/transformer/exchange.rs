//! The first layer with some tokens exchanged. Each position's attention is a quotient of two sums over keys; both lose the
//! terms of tokens that go and gain those of tokens that come. Only positions of new tokens ask anew.

use super::{
    attention::{Asked, Attended, attend},
    exponential::exp2,
    features::Features,
    layer::{after_attention, ask},
    product::dot,
    style::Style,
    weights::LayerWeights,
};
use crate::simd::{Simd, WithSimd, widest};

/// A position is asked anew where the keys that go had more than this share of its weights: what is left of a difference
/// of nearly equal sums is rounding.
const MOST_GONE: f32 = 0.5;
/// … or where a new score is so far above the largest old one, as a logarithm to base 2.
const MOST_ABOVE: f32 = 32.0;

/// The first layer of a sequence before tokens are exchanged.
#[derive(Clone, Debug)]
pub(super) struct FirstLayer {
    x: Features,
    asked: Asked,
    attended: Attended,
}

/// A token that comes.
struct Added {
    query: Vec<f32>,
    key: Vec<f32>,
    value: Vec<f32>,
}

impl FirstLayer {
    pub(super) fn of(layer: &LayerWeights, x: Features, style: Style) -> Self {
        let asked = ask(layer, &x, style);
        let attended = attend(&asked, style.heads);
        Self { x, asked, attended }
    }

    /// The layer's output without the positions `removed` (which increase) and with the vectors `added` at the end.
    pub(super) fn exchanged(
        &self,
        layer: &LayerWeights,
        removed: &[usize],
        added: &[Vec<f32>],
        style: Style,
    ) -> Features {
        let scale = style.scale(self.x.features());
        let new: Vec<Added> = added
            .iter()
            .map(|x| Added {
                query: layer.query.of(x).into_iter().map(|value| value * scale).collect(),
                key: layer.key.of(x),
                value: layer.value.of(x),
            })
            .collect();
        let mut attended = self.attended.clone();
        let mut means: Vec<Vec<f32>> = vec![Vec::new(); new.len()];
        for head in 0..style.heads {
            let change = Change { first: self, head, removed, added: &new };
            let anew = widest(Update { change, attended: &mut attended });
            let features = change.features();
            for position in anew {
                let query: Vec<f32> = features.clone().map(|f| self.asked.query.row(f)[position]).collect();
                let (weight, sums) = widest(Anew { change, query: &query });
                attended.weights.row_mut(head)[position] = weight;
                for (feature, sum) in features.clone().zip(sums) {
                    attended.sums.row_mut(feature)[position] = sum;
                }
            }
            for (mean, token) in means.iter_mut().zip(&new) {
                let (weight, sums) = widest(Anew { change, query: &token.query[features.clone()] });
                mean.extend(sums.into_iter().map(|sum| sum / weight));
            }
        }
        let attended = attended.means().with(removed, &means);
        after_attention(layer, &attended, &self.x.with(removed, added), style)
    }
}

/// What is exchanged, for one head.
#[derive(Clone, Copy)]
struct Change<'a> {
    first: &'a FirstLayer,
    head: usize,
    removed: &'a [usize],
    added: &'a [Added],
}

impl Change<'_> {
    fn features(&self) -> std::ops::Range<usize> {
        let size = self.first.x.features() / self.first.attended.weights.features();
        self.head * size..(self.head + 1) * size
    }
}

/// Brings the sums of all positions up to date; returns the positions that must be asked anew.
struct Update<'a> {
    change: Change<'a>,
    attended: &'a mut Attended,
}

impl WithSimd for Update<'_> {
    type Output = Vec<usize>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Vec<usize> {
        let Self { change, attended } = self;
        let Change { first, head, removed, added } = change;
        let asked = &first.asked;
        let stride = asked.query.stride();
        let (mut weights, mut gone, mut above) =
            (vec![0.0f32; stride], vec![0.0f32; stride], vec![false; stride]);
        let largest = first.attended.largest.row(head);
        for &token in removed {
            score(asked, change.features(), &|f| asked.key.row(f)[token], largest, &mut weights);
            gone.iter_mut().zip(&weights).for_each(|(gone, weight)| *gone += weight);
            weights.iter_mut().for_each(|weight| *weight = -*weight);
            add(change, attended, &weights, &|f| asked.value.row(f)[token]);
        }
        for token in added {
            score(asked, change.features(), &|f| token.key[f], largest, &mut weights);
            for (above, weight) in above.iter_mut().zip(&weights) {
                // Also what is too large for any number.
                *above |= !(*weight >= 0.0 && *weight < MOST_ABOVE.exp2());
            }
            add(change, attended, &weights, &|f| token.value[f]);
        }
        let before = first.attended.weights.row(head);
        let must = |&position: &usize| above[position] || gone[position] > MOST_GONE * before[position];
        (0..asked.query.positions()).filter(must).collect()
    }
}

/// Weights of one key at all positions, relative to each position's largest score.
#[inline(always)]
fn score(
    asked: &Asked,
    features: std::ops::Range<usize>,
    key: &impl Fn(usize) -> f32,
    largest: &[f32],
    weights: &mut [f32],
) {
    weights.fill(0.0);
    for feature in features {
        let key = key(feature);
        for (sum, &query) in weights.iter_mut().zip(asked.query.row(feature)) {
            *sum = query.mul_add(key, *sum);
        }
    }
    for (weight, &largest) in weights.iter_mut().zip(largest) {
        let above = *weight - largest;
        // Beyond this the power has no number; the position is asked anew.
        *weight = exp2(if above < 2.0 * MOST_ABOVE { above } else { 2.0 * MOST_ABOVE });
    }
}

/// Adds one key's terms to the sums of all positions.
#[inline(always)]
fn add(change: Change<'_>, attended: &mut Attended, weights: &[f32], value: &impl Fn(usize) -> f32) {
    let totals = attended.weights.row_mut(change.head);
    totals.iter_mut().zip(weights).for_each(|(total, weight)| *total += weight);
    for feature in change.features() {
        let value = value(feature);
        for (sum, &weight) in attended.sums.row_mut(feature).iter_mut().zip(weights) {
            *sum = weight.mul_add(value, *sum);
        }
    }
}

/// One position's attention to the tokens that stay and those that come: Σ weight and Σ weight · value.
struct Anew<'a> {
    change: Change<'a>,
    /// Of this head alone.
    query: &'a [f32],
}

impl WithSimd for Anew<'_> {
    type Output = (f32, Vec<f32>);

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> (f32, Vec<f32>) {
        let Self { change: change @ Change { first, removed, added, .. }, query } = self;
        let (keys, values) = (&first.asked.key, &first.asked.value);
        let mut weights = vec![0.0f32; keys.stride()];
        for (&query, feature) in query.iter().zip(change.features()) {
            for (sum, &key) in weights.iter_mut().zip(keys.row(feature)) {
                *sum = query.mul_add(key, *sum);
            }
        }
        weights[keys.positions()..].fill(f32::MIN);
        removed.iter().for_each(|&token| weights[token] = f32::MIN);
        let mut come: Vec<f32> =
            added.iter().map(|token| dot(query, &token.key[change.features()])).collect();
        let largest = weights.iter().chain(&come).copied().fold(f32::MIN, f32::max);
        for weight in weights.iter_mut().chain(&mut come) {
            *weight = exp2(*weight - largest);
        }
        let total = weights.iter().sum::<f32>() + come.iter().sum::<f32>();
        let sum = |feature: usize| {
            let new =
                added.iter().zip(&come).map(|(token, weight)| weight * token.value[feature]).sum::<f32>();
            dot(&weights, values.row(feature)) + new
        };
        (total, change.features().map(sum).collect())
    }
}
