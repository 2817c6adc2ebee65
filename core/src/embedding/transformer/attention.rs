//! Softmax attention of all positions to all positions, a head at a time.

use super::{
    exponential::exp2,
    features::{BLOCK, Features},
    product::{LANES, across},
};
use crate::simd::{Simd, WithSimd, widest};

/// Positions whose scores are held at once: they stay in the processor's nearest cache.
const QUERIES: usize = 8;
/// Sums of values computed together: as many positions, and as many features.
const TILE: usize = 4;

/// One attention: what positions ask, what they answer to, what they say, each `[width, positions]`. Queries are scaled,
/// so that scores are logarithms to base 2.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) query: Features,
    pub(super) key: Features,
    pub(super) value: Features,
}

/// Sums over the keys that are not divided yet.
#[derive(Clone, Debug)]
pub(super) struct Attended {
    /// Σ weight · value, `[width, positions]`.
    pub(super) sums: Features,
    /// Σ weight, `[heads, positions]`.
    pub(super) weights: Features,
    /// The largest score, which weights are relative to, `[heads, positions]`.
    pub(super) largest: Features,
}

/// Attends with so many heads.
pub(super) fn attend(asked: &Asked, heads: usize) -> Attended {
    let positions = asked.query.positions();
    let mut out = Attended {
        sums: Features::zeros(asked.query.features(), positions),
        weights: Features::zeros(heads, positions),
        largest: Features::zeros(heads, positions),
    };
    (0..heads).for_each(|head| widest(Head { asked, head, out: &mut out }));
    out
}

impl Attended {
    /// Weighted means: sums divided by their weights.
    pub(super) fn means(mut self) -> Features {
        let heads = self.weights.features();
        let size = self.sums.features() / heads.max(1);
        for head in 0..heads {
            let inverse: Vec<f32> = self.weights.row(head).iter().map(|weight| 1.0 / weight).collect();
            for feature in head * size..(head + 1) * size {
                self.sums
                    .row_mut(feature)
                    .iter_mut()
                    .zip(&inverse)
                    .for_each(|(sum, inverse)| *sum *= inverse);
            }
        }
        self.sums
    }
}

struct Head<'a> {
    asked: &'a Asked,
    head: usize,
    out: &'a mut Attended,
}

impl WithSimd for Head<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { asked, head, out } = self;
        let blocks = asked.key.stride() / BLOCK;
        let mut scores: [Vec<[f32; BLOCK]>; QUERIES] = std::array::from_fn(|_| vec![[0.0; BLOCK]; blocks]);
        for first in (0..asked.query.stride()).step_by(QUERIES) {
            score(asked, head, first, &mut scores, out);
            answer(asked, head, first, &scores, out);
        }
    }
}

/// Weights of all keys for some queries, with their sum and the largest score.
#[inline(always)]
fn score(
    asked: &Asked,
    head: usize,
    first: usize,
    scores: &mut [Vec<[f32; BLOCK]>; QUERIES],
    out: &mut Attended,
) {
    let size = asked.query.features() / out.weights.features();
    let (features, positions) = (head * size..(head + 1) * size, asked.key.positions());
    let mut largest = [[f32::MIN; BLOCK]; QUERIES];
    for block in 0..asked.key.stride() / BLOCK {
        let start = block * BLOCK;
        let mut sums = [[0.0f32; BLOCK]; QUERIES];
        for feature in features.clone() {
            let keys: &[f32; BLOCK] = asked.key.row(feature)[start..].first_chunk().expect("whole blocks");
            let queries: &[f32; QUERIES] =
                asked.query.row(feature)[first..].first_chunk().expect("whole blocks");
            for (sum, &query) in sums.iter_mut().zip(queries) {
                for (total, &key) in sum.iter_mut().zip(keys) {
                    *total = query.mul_add(key, *total);
                }
            }
        }
        if start + BLOCK > positions {
            sums.iter_mut().for_each(|sum| sum[positions - start..].fill(f32::MIN));
        }
        for ((sum, largest), scores) in sums.iter().zip(&mut largest).zip(scores.iter_mut()) {
            scores[block] = *sum;
            for (largest, &sum) in largest.iter_mut().zip(sum) {
                *largest = if sum > *largest { sum } else { *largest };
            }
        }
    }
    for (query, (scores, lanes)) in scores.iter_mut().zip(&largest).enumerate() {
        let largest = lanes.iter().copied().fold(f32::MIN, f32::max);
        let mut total = [0.0f32; BLOCK];
        for block in scores.iter_mut() {
            for (score, total) in block.iter_mut().zip(&mut total) {
                *score = exp2(*score - largest);
                *total += *score;
            }
        }
        let halves: [f32; LANES] = std::array::from_fn(|i| total[i] + total[i + LANES]);
        out.weights.row_mut(head)[first + query] = across(&halves);
        out.largest.row_mut(head)[first + query] = largest;
    }
}

/// Sums of values by those weights.
#[inline(always)]
fn answer(
    asked: &Asked,
    head: usize,
    first: usize,
    scores: &[Vec<[f32; BLOCK]>; QUERIES],
    out: &mut Attended,
) {
    let size = asked.query.features() / out.weights.features();
    for query in (0..QUERIES).step_by(TILE) {
        let mut feature = head * size;
        while feature + TILE <= (head + 1) * size {
            sums::<TILE>(asked, feature, first + query, &scores[query..], out);
            feature += TILE;
        }
        while feature < (head + 1) * size {
            sums::<1>(asked, feature, first + query, &scores[query..], out);
            feature += 1;
        }
    }
}

#[inline(always)]
fn sums<const FEATURES: usize>(
    asked: &Asked,
    feature: usize,
    position: usize,
    scores: &[Vec<[f32; BLOCK]>],
    out: &mut Attended,
) {
    let mut sums = [[[0.0f32; LANES]; FEATURES]; TILE];
    let blocks = asked.value.stride() / BLOCK;
    let weights: [&[[f32; LANES]]; TILE] =
        std::array::from_fn(|i| scores[i][..blocks].as_flattened().as_chunks().0);
    let values: [&[[f32; LANES]]; FEATURES] =
        std::array::from_fn(|i| asked.value.row(feature + i).as_chunks().0);
    for chunk in 0..2 * blocks {
        for (sums, weights) in sums.iter_mut().zip(&weights) {
            for (sum, values) in sums.iter_mut().zip(&values) {
                for ((sum, &weight), &value) in sum.iter_mut().zip(&weights[chunk]).zip(&values[chunk]) {
                    *sum = weight.mul_add(value, *sum);
                }
            }
        }
    }
    for (i, sums) in sums.iter().enumerate() {
        for (j, sum) in sums.iter().enumerate() {
            out.sums.row_mut(feature + j)[position + i] = across(sum);
        }
    }
}
