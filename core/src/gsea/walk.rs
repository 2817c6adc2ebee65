//! The enrichment score of a set from the places of its genes.
//!
//! The walk goes down by `1 / (genes − hits)` at every miss and up by `weight / Σ weights of hits` at every
//! hit; the score is its value furthest from 0, an earlier one winning ties. Sums run in the order of the
//! ranking, so lanes of several permutations give the bits of one walk after another.

use super::network::Network;

/// Permutations sorted side by side: as many places of two bytes as the widest registers hold.
pub(super) const LANES: usize = 32;
/// Permutations walked side by side where registers hold 8 numbers.
pub(super) const WIDE: usize = 16;
/// Where they hold 4: more would not fit them.
pub(super) const HALF: usize = 8;

/// A place in the ranking in as few bits as its length allows.
pub(super) trait Place: Copy + Default + Ord + Send + Sync {
    /// From an index that fits.
    fn from_index(index: usize) -> Self;
    /// As a number.
    fn number(self) -> i32;
    /// Weights in ranking order, so that none has to ask whether a place is in the ranking.
    type Table<W: Weight>: Send + Sync;
    /// Of a ranking.
    fn table<W: Weight>(ranking: &[f64]) -> Self::Table<W>;
    /// The weight at a place.
    fn weight<W: Weight>(self, weights: &Self::Table<W>) -> W;
}

impl Place for u16 {
    type Table<W: Weight> = Box<[W; 1 << 16]>;

    fn from_index(index: usize) -> Self {
        index as u16
    }
    fn number(self) -> i32 {
        i32::from(self)
    }
    fn table<W: Weight>(ranking: &[f64]) -> Self::Table<W> {
        let mut all = vec![W::default(); 1 << 16];
        all.iter_mut().zip(ranking).for_each(|(weight, &value)| *weight = W::of(value));
        all.try_into().unwrap_or_else(|_| unreachable!("the length of an array"))
    }
    fn weight<W: Weight>(self, weights: &Self::Table<W>) -> W {
        weights[usize::from(self)]
    }
}

impl Place for u32 {
    type Table<W: Weight> = Vec<W>;

    fn from_index(index: usize) -> Self {
        index as u32
    }
    fn number(self) -> i32 {
        self as i32
    }
    fn table<W: Weight>(ranking: &[f64]) -> Self::Table<W> {
        ranking.iter().map(|&value| W::of(value)).collect()
    }
    fn weight<W: Weight>(self, weights: &Self::Table<W>) -> W {
        weights[self as usize]
    }
}

/// A weight as it is looked up: computed with in double precision.
pub(super) trait Weight: Copy + Default + Send + Sync {
    /// Nearest to a number.
    fn of(value: f64) -> Self;
    /// As a number.
    fn number(self) -> f64;
}

impl Weight for f32 {
    fn of(value: f64) -> Self {
        value as Self
    }
    fn number(self) -> f64 {
        self.into()
    }
}

impl Weight for f64 {
    fn of(value: f64) -> Self {
        value
    }
    fn number(self) -> f64 {
        self
    }
}

/// Weights of a ranking. Scores are single numbers, so their weights mostly are, and twice as many of those are found at
/// once.
pub(super) enum Weights<P: Place> {
    Single(P::Table<f32>),
    Double(P::Table<f64>),
}

impl<P: Place> Weights<P> {
    pub(super) fn of(ranking: &[f64]) -> Self {
        let single = ranking.iter().all(|&weight| f64::from(weight as f32).to_bits() == weight.to_bits());
        if single { Self::Single(P::table(ranking)) } else { Self::Double(P::table(ranking)) }
    }
}

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
/// `table[gene][lane]` is the place of a gene, `set` its genes, `network` sorts as many places.
#[inline(always)]
pub(super) fn scores<P: Place, W: Weight, const WIDTH: usize>(
    weights: &P::Table<W>,
    table: &[[P; LANES]],
    set: &[u32],
    network: Network,
    zero: AllZero,
    scratch: &mut Scratch<P, W, WIDTH>,
) -> [f64; LANES] {
    scratch.places.clear();
    scratch.places.extend(set.iter().map(|&gene| table[gene as usize]));
    network.sort(&mut scratch.places);
    scratch.walk(weights, table.len(), zero)
}

