//! Welch's test of many genes side by side: arithmetic without branches, which vectors do. t and the difference of means are
//! those of [`welch_test`] to the bit, p and the fold change but for the last digits.

use super::{
    moments::Detected,
    t_test::{MANY, NEAR, deviate, welch_test},
};
use crate::{
    simd::{Simd, WithSimd, widest},
    stats::exponential::{exp, expm1, log2},
};

/// Genes of one call.
pub(super) const GENES: usize = 64;

/// What is known of some genes in one group of cells.
#[derive(Clone, Copy)]
pub(super) struct Group {
    size: f64,
    cells: [f64; GENES],
    sums: [f64; GENES],
    squares: [f64; GENES],
}

/// What the tests of some genes say.
pub(super) struct Together {
    pub(super) t: [f64; GENES],
    pub(super) mean_difference: [f64; GENES],
    pub(super) log2_fold_change: [f64; GENES],
    pub(super) p: [f64; GENES],
}

impl Group {
    /// Of so many cells; nothing is known yet.
    pub(super) fn new(size: usize) -> Self {
        let none = [0.0; GENES];
        Self { size: size as f64, cells: none, sums: none, squares: none }
    }

    /// What is known of the gene at this place.
    #[inline(always)]
    pub(super) fn set(&mut self, place: usize, gene: Detected) {
        self.cells[place] = gene.cells;
        self.sums[place] = gene.sum;
        self.squares[place] = gene.squares;
    }

    #[inline(always)]
    fn gene(&self, place: usize) -> Detected {
        Detected { cells: self.cells[place], sum: self.sums[place], squares: self.squares[place] }
    }

    fn moments(&self, place: usize) -> (f64, f64, f64) {
        let gene = self.gene(place);
        (gene.mean_among(self.size), gene.variance_among(self.size), self.size)
    }
}

/// Tests every place.
pub(super) fn welch_together(group: &Group, reference: &Group) -> Together {
    widest(Tests { group, reference })
}

struct Tests<'a> {
    group: &'a Group,
    reference: &'a Group,
}

impl WithSimd for Tests<'_> {
    type Output = Together;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Together {
        let Self { group, reference } = self;
        let none = [0.0; GENES];
        let mut found = Together { t: none, mean_difference: none, log2_fold_change: none, p: none };
        let mut plain = [true; GENES];
        // plain loops of few things each: iterators are not always inlined into functions of the processor's own instructions
        #[allow(clippy::needless_range_loop)]
        for place in 0..GENES {
            let (a, b) = (group.gene(place), reference.gene(place));
            let (mean_a, mean_b) = (a.mean_among(group.size), b.mean_among(reference.size));
            let spread_a = a.variance_among(group.size) / group.size;
            let spread_b = b.variance_among(reference.size) / reference.size;
            let both = spread_a + spread_b;
            let score = (mean_a - mean_b) / both.sqrt();
            let freedom = both * both
                / (spread_a * spread_a / (group.size - 1.0) + spread_b * spread_b / (reference.size - 1.0));
            plain[place] = (freedom >= MANY) & (score.abs() <= NEAR);
            found.t[place] = score;
            found.mean_difference[place] = mean_a - mean_b;
            found.p[place] = two_sided_normal(deviate(score * score, freedom));
        }
        #[allow(clippy::needless_range_loop)]
        for place in 0..GENES {
            let a = group.sums[place] / if group.size > 1.0 { group.size } else { 1.0 };
            let b = reference.sums[place] / if reference.size > 1.0 { reference.size } else { 1.0 };
            found.log2_fold_change[place] = log2((expm1(a) + 1e-9) / (expm1(b) + 1e-9));
        }
        for place in (0..GENES).filter(|&place| !plain[place]) {
            let tested = welch_test(group.moments(place), reference.moments(place));
            // A file of JSON holds no infinite t: without any spread nothing is tested.
            let finite = tested.score.is_finite();
            (found.t[place], found.p[place]) = if finite { (tested.score, tested.p) } else { (0.0, 1.0) };
        }
        found
    }
}

