//! The enrichment score of a set from the places of its genes.
//!
//! The walk goes down by `1 / (genes − hits)` at every miss and up by `weight / Σ weights of hits` at every
//! hit; the score is its value furthest from 0, an earlier one winning ties. Sums run in the order of the
//! ranking, so lanes of several permutations give the bits of one walk after another.

use super::{
    network,
    places::{LANES, Place, Weight},
};
use crate::simd::Simd;

/// Permutations walked side by side where registers hold 8 numbers.
pub(super) const WIDE: usize = 16;
/// Where they hold 4: more would not fit them.
pub(super) const HALF: usize = 8;

/// What a set counts whose genes all have weight 0, for which the walk up is 0/0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AllZero {
    /// As GSEApy: the walk ends at the first gene of the set.
    Ends,
    /// Its genes count the same, as in fgsea.
    Uniform,
}

/// The enrichment score of one set: `weights` in ranking order, `hits` ascending places (GSEApy's walk).
pub fn enrichment_score(weights: &[f64], hits: &[u32]) -> f64 {
    let total: f64 = hits.iter().map(|&hit| weights[hit as usize]).sum();
    let down = 1.0 / (weights.len() as f64 - hits.len() as f64);
    let up = 1.0 / total;
    let (mut best, mut current, mut last) = (0.0f64, 0.0f64, -1.0f64);
    for &hit in hits {
        let place = f64::from(hit);
        current -= down * (place - last - 1.0);
        if current.abs() > best.abs() {
            best = current;
        }
        current += up * weights[hit as usize];
        if current.abs() > best.abs() {
            best = current;
        }
        last = place;
    }
    best
}

/// [`enrichment_score`] with [`AllZero::Uniform`].
pub(super) fn enrichment_score_uniform(weights: &[f64], hits: &[u32]) -> f64 {
    if hits.iter().any(|&hit| weights[hit as usize] != 0.0) {
        enrichment_score(weights, hits)
    } else {
        enrichment_score(&vec![1.0; weights.len()], hits)
    }
}

/// Scratch space of one thread.
pub(super) struct Scratch<P, W, const WIDTH: usize> {
    places: Vec<[P; LANES]>,
    weights: Vec<[W; WIDTH]>,
}

impl<P, W, const WIDTH: usize> Default for Scratch<P, W, WIDTH> {
    fn default() -> Self {
        Self { places: Vec::new(), weights: Vec::new() }
    }
}

/// Enrichment scores of one set under [`LANES`] permutations, so many of them side by side as `WIDTH`, [`HALF`] or [`WIDE`].
///
/// `table[gene][lane]` is the place of a gene, `set` its genes.
#[inline(always)]
pub(super) fn scores<S: Simd, P: Place, W: Weight, const WIDTH: usize>(
    simd: S,
    weights: &P::Table<W>,
    table: &[[P; LANES]],
    set: &[u32],
    zero: AllZero,
    scratch: &mut Scratch<P, W, WIDTH>,
) -> [f64; LANES] {
    scratch.places.clear();
    scratch.places.extend(set.iter().map(|&gene| table[gene as usize]));
    network::sort(simd, &mut scratch.places);
    scratch.walk(weights, table.len(), zero)
}

/// Genes more than the prefix before up to which each is put among its places; more are sorted with all of them.
const FEW: usize = 6;

/// The same of the first genes of the table, so many as each of `sizes`, which rise: the places of a longer prefix are those
/// of the one before, with some put between.
#[inline(always)]
pub(super) fn prefix_scores<S: Simd, P: Place, W: Weight, const WIDTH: usize>(
    simd: S,
    weights: &P::Table<W>,
    table: &[[P; LANES]],
    sizes: &[usize],
    zero: AllZero,
    scratch: &mut Scratch<P, W, WIDTH>,
    mut each: impl FnMut([f64; LANES]),
) {
    scratch.places.clear();
    for &size in sizes {
        let known = scratch.places.len();
        if size - known > FEW {
            scratch.places.extend_from_slice(&table[known..size]);
            network::sort(simd, &mut scratch.places);
        } else {
            for &gene in &table[known..size] {
                insert(simd, &mut scratch.places, gene);
            }
        }
        each(scratch.walk(weights, table.len(), zero));
    }
}

