//! A random gene set on its way up, and swaps that keep it above a height.
//!
//! The ranking is cut into stretches. A set knows its genes as bits along the ranking, and how many genes and how
//! much weight it has in each stretch: a swap costs a few additions, and a walk is looked along stretch by stretch.

use rand_core::Rng;

/// Heights are compared in whole multiples of this, so that equal ones stay equal whatever the order of sums.
const GRAIN: f64 = 1.0 / (1u64 << 40) as f64;
/// Covers the rounding of a stretch's sum.
const SLACK: f64 = 1e-9;

/// What all sets of one size share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slope<'a> {
    /// |score|^weight along the ranking.
    pub weights: &'a [f64],
    /// What a miss costs.
    down: f64,
    /// Words of 64 places in a stretch.
    words: usize,
}

impl<'a> Slope<'a> {
    /// For sets of `size` genes.
    pub(super) fn new(weights: &'a [f64], size: usize) -> Self {
        let words = weights.len().div_ceil(64);
        // Looking costs a step for each stretch and each gene of a few stretches.
        let stretches = (4.0 * (size as f64).sqrt()) as usize + 1;
        Self { weights, down: 1.0 / (weights.len() - size) as f64, words: words.div_ceil(stretches) }
    }

    fn stretch(&self, place: u32) -> usize {
        place as usize / 64 / self.words
    }

    /// Highest and lowest point of a set's walk in grains: at least 0 both, the lowest counted downwards.
    pub(super) fn extremes(&self, places: impl Iterator<Item = u32> + Clone) -> (i64, i64) {
        let mut total: f64 = places.clone().map(|place| self.weights[place as usize]).sum();
        let weighted = total > 0.0;
        if !weighted {
            total = places.clone().count() as f64;
        }
        let up = 1.0 / total;
        let (mut sum, mut highest, mut lowest) = (0.0, 0.0f64, 0.0f64);
        for (i, place) in places.enumerate() {
            let fallen = (place as usize - i) as f64 * self.down;
            lowest = lowest.max(fallen - sum * up);
            sum += if weighted { self.weights[place as usize] } else { 1.0 };
            highest = highest.max(sum * up - fallen);
        }
        ((highest / GRAIN).round() as i64, (lowest / GRAIN).round() as i64)
    }
}

/// A place of the ranking where the walk is high enough, and what the set has up to there.
#[derive(Clone, Copy, Debug, Default)]
struct Witness {
    /// One past the place; 0 where none is known.
    end: u32,
    hits: u32,
    sum: f64,
}

/// Places among bits, ascending.
fn places(bits: &[u64]) -> impl Iterator<Item = u32> + Clone {
    bits.iter().enumerate().flat_map(|(word, &bits)| {
        std::iter::successors(Some(bits), |&rest| Some(rest & rest.wrapping_sub(1)))
            .take_while(|&rest| rest != 0)
            .map(move |rest| word as u32 * 64 + rest.trailing_zeros())
    })
}

/// A random set.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    /// Places in no order.
    members: Vec<u32>,
    /// The same places as bits.
    bits: Vec<u64>,
    /// Genes in each stretch.
    counts: Vec<u32>,
    /// Their weights; they count 1 each where all are 0.
    sums: Vec<f64>,
    total: f64,
    weighted: bool,
    /// Highest total since sums were taken anew.
    largest: f64,
    witness: Witness,
}

impl Sample {
    /// `size` of the places, all equally likely.
    pub(super) fn random(slope: &Slope<'_>, size: usize, rng: &mut impl Rng) -> Self {
        let n = slope.weights.len();
        let words = n.div_ceil(64);
        let stretches = words.div_ceil(slope.words);
        let mut sample = Self {
            members: Vec::with_capacity(size),
            bits: vec![0; words],
            counts: vec![0; stretches],
            sums: vec![0.0; stretches],
            total: 0.0,
            weighted: true,
            largest: 0.0,
            witness: Witness::default(),
        };
        // Floyd's algorithm.
        for last in n - size..n {
            let drawn = below(last as u32 + 1, rng.next_u32());
            let place = if sample.has(drawn) { last as u32 } else { drawn };
            sample.members.push(place);
            sample.flip(place);
        }
        sample.refresh(slope);
        sample
    }

    fn has(&self, place: u32) -> bool {
        self.bits[place as usize / 64] >> (place % 64) & 1 != 0
    }

    fn flip(&mut self, place: u32) {
        self.bits[place as usize / 64] ^= 1 << (place % 64);
    }

    /// Becomes a copy, without new memory.
    pub(super) fn copy_from(&mut self, other: &Self) {
        self.members.copy_from_slice(&other.members);
        self.bits.copy_from_slice(&other.bits);
        self.counts.copy_from_slice(&other.counts);
        self.sums.copy_from_slice(&other.sums);
        (self.total, self.weighted) = (other.total, other.weighted);
        (self.largest, self.witness) = (other.largest, other.witness);
    }

    /// Highest and lowest point of the walk; see [`Slope::extremes`].
    pub(super) fn extremes(&self, slope: &Slope<'_>) -> (i64, i64) {
        slope.extremes(places(&self.bits))
    }