/// e^z² · erfc z as a polynomial in 1 / (1 + z/3), for z from 0 to 4¼, where that is 12/29 to 1: interpolated at Chebyshev's
/// points, wrong by 1e-15 of itself at most. In rising powers of the place between both ends, −1 to 1.
const TAIL: [f64; 17] = [
    0.369_100_202_675_559_15,
    0.369_758_591_380_718_8,
    0.180_229_934_216_99,
    0.063_538_615_208_210_61,
    0.015_365_636_170_932_82,
    0.002_085_147_710_308_127,
    -1.977_592_965_108_742e-5,
    -5.660_229_272_941_623e-5,
    -3.490_772_906_492_899_8e-6,
    1.671_452_158_598_542e-6,
    1.336_456_466_284_748_3e-7,
    -6.345_955_027_815_734e-8,
    -2.516_144_627_772_021_4e-9,
    2.703_467_853_039_476e-9,
    -1.105_396_813_930_488_3e-10,
    -9.557_832_680_111_036e-11,
    1.310_728_868_447_552_7e-11,
];

/// Probability that a normal deviate is at least so far from 0, up to 6.
#[inline(always)]
fn two_sided_normal(deviate: f64) -> f64 {
    let z = deviate * std::f64::consts::FRAC_1_SQRT_2;
    // 2·(1/(1 + z/3) − 12/29)·29/17 − 1
    let place = (58.0 / 17.0) / (1.0 + z * (1.0 / 3.0)) - 41.0 / 17.0;
    let mut sum = TAIL[TAIL.len() - 1];
    for power in (0..TAIL.len() - 1).rev() {
        sum = sum * place + TAIL[power];
    }
    sum * exp(-0.5 * deviate * deviate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::differential::genes::log2_fold_change;

    #[test]
    fn the_tail_is_that_of_libm() {
        for step in 0..=6000 {
            let deviate = f64::from(step) / 1000.0;
            let exact = libm::erfc(deviate / std::f64::consts::SQRT_2);
            assert!((two_sided_normal(deviate) / exact - 1.0).abs() < 1e-14, "{deviate}");
        }
    }

    #[test]
    fn side_by_side_they_are_the_tests_alone() {
        // many cells and few; genes in no cell, in all with equal values, and in some
        for sizes in [(1000, 700), (5, 3), (1, 1), (400, 2)] {
            let (mut a, mut b) = (Group::new(sizes.0), Group::new(sizes.1));
            for place in 0..GENES {
                let gene = |size: usize, by: f64| {
                    let cells = (size as f64 * (place % 8) as f64 / 7.0).floor();
                    let mean = 0.3 + by * place as f64 / 90.0;
                    let spread = if place % 3 == 0 { 1.0 } else { 1.4 };
                    Detected { cells, sum: cells * mean, squares: cells * mean * mean * spread }
                };
                a.set(place, gene(sizes.0, 1.0));
                b.set(place, gene(sizes.1, 1.01));
            }
            let found = welch_together(&a, &b);
            for place in 0..GENES {
                let (left, right) = (a.moments(place), b.moments(place));
                let alone = welch_test(left, right);
                if alone.score.is_finite() {
                    assert_eq!(found.t[place], alone.score);
                    assert!((found.p[place] - alone.p).abs() <= 1e-11 * alone.p, "{sizes:?} {place}");
                } else {
                    assert_eq!((found.t[place], found.p[place]), (0.0, 1.0));
                }
                let fold = log2_fold_change(left.0, right.0);
                let near = (found.log2_fold_change[place] - fold).abs() <= 1e-13 * fold.abs().max(0.01);
                assert!(near, "{sizes:?} {place}: {} {fold}", found.log2_fold_change[place]);
            }
        }
    }
}