/// Puts a place among ascending ones, in every lane.
#[inline(always)]
fn insert<S: Simd, P: Place>(simd: S, places: &mut Vec<[P; LANES]>, gene: [P; LANES]) {
    places.push([P::LAST; LANES]);
    for part in 0..P::vectors::<S>(&gene).len() {
        let mut carried = P::vectors::<S>(&gene)[part];
        for row in places.iter_mut() {
            let place = &mut P::vectors_mut::<S>(row)[part];
            let known = *place;
            *place = P::least(simd, known, carried);
            carried = P::most(simd, known, carried);
        }
    }
}

impl<P: Place, W: Weight, const WIDTH: usize> Scratch<P, W, WIDTH> {
    /// Walks along the places, which ascend in every lane.
    #[inline(always)]
    fn walk(&mut self, weights: &P::Table<W>, genes: usize, zero: AllZero) -> [f64; LANES] {
        let Self { places, weights: weighted } = self;
        if weighted.len() < places.len() {
            weighted.resize(places.len(), [W::default(); WIDTH]);
        }
        let weighted = &mut weighted[..places.len()];
        let mut out = [0.0; LANES];
        for (part, out) in out.as_chunks_mut::<WIDTH>().0.iter_mut().enumerate() {
            *out = walk(weights, genes, places, part * WIDTH, zero, weighted);
        }
        out
    }
}

#[inline(always)]
fn walk<P: Place, W: Weight, const WIDTH: usize>(
    weights: &P::Table<W>,
    genes: usize,
    places: &[[P; LANES]],
    from: usize,
    zero: AllZero,
    weighted: &mut [[W; WIDTH]],
) -> [f64; WIDTH] {
    // Loops over lanes only, and no closures: what is not inlined is compiled without the processor's own instructions.
    let mut total = [0.0f64; WIDTH];
    for (row, values) in places.iter().zip(weighted.iter_mut()) {
        for lane in 0..WIDTH {
            values[lane] = row[from + lane].weight(weights);
        }
        for lane in 0..WIDTH {
            total[lane] += values[lane].number();
        }
    }
    if zero == AllZero::Uniform {
        count_alike(&mut total, weighted);
    }
    let down = 1.0 / (genes as f64 - places.len() as f64);
    let mut up = [0.0f64; WIDTH];
    for lane in 0..WIDTH {
        up[lane] = 1.0 / total[lane];
    }
    // What comes before a hit is not above what came after the last one, and what comes after it is not below.
    let (mut highest, mut lowest) = ([0.0f64; WIDTH], [0.0f64; WIDTH]);
    let (mut current, mut last) = ([0.0f64; WIDTH], [-1i32; WIDTH]);
    for (row, values) in places.iter().zip(weighted.iter()) {
        for lane in 0..WIDTH {
            let place = row[from + lane].number();
            let before = current[lane] - down * f64::from(place - last[lane] - 1);
            lowest[lane] = if before < lowest[lane] { before } else { lowest[lane] };
            let after = before + up[lane] * values[lane].number();
            highest[lane] = if after > highest[lane] { after } else { highest[lane] };
            current[lane] = after;
            last[lane] = place;
        }
    }
    let mut best = [0.0f64; WIDTH];
    for lane in 0..WIDTH {
        best[lane] = if highest[lane] > -lowest[lane] { highest[lane] } else { lowest[lane] };
    }
    for lane in 0..WIDTH {
        if highest[lane] == -lowest[lane] {
            best[lane] = earlier(places, weighted, from + lane, lane, (down, up[lane]));
        }
    }
    best
}

/// Lanes whose genes all have weight 0 count them the same.
#[cold]
fn count_alike<W: Weight, const WIDTH: usize>(total: &mut [f64; WIDTH], weighted: &mut [[W; WIDTH]]) {
    for (lane, total) in total.iter_mut().enumerate().filter(|(_, total)| **total == 0.0) {
        weighted.iter_mut().for_each(|values| values[lane] = W::of(1.0));
        *total = weighted.len() as f64;
    }
}

/// The first of the values furthest from 0, where one above is as far as one below, of one column of places and one of weights.
#[cold]
fn earlier<P: Place, W: Weight, const WIDTH: usize>(
    places: &[[P; LANES]],
    weighted: &[[W; WIDTH]],
    column: usize,
    lane: usize,
    (down, up): (f64, f64),
) -> f64 {
    let (mut best, mut current, mut last) = (0.0f64, 0.0f64, -1);
    for (row, values) in places.iter().zip(weighted) {
        let place = row[column].number();
        current -= down * f64::from(place - last - 1);
        if current.abs() > best.abs() {
            best = current;
        }
        current += up * values[lane].number();
        if current.abs() > best.abs() {
            best = current;
        }
        last = place;
    }
    best
}

#[cfg(test)]
mod tests;
