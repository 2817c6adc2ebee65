//! Draws from a named generator, so that a seed means the same everywhere.

use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// Largest mean of a Poisson number that is drawn at once; larger ones are drawn in parts.
pub(super) const PART: f64 = 16.0;

/// Xoshiro256++.
#[derive(Clone)]
pub(super) struct Random(Xoshiro256PlusPlus);

/// What is drawn beside the cells that every simulation has: each has its own stream, so that asking for one changes
/// nothing else.
#[derive(Clone, Copy, Debug)]
pub(super) enum Extra {
    Overlap = 1,
    Grading,
    Children,
    Rare,
    Batches,
}

impl Random {
    pub(super) fn of_seed(seed: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    pub(super) fn of_extra(seed: u64, extra: Extra) -> Self {
        // A jump far from the plain seeds, which are small numbers.
        Self::of_seed(seed ^ (extra as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// The generator of one of many things, whose seeds are far apart.
    pub(super) fn of_item(key: u64, number: usize) -> Self {
        Self::of_seed(key.wrapping_add((number as u64).wrapping_mul(0xd134_2543_de82_ef95)))
    }

    /// Uniform in [0, 1), of 53 bits.
    pub(super) fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A whole number below `bound`.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.0.next_u64()) * bound as u128) >> 64) as usize
    }

    /// Fisher–Yates.
    pub(super) fn shuffle(&mut self, values: &mut [usize]) {
        for last in (1..values.len()).rev() {
            values.swap(last, self.below(last + 1));
        }
    }

    /// Standard normal (Box & Muller 1958).
    pub(super) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// 64 random bits.
    pub(super) fn word(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// The next words.
    pub(super) fn words(&mut self, to: &mut [u64]) {
        to.iter_mut().for_each(|word| *word = self.0.next_u64());
    }

    /// Poisson: by inversion, large means in parts (a sum of Poisson numbers is one).
    pub(super) fn poisson(&mut self, mut mean: f64) -> u64 {
        let mut count = 0;
        while mean > 0.0 {
            let part = mean.min(PART);
            mean -= part;
            let mut left = self.uniform();
            let mut chance = (-part).exp();
            let mut drawn = 0u64;
            while left >= chance && chance > 0.0 {
                left -= chance;
                drawn += 1;
                chance *= part / drawn as f64;
            }
            count += drawn;
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn poisson_numbers_have_the_right_mean_and_variance() {
        let mut random = Random::of_seed(5);
        for mean in [0.3, 4.0, 70.0] {
            let drawn: Vec<f64> = (0..20_000).map(|_| random.poisson(mean) as f64).collect();
            let average = drawn.iter().sum::<f64>() / 20_000.0;
            let variance = drawn.iter().map(|d| (d - average).powi(2)).sum::<f64>() / 20_000.0;
            assert!(
                (average - mean).abs() < 0.03 * mean && (variance - mean).abs() < 0.05 * mean,
                "{average} {variance}"
            );
        }
    }
}
