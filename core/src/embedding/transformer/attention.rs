//! Softmax attention of all positions to all positions, a head at a time.

use std::ops::Range;

use super::{
    accumulate::{Block, Factors, ROWS, accumulate},
    exponential::exp2s,
    features::{BLOCK, Features},
};
use crate::simd::{Simd, WithSimd, widest};

/// Keys whose scores are held at once: with a block of positions they stay in the processor's nearest cache.
pub(super) const KEYS: usize = 128;

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
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { asked, head, out } = self;
        let size = asked.query.features() / out.weights.features();
        let features = head * size..(head + 1) * size;
        let positions = asked.key.positions();
        let (keys, values) =
            (by_positions(&asked.key, features.clone()), by_features(&asked.value, features.clone()));
        let mut query: Vec<Block> = vec![[0.0; BLOCK]; size];
        let mut scores: Vec<[Block; ROWS]> = vec![[[0.0; BLOCK]; ROWS]; KEYS / ROWS];
        let mut running = Running { sums: vec![[[0.0; BLOCK]; ROWS]; values.len()], ..Running::default() };
        for start in (0..asked.query.stride()).step_by(BLOCK) {
            for (block, feature) in query.iter_mut().zip(features.clone()) {
                block.copy_from_slice(&asked.query.row(feature)[start..start + BLOCK]);
            }
            running.restart();
            for (chunk, eights) in keys.chunks(KEYS / ROWS).enumerate() {
                for (eight, scores) in eights.iter().zip(&mut scores) {
                    accumulate(simd, eight, &query, &[0.0; ROWS], scores);
                }
                let some = chunk * KEYS..positions.min((chunk + 1) * KEYS);
                let scores = &mut scores.as_flattened_mut()[..some.len()];
                running.add(simd, scores, values.iter().map(|values| &values[some.clone()]));
            }
            out.weights.row_mut(head)[start..start + BLOCK].copy_from_slice(&running.total);
            out.largest.row_mut(head)[start..start + BLOCK].copy_from_slice(&running.largest);
            for (feature, sums) in features.clone().zip(running.sums.as_flattened()) {
                out.sums.row_mut(feature)[start..start + BLOCK].copy_from_slice(sums);
            }
        }
    }
}

/// What belongs to a head, eight positions after eight: `[eights][size]`.
pub(super) fn by_positions(of: &Features, features: Range<usize>) -> Vec<Vec<Factors>> {
    let eight = |start: usize| {
        features
            .clone()
            .map(|feature| *of.row(feature)[start..].first_chunk().expect("whole blocks"))
            .collect()
    };
    (0..of.positions()).step_by(ROWS).map(eight).collect()
}

/// What belongs to a head, eight features after eight: `[eights][positions]`.
pub(super) fn by_features(of: &Features, features: Range<usize>) -> Vec<Vec<Factors>> {
    let end = features.end;
    let eight = |first: usize| {
        let mut all = vec![[0.0; ROWS]; of.positions()];
        for (place, feature) in (first..end.min(first + ROWS)).enumerate() {
            all.iter_mut().zip(of.row(feature)).for_each(|(factors, &value)| factors[place] = value);
        }
        all
    };
    features.step_by(ROWS).map(eight).collect()
}

/// Sums over the keys so far for a block of positions, relative to each position's largest score so far.
struct Running {
    largest: Block,
    total: Block,
    /// Eight features after eight.
    sums: Vec<[Block; ROWS]>,
}

impl Default for Running {
    fn default() -> Self {
        Self { largest: [f32::MIN; BLOCK], total: [0.0; BLOCK], sums: Vec::new() }
    }
}

impl Running {
    fn restart(&mut self) {
        self.largest = [f32::MIN; BLOCK];
        self.total = [0.0; BLOCK];
        self.sums.as_flattened_mut().fill([0.0; BLOCK]);
    }

    /// Adds the keys of these scores, which become weights; each chunk is summed by itself first.
    #[inline(always)]
    fn add<'v, S: Simd>(
        &mut self,
        simd: S,
        scores: &mut [Block],
        values: impl Iterator<Item = &'v [Factors]>,
    ) {
        let before = self.largest;
        for scores in scores.iter() {
            each::<S>(&mut self.largest, scores, |largest, score| simd.max_f32s(largest, score));
        }
        let mut shrink = before;
        each::<S>(&mut shrink, &self.largest, |before, now| exp2s(simd, simd.sub_f32s(before, now)));
        let mut total = [0.0; BLOCK];
        for scores in scores.iter_mut() {
            each::<S>(scores, &self.largest, |score, largest| exp2s(simd, simd.sub_f32s(score, largest)));
            each::<S>(&mut total, scores, |total, weight| simd.add_f32s(total, weight));
        }
        each::<S>(&mut self.total, &shrink, |sum, shrink| simd.mul_f32s(sum, shrink));
        each::<S>(&mut self.total, &total, |sum, more| simd.add_f32s(sum, more));
        let mut more = [[0.0; BLOCK]; ROWS];
        for (sums, values) in self.sums.iter_mut().zip(values) {
            accumulate(simd, values, scores, &[0.0; ROWS], &mut more);
            for (sums, more) in sums.iter_mut().zip(&more) {
                each::<S>(sums, &shrink, |sum, shrink| simd.mul_f32s(sum, shrink));
                each::<S>(sums, more, |sum, more| simd.add_f32s(sum, more));
            }
        }
    }
}

/// `a = of(a, b)` at every position.
#[inline(always)]
pub(super) fn each<S: Simd>(a: &mut Block, b: &Block, of: impl Fn(S::f32s, S::f32s) -> S::f32s) {
    S::as_mut_simd_f32s(a).0.iter_mut().zip(S::as_simd_f32s(b).0).for_each(|(a, &b)| *a = of(*a, b));
}