    /// Sums anew, which takes away what rounding has left.
    pub(super) fn refresh(&mut self, slope: &Slope<'_>) {
        self.weighted = self.members.iter().any(|&place| slope.weights[place as usize] > 0.0);
        self.counts.fill(0);
        self.sums.fill(0.0);
        self.total = 0.0;
        for place in places(&self.bits) {
            let value = if self.weighted { slope.weights[place as usize] } else { 1.0 };
            let stretch = slope.stretch(place);
            self.counts[stretch] += 1;
            self.sums[stretch] += value;
            self.total += value;
        }
        self.largest = self.total;
        self.witness = Witness::default();
    }

    /// Proposes `proposals` swaps of a gene in the set for one outside and keeps those after which the walk
    /// reaches `height` grains; says how many.
    pub(super) fn wander(
        &mut self,
        slope: &Slope<'_>,
        height: i64,
        proposals: usize,
        rng: &mut impl Rng,
    ) -> usize {
        let threshold = (height as f64 - 0.5) * GRAIN;
        let mut kept = 0;
        for _ in 0..proposals {
            let random = rng.next_u64();
            let out = below(self.members.len() as u32, random as u32) as usize;
            let new = below(slope.weights.len() as u32, (random >> 32) as u32);
            kept += usize::from(!self.has(new) && self.swap(slope, threshold, out, new));
        }
        kept
    }

    fn swap(&mut self, slope: &Slope<'_>, threshold: f64, out: usize, new: u32) -> bool {
        let old = self.members[out];
        let (leaves, comes) = (slope.weights[old as usize], slope.weights[new as usize]);
        let before = (self.total, self.weighted, self.largest, self.witness);
        // Taking a large part away would leave rounding behind; and a set of zeros counts otherwise.
        let anew = !self.weighted || leaves > 0.5 * self.total || self.total < 1e-3 * self.largest;
        self.exchange(out, old, new);
        if anew {
            self.refresh(slope);
        } else {
            self.total += comes - leaves;
            self.largest = self.largest.max(self.total);
            let Witness { end, hits, sum } = &mut self.witness;
            if old < *end {
                *hits -= 1;
                *sum -= leaves;
            }
            if new < *end {
                *hits += 1;
                *sum += comes;
            }
            if self.witnessed(slope, threshold) {
                self.shift(slope, (old, leaves), (new, comes));
                return true;
            }
            self.shift(slope, (old, leaves), (new, comes));
        }
        if self.look(slope, threshold) {
            return true;
        }
        self.exchange(out, new, old);
        if anew {
            self.refresh(slope);
        } else {
            self.shift(slope, (new, comes), (old, leaves));
        }
        (self.total, self.weighted, self.largest, self.witness) = before;
        false
    }

    fn exchange(&mut self, index: usize, old: u32, new: u32) {
        self.members[index] = new;
        self.flip(old);
        self.flip(new);
    }

    /// Moves count and weight from one gene's stretch to another's.
    fn shift(&mut self, slope: &Slope<'_>, from: (u32, f64), to: (u32, f64)) {
        let (a, b) = (slope.stretch(from.0), slope.stretch(to.0));
        self.counts[a] -= 1;
        self.sums[a] -= from.1;
        self.counts[b] += 1;
        self.sums[b] += to.1;
    }

    /// Whether the walk is high enough where it was last time.
    fn witnessed(&self, slope: &Slope<'_>, threshold: f64) -> bool {
        let Witness { end, hits, sum } = self.witness;
        end > 0 && sum / self.total - f64::from(end - hits) * slope.down >= threshold
    }

    /// Looks along the whole walk for a place that is high enough.
    fn look(&mut self, slope: &Slope<'_>, threshold: f64) -> bool {
        let up = 1.0 / self.total;
        let height = |sum: f64, misses: u32| sum * up - f64::from(misses) * slope.down;
        let (mut sum, mut hits) = (0.0, 0);
        for stretch in 0..self.counts.len() {
            let start = stretch * slope.words * 64;
            let misses = start as u32 - hits;
            if height(self.total, misses) < threshold - SLACK {
                return false;
            }
            // Nowhere in the stretch is the walk higher than with all its genes and the misses before it.
            let after = sum + self.sums[stretch];
            if self.counts[stretch] > 0 && height(after, misses) >= threshold - SLACK {
                let words = stretch * slope.words..((stretch + 1) * slope.words).min(self.bits.len());
                let (mut within, mut found) = (sum, hits);
                for place in places(&self.bits[words]) {
                    let place = place + start as u32;
                    within += if self.weighted { slope.weights[place as usize] } else { 1.0 };
                    found += 1;
                    if height(within, place + 1 - found) >= threshold {
                        self.witness = Witness { end: place + 1, hits: found, sum: within };
                        return true;
                    }
                }
            }
            (sum, hits) = (after, hits + self.counts[stretch]);
        }
        false
    }
}

/// A number below `bound` from 32 random bits; the bias is below bound / 2³².
pub(super) fn below(bound: u32, random: u32) -> u32 {
    ((u64::from(bound) * u64::from(random)) >> 32) as u32
}
