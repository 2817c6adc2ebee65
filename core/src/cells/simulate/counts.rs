//! Counts of cells: Poisson around a disturbed expectation. Every cell has a generator of its own, so that any number of
//! threads draws the same, and a random number of 64 bits serves one gene: the lowest choose the noise, the others the
//! count, by inversion.

use super::{
    DEPTH_SD, SimulateOptions,
    exponential::exp_of_minus,
    noise,
    random::{PART, Random},
};
use crate::{cells::CountMatrix, simd};

/// Genes whose chances are computed at once.
const TILE: usize = 256;
/// Chances below this are rounding.
const LEAST: f64 = 1e-17;

/// What counts are drawn from, besides the shares of a cell.
pub(super) struct Counts {
    depth: f64,
    /// Share of ambient counts.
    ambient: f64,
    /// Mean share of each gene over all cells.
    mean: Vec<f64>,
    noise: Vec<f32>,
    /// From which, with its number, a cell's generator is seeded.
    key: u64,
    /// 1 / n.
    parts: [f64; 64],
}

impl Counts {
    pub(super) fn new(options: &SimulateOptions, mean: Vec<f64>, random: &mut Random) -> Self {
        let parts = std::array::from_fn(|n| 1.0 / n as f64);
        let SimulateOptions { depth, ambient, .. } = *options;
        Self { depth, ambient, mean, noise: noise::quantiles(), key: random.word(), parts }
    }

    /// Appends the counts of the cell of this number, whose shares have this sum.
    pub(super) fn push(&self, cell: usize, shares: &[f64], sum: f64, to: &mut CountMatrix) {
        let mut random = Random::of_item(self.key, cell);
        let depth = self.depth * (DEPTH_SD * random.normal()).exp();
        let (own, ambient) = (depth * (1.0 - self.ambient) / sum, depth * self.ambient);
        let mut words = [0; TILE];
        let mut chances = Chances { means: [0.0; TILE], zeros: [0.0; TILE], counted: [false; TILE] };
        for (tile, (shares, mean)) in shares.chunks(TILE).zip(self.mean.chunks(TILE)).enumerate() {
            let words = &mut words[..shares.len()];
            random.words(words);
            simd::widest(Tile {
                words,
                shares,
                mean,
                own,
                ambient,
                noise: &self.noise,
                chances: &mut chances,
            });
            for (place, word) in words.iter().enumerate().filter(|(place, _)| chances.counted[*place]) {
                let (mean, zero) = (chances.means[place], chances.zeros[place]);
                let count =
                    if mean > PART { random.poisson(mean) } else { self.invert(mean, zero, uniform(*word)) };
                if count > 0 {
                    to.indices.push((tile * TILE + place) as u32);
                    to.values.push(count as f32);
                }
            }
        }
        to.indptr.push(to.indices.len() as u64);
        to.rows += 1;
    }

    /// The count of a uniform number that is not below the chance of zero.
    #[inline]
    fn invert(&self, mean: f64, zero: f64, uniform: f64) -> u64 {
        let (mut left, mut chance, mut count) = (uniform - zero, zero * mean, 1);
        while left >= chance && chance > LEAST {
            left -= chance;
            count += 1;
            chance *= mean * self.parts.get(count).copied().unwrap_or(1.0 / count as f64);
        }
        count as u64
    }
}

/// In [0, 1), of the 52 bits that choose no noise.
#[inline(always)]
fn uniform(word: u64) -> f64 {
    f64::from_bits(word >> noise::BITS | 1.0f64.to_bits()) - 1.0
}

/// Means, the chances of no count, and whether there is one (or more must be drawn to know).
struct Chances {
    means: [f64; TILE],
    zeros: [f64; TILE],
    counted: [bool; TILE],
}

/// Some genes of a cell.
struct Tile<'a> {
    words: &'a [u64],
    shares: &'a [f64],
    mean: &'a [f64],
    own: f64,
    ambient: f64,
    noise: &'a [f32],
    chances: &'a mut Chances,
}