/// Genes more than the prefix before up to which each is put among its places; more are sorted with all of them.
const FEW: usize = 16;

/// The same of the first genes of the table, so many as each of `sizes`, which rise: the places of a longer prefix are those
/// of the one before, with some put between.
#[inline(always)]
pub(super) fn prefix_scores<P: Place, W: Weight, const WIDTH: usize>(
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
            Network::of(size).sort(&mut scratch.places);
        } else {
            for &gene in &table[known..size] {
                insert(&mut scratch.places, gene);
            }
        }
        each(scratch.walk(weights, table.len(), zero));
    }
}

/// Puts a place among ascending ones, in every lane.
#[inline(always)]
fn insert<P: Place>(places: &mut Vec<[P; LANES]>, mut gene: [P; LANES]) {
    for row in places.iter_mut() {
        for lane in 0..LANES {
            let (low, high) = (row[lane].min(gene[lane]), row[lane].max(gene[lane]));
            (row[lane], gene[lane]) = (low, high);
        }
    }
    places.push(gene);
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
    let mut total = [0.0f64; WIDTH];
    for (row, values) in places.iter().zip(weighted.iter_mut()) {
        *values = std::array::from_fn(|lane| row[from + lane].weight(weights));
        for lane in 0..WIDTH {
            total[lane] += values[lane].number();
        }
    }
    if zero == AllZero::Uniform {
        for (lane, total) in total.iter_mut().enumerate() {
            if *total == 0.0 {
                weighted.iter_mut().for_each(|values| values[lane] = W::of(1.0));
                *total = places.len() as f64;
            }
        }
    }
    let down = 1.0 / (genes as f64 - places.len() as f64);
    let up: [f64; WIDTH] = std::array::from_fn(|lane| 1.0 / total[lane]);
    // What comes before a hit is not above what came after the last one, and what comes after it is not below.
    let (mut highest, mut lowest) = ([0.0f64; WIDTH], [0.0f64; WIDTH]);
    let (mut current, mut last) = ([0.0f64; WIDTH], [-1i32; WIDTH]);
    for (row, values) in places.iter().zip(weighted.iter()) {
        let place: [i32; WIDTH] = std::array::from_fn(|lane| row[from + lane].number());
        for lane in 0..WIDTH {
            let before = current[lane] - down * f64::from(place[lane] - last[lane] - 1);
            lowest[lane] = if before < lowest[lane] { before } else { lowest[lane] };
            let after = before + up[lane] * values[lane].number();
            highest[lane] = if after > highest[lane] { after } else { highest[lane] };
            current[lane] = after;
        }
        last = place;
    }
    let mut best: [f64; WIDTH] =
        std::array::from_fn(|lane| if highest[lane] > -lowest[lane] { highest[lane] } else { lowest[lane] });
    for lane in 0..WIDTH {
        if highest[lane] == -lowest[lane] {
            let hits = places.iter().zip(weighted.iter());
            let hits = hits.map(|(row, values)| (row[from + lane].number(), values[lane].number()));
            best[lane] = earlier(hits, down, up[lane]);
        }
    }
    best
}

/// The first of the values furthest from 0, where one above is as far as one below.
#[cold]
fn earlier(hits: impl Iterator<Item = (i32, f64)>, down: f64, up: f64) -> f64 {
    let (mut best, mut current, mut last) = (0.0f64, 0.0f64, -1);
    for (place, weight) in hits {
        current -= down * f64::from(place - last - 1);
        if current.abs() > best.abs() {
            best = current;
        }
        current += up * weight;
        if current.abs() > best.abs() {
            best = current;
        }
        last = place;
    }
    best
}

#[cfg(test)]
mod tests;
