//! The gradient of attention, a head at a time: scores are computed once with queries side by side, for what queries are owed,
//! and once with keys side by side, for what keys and values are.

use std::ops::Range;

use super::{
    accumulate::{Block, Factors, ROWS, accumulate},
    attention::{Asked, Attended, KEYS, by_features, by_positions, each},
    exponential::exp2s,
    features::{BLOCK, Features},
};
use crate::simd::{Simd, WithSimd, widest};

/// Gradients of queries, keys and values by those of the heads' outputs. `means` are these outputs.
pub(super) fn through(asked: &Asked, attended: &Attended, means: &Features, d_means: &Features) -> Asked {
    let (features, positions) = (asked.key.features(), asked.key.positions());
    let zeros = || Features::zeros(features, positions);
    let mut out = Asked { query: zeros(), key: zeros(), value: zeros() };
    let heads = attended.weights.features();
    for head in 0..heads {
        let features = head * (features / heads)..(head + 1) * (features / heads);
        let terms = Terms::of(attended, head, means, d_means, features.clone());
        widest(Head { asked, d_means, terms: &terms, features, out: &mut out });
    }
    out
}

/// What is known of each query, with padding.
struct Terms {
    largest: Vec<f32>,
    /// 1 / Σ weight.
    inverse: Vec<f32>,
    /// The mean over keys of the gradient at weights.
    mean: Vec<f32>,
}

impl Terms {
    fn of(
        attended: &Attended,
        head: usize,
        means: &Features,
        d_means: &Features,
        features: Range<usize>,
    ) -> Self {
        let mut mean = vec![0.0f32; means.stride()];
        for feature in features {
            for ((sum, &d), &value) in mean.iter_mut().zip(d_means.row(feature)).zip(means.row(feature)) {
                *sum += d * value;
            }
        }
        Self {
            largest: attended.largest.row(head).to_vec(),
            inverse: attended.weights.row(head).iter().map(|weight| 1.0 / weight).collect(),
            mean,
        }
    }
}

struct Head<'a> {
    asked: &'a Asked,
    d_means: &'a Features,
    terms: &'a Terms,
    features: Range<usize>,
    out: &'a mut Asked,
}

impl WithSimd for Head<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { asked, d_means, terms, features, out } = self;
        let of = |of: &Features| by_positions(of, features.clone());
        let of_features = |of: &Features| by_features(of, features.clone());
        let (keys, values, queries, ds) = (of(&asked.key), of(&asked.value), of(&asked.query), of(d_means));
        let (keys_by_feature, queries_by_feature, ds_by_feature) =
            (of_features(&asked.key), of_features(&asked.query), of_features(d_means));
        let mut tile = Tile::new(features.len());
        for start in (0..asked.query.stride()).step_by(BLOCK) {
            let of_block = |all: &[f32]| -> Block { *all[start..].first_chunk().expect("whole blocks") };
            // Queries side by side.
            tile.begin([&asked.query, d_means], &features, start);
            let own = [of_block(&terms.largest), of_block(&terms.inverse), of_block(&terms.mean)];
            let mut d_query = sums(&keys_by_feature);
            for some in chunks(asked.key.positions()) {
                tile.weigh(simd, [&keys, &values], some.clone(), |_| own);
                tile.add(simd, &mut d_query, &keys_by_feature, some, |tile| &tile.d_scores);
            }
            put(&d_query, &mut out.query, &features, start);
            // Keys side by side.
            tile.begin([&asked.key, &asked.value], &features, start);
            let (mut d_key, mut d_value) = (sums(&queries_by_feature), sums(&ds_by_feature));
            for some in chunks(asked.query.positions()) {
                let of_row = |row| {
                    [[terms.largest[row]; BLOCK], [terms.inverse[row]; BLOCK], [terms.mean[row]; BLOCK]]
                };
                tile.weigh(simd, [&queries, &ds], some.clone(), of_row);
                tile.add(simd, &mut d_key, &queries_by_feature, some.clone(), |tile| &tile.d_scores);
                tile.add(simd, &mut d_value, &ds_by_feature, some, |tile| &tile.weights);
            }
            put(&d_key, &mut out.key, &features, start);
            put(&d_value, &mut out.value, &features, start);
        }
    }
}

