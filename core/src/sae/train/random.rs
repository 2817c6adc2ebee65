//! Seeded random numbers that do not depend on a mathematical library: only integers, sums and exact roots.

use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// What a stream of random numbers is for: each use has its own, so that a resumed run draws the same.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    /// The first dictionary.
    Dictionary,
    /// The test cells.
    Split,
    /// The order of cells in an epoch.
    Shuffle(u32),
    /// Resampling after an epoch.
    Resample(u32),
    /// The anchors of an archetypal dictionary.
    Anchors,
    /// Its first mixtures.
    Mixture,
    /// Cells that the size of a dictionary is chosen on.
    Size,
    /// Random dictionaries that matches are compared with.
    Null(u32),
    /// What is drawn for a blinded study.
    Study(u32),
}

/// Xoshiro256++ for a purpose.
pub(crate) fn generator(seed: u64, purpose: Purpose) -> Xoshiro256PlusPlus {
    let (kind, number) = match purpose {
        Purpose::Dictionary => (1u64, 0),
        Purpose::Split => (2, 0),
        Purpose::Shuffle(epoch) => (3, epoch),
        Purpose::Resample(epoch) => (4, epoch),
        Purpose::Anchors => (5, 0),
        Purpose::Mixture => (6, 0),
        Purpose::Size => (7, 0),
        Purpose::Null(number) => (8, number),
        Purpose::Study(number) => (9, number),
    };
    // One SplitMix64 step mixes the seed, so that neighbouring seeds share no stream.
    let mut mixed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    Xoshiro256PlusPlus::seed_from_u64((mixed ^ (mixed >> 31)) ^ (kind << 56) ^ u64::from(number))
}

/// Uniform in [0, 1), 53 bits.
pub(crate) fn uniform(rng: &mut impl Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64
}

/// Nearly normal: the sum of twelve uniform numbers, centred. Variance 1.
pub(crate) fn nearly_normal(rng: &mut impl Rng) -> f64 {
    (0..12).map(|_| uniform(rng)).sum::<f64>() - 6.0
}

/// A stream of nearly normal numbers.
pub(crate) fn nearly_normal_stream(seed: u64) -> impl FnMut() -> f64 {
    let mut rng = generator(seed, Purpose::Dictionary);
    move || nearly_normal(&mut rng)
}

/// A number below `n`, without bias (Lemire 2019).
pub(crate) fn below(rng: &mut impl Rng, n: u32) -> u32 {
    let n = u64::from(n);
    loop {
        let product = (rng.next_u64() >> 32) * n;
        if product & 0xffff_ffff >= (1u64 << 32) % n {
            return (product >> 32) as u32;
        }
    }
}

/// Fisher–Yates.
pub(crate) fn shuffle<T>(rng: &mut impl Rng, values: &mut [T]) {
    for i in (1..values.len()).rev() {
        values.swap(i, below(rng, i as u32 + 1) as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shuffles_are_permutations_and_differ_by_epoch() {
        let order = |epoch| {
            let mut order: Vec<u32> = (0..100).collect();
            shuffle(&mut generator(7, Purpose::Shuffle(epoch)), &mut order);
            order
        };
        let mut sorted = order(1);
        assert_ne!(sorted, order(2));
        assert_eq!(sorted, order(1));
        sorted.sort_unstable();
        assert_eq!(sorted, (0..100).collect::<Vec<_>>());
    }

    #[test]
    fn nearly_normal_has_mean_0_and_variance_1() {
        let mut rng = generator(1, Purpose::Dictionary);
        let values: Vec<f64> = (0..100_000).map(|_| nearly_normal(&mut rng)).collect();
        let mean = values.iter().sum::<f64>() / 1e5;
        let variance = values.iter().map(|v| v * v).sum::<f64>() / 1e5;
        assert!(mean.abs() < 0.02 && (variance - 1.0).abs() < 0.02);
    }
}