impl simd::WithSimd for Tile<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: simd::Simd>(self, _: S) {
        let Self { words, shares, mean, own, ambient, noise, chances } = self;
        let genes = words.len().min(TILE);
        let (words, shares, mean) = (&words[..genes], &shares[..genes], &mean[..genes]);
        let noise = &noise[..1 << noise::BITS];
        for gene in 0..genes {
            let noise = f64::from(noise[(words[gene] & ((1 << noise::BITS) - 1)) as usize]);
            chances.means[gene] = shares[gene] * own * noise + mean[gene] * ambient;
        }
        for gene in 0..genes {
            chances.zeros[gene] = exp_of_minus(chances.means[gene]);
        }
        for (gene, &word) in words.iter().enumerate() {
            chances.counted[gene] = uniform(word) >= chances.zeros[gene] || chances.means[gene] > PART;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One gene after another, as the head of this file says it.
    fn plain(counts: &Counts, cell: usize, shares: &[f64]) -> Vec<(u32, f32)> {
        let mut random = Random::of_item(counts.key, cell);
        let depth = counts.depth * (DEPTH_SD * random.normal()).exp();
        let sum: f64 = shares.iter().sum();
        let mut row = Vec::new();
        for (tile, genes) in (0..shares.len()).collect::<Vec<_>>().chunks(TILE).enumerate() {
            let words: Vec<u64> = genes.iter().map(|_| random.word()).collect();
            for (&gene, word) in genes.iter().zip(words) {
                let noise = f64::from(counts.noise[(word % 4096) as usize]);
                let share = (1.0 - counts.ambient) * shares[gene] / sum * noise;
                let mean = depth * (share + counts.ambient * counts.mean[gene]);
                let uniform = (word / 4096) as f64 / (1u64 << 52) as f64;
                let count = if mean > PART { random.poisson(mean) } else { quantile(mean, uniform) };
                if count > 0 {
                    row.push(((tile * TILE + gene % TILE) as u32, count as f32));
                }
            }
        }
        row
    }

    /// The least count whose chance, with all below it, is above a number.
    fn quantile(mean: f64, uniform: f64) -> u64 {
        let (mut below, mut chance, mut count) = (0.0, (-mean).exp(), 0);
        while uniform >= below + chance {
            below += chance;
            count += 1;
            chance *= mean / count as f64;
        }
        count
    }

    #[test]
    fn many_genes_at_once_have_the_counts_of_one_after_another() {
        let genes = 700;
        let options = SimulateOptions { genes, depth: 2500.0, ..SimulateOptions::default() };
        let mut random = Random::of_seed(11);
        let shares: Vec<f64> = (0..genes).map(|_| (1.5 * random.normal()).exp()).collect();
        let mean = vec![1.0 / genes as f64; genes];
        let counts = Counts::new(&options, mean, &mut random);
        let (mut matrix, mut expected) = (CountMatrix::empty(genes), CountMatrix::empty(genes));
        for cell in 0..200 {
            counts.push(cell, &shares, shares.iter().sum(), &mut matrix);
            expected.push_row(plain(&counts, cell, &shares));
        }
        assert_eq!(matrix, expected);
        assert!(matrix.values.iter().any(|&count| count > 60.0), "large means are drawn in parts");
    }

    #[test]
    fn counts_have_the_mean_and_the_variance_of_the_model() {
        let cells = 40_000;
        let options = SimulateOptions { genes: 4, depth: 20.0, ambient: 0.0, ..SimulateOptions::default() };
        let shares = [0.5, 0.3, 0.19, 0.01];
        let counts = Counts::new(&options, vec![0.0; 4], &mut Random::of_seed(2));
        let mut matrix = CountMatrix::empty(4);
        (0..cells).for_each(|cell| counts.push(cell, &shares, 1.0, &mut matrix));
        // Both the depth and the noise are log-normal; the noise has mean 1.
        let depth = 20.0 * (DEPTH_SD * DEPTH_SD / 2.0).exp();
        let spread = (DEPTH_SD * DEPTH_SD + super::super::NOISE_SD * super::super::NOISE_SD).exp() - 1.0;
        for (gene, share) in shares.iter().enumerate() {
            let drawn: Vec<f64> = (0..cells).map(|cell| f64::from(matrix.get(cell, gene))).collect();
            let mean = drawn.iter().sum::<f64>() / cells as f64;
            let variance = drawn.iter().map(|count| (count - mean).powi(2)).sum::<f64>() / cells as f64;
            let expected = depth * share;
            let around = expected + spread * expected * expected;
            assert!((mean / expected - 1.0).abs() < 0.03, "gene {gene}: {mean} and {expected}");
            assert!((variance / around - 1.0).abs() < 0.06, "gene {gene}: {variance} and {around}");
        }
    }
}