/// Positions, so many at a time as scores are held of.
fn chunks(positions: usize) -> impl Iterator<Item = Range<usize>> {
    (0..positions).step_by(KEYS).map(move |start| start..positions.min(start + KEYS))
}

fn sums(by_feature: &[Vec<Factors>]) -> Vec<[Block; ROWS]> {
    vec![[[0.0; BLOCK]; ROWS]; by_feature.len()]
}

/// Writes a block's sums; nothing to the padding.
fn put(sums: &[[Block; ROWS]], out: &mut Features, features: &Range<usize>, start: usize) {
    let end = out.positions().min(start + BLOCK);
    for (feature, sums) in features.clone().zip(sums.as_flattened()) {
        out.row_mut(feature)[start..end].copy_from_slice(&sums[..end - start]);
    }
}

/// Scores of a block of positions and some others, and the gradient there.
struct Tile {
    /// What scores are products of, and what gradients at weights are, for the block: each `[size]`.
    block: [Vec<Block>; 2],
    weights: Vec<[Block; ROWS]>,
    d_scores: Vec<[Block; ROWS]>,
}

impl Tile {
    fn new(size: usize) -> Self {
        let held = || vec![[[0.0; BLOCK]; ROWS]; KEYS / ROWS];
        let block = || vec![[0.0; BLOCK]; size];
        Self { block: [block(), block()], weights: held(), d_scores: held() }
    }

    fn begin(&mut self, of: [&Features; 2], features: &Range<usize>, start: usize) {
        for (block, of) in self.block.iter_mut().zip(of) {
            for (values, feature) in block.iter_mut().zip(features.clone()) {
                values.copy_from_slice(&of.row(feature)[start..start + BLOCK]);
            }
        }
    }

    /// Weights, and gradients of scores, of the block and the positions `some`; `terms` are those of the query at a position.
    #[inline(always)]
    fn weigh<S: Simd>(
        &mut self,
        simd: S,
        others: [&[Vec<Factors>]; 2],
        some: Range<usize>,
        terms: impl Fn(usize) -> [Block; 3],
    ) {
        let eights = some.start / ROWS..some.end.div_ceil(ROWS);
        let held = [&mut self.weights, &mut self.d_scores];
        for ((held, others), block) in held.into_iter().zip(others).zip(&self.block) {
            for (held, eight) in held.iter_mut().zip(&others[eights.clone()]) {
                accumulate(simd, eight, block, &[0.0; ROWS], held);
            }
        }
        let ln2 = simd.splat_f32s(std::f32::consts::LN_2);
        let both = self.weights.as_flattened_mut().iter_mut().zip(self.d_scores.as_flattened_mut());
        for ((weights, d_scores), row) in both.zip(some) {
            let [largest, inverse, mean] = terms(row);
            each::<S>(weights, &largest, |score, largest| exp2s(simd, simd.sub_f32s(score, largest)));
            each::<S>(weights, &inverse, |weight, inverse| simd.mul_f32s(weight, inverse));
            each::<S>(d_scores, &mean, |d, mean| simd.mul_f32s(ln2, simd.sub_f32s(d, mean)));
            each::<S>(d_scores, weights, |d, weight| simd.mul_f32s(d, weight));
        }
    }

    /// Adds the products of what is held with the positions `some`.
    #[inline(always)]
    fn add<S: Simd>(
        &self,
        simd: S,
        sums: &mut [[Block; ROWS]],
        others: &[Vec<Factors>],
        some: Range<usize>,
        held: impl Fn(&Self) -> &Vec<[Block; ROWS]>,
    ) {
        let held = &held(self).as_flattened()[..some.len()];
        let mut more = [[0.0; BLOCK]; ROWS];
        for (sums, others) in sums.iter_mut().zip(others) {
            accumulate(simd, &others[some.clone()], held, &[0.0; ROWS], &mut more);
            for (sums, more) in sums.iter_mut().zip(&more) {
                each::<S>(sums, more, |sum, more| simd.add_f32s(sum, more));
            }
        }
    }
}
