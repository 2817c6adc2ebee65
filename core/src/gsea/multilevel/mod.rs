//! Probabilities far below 1 / permutations by adaptive multilevel splitting (Korotkevich, Sukhov, Budin, Shpak,
//! Artyomov, Sergushichev 2021, "Fast gene set enrichment analysis").
//!
//! The probability that a random set of the same size scores as high is a product of conditional ones, each near
//! 1/2: of random sets those up to the median are replaced by copies of the others, which then wander by swaps of
//! single genes that keep them above the median. The means and variances of the logarithms of the steps are those
//! of order statistics, which gives p and its error. As in fgsea, the error takes the copies for independent of what
//! they were copied from; repeated with other seeds, log2 p scatters up to 1.8 times as far.
//!
//! Three things differ from fgsea. Sets of one size and sign share a ladder, whatever their number. Whether a swap
//! is kept is first asked at the place where the walk was high enough last time, which most often answers it. And
//! equal heights are told apart by a random number that belongs to a set's state, so that rankings of mostly zeros,
//! where half of the sets may have one height, are climbed like any other.

mod ladder;
mod sample;

use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

use self::{
    ladder::{Target, climb},
    sample::Slope,
};
use crate::{parallel, stats::beta::variance_log};

/// Options of multilevel splitting; the defaults are fgsea's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Multilevel {
    /// Random sets on the ladder; an odd number.
    pub sample_size: usize,
    /// Smallest p told apart.
    pub smallest: f64,
    /// Swaps kept at a step by each random set, as a share of its genes.
    pub moves: f64,
}

impl Default for Multilevel {
    fn default() -> Self {
        Self { sample_size: 101, smallest: 1e-50, moves: 1.0 }
    }
}

impl Multilevel {
    /// Standard error of log2 p to be expected for a p.
    pub fn expected_log2_error(&self, p: f64) -> f64 {
        let n = self.sample_size;
        let steps = (1.0 - p.log2()).floor();
        (steps * variance_log(n.div_ceil(2), n)).sqrt() / std::f64::consts::LN_2
    }
}

/// An estimated probability.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tail {
    /// p among random sets of the same sign; where it is below [`Multilevel::smallest`], that.
    pub p: f64,
    /// Standard error of log2 p; none where p is only known to be smaller.
    pub log2_error: Option<f64>,
}

/// Tails of sets: `(ascending places, share of random sets whose score has the set's sign)`.
///
/// Every size and sign has a generator of its own, so that a set's p does not depend on the other sets.
pub fn tails(weights: &[f64], queries: &[(&[u32], f64)], options: &Multilevel, seed: u64) -> Vec<Tail> {
    let n = weights.len() as u32;
    let backwards: Vec<f64> = weights.iter().rev().copied().collect();
    // (size, towards the end, height, query)
    let mut tasks: Vec<(usize, bool, i64, usize)> = Vec::with_capacity(queries.len());
    for (i, (hits, _)) in queries.iter().enumerate() {
        let (highest, lowest) = Slope::new(weights, hits.len()).extremes(hits.iter().copied());
        if highest >= lowest {
            tasks.push((hits.len(), false, highest, i));
        } else {
            let reversed = hits.iter().rev().map(|&hit| n - 1 - hit);
            let height = Slope::new(&backwards, hits.len()).extremes(reversed).0;
            tasks.push((hits.len(), true, height, i));
        }
    }
    tasks.sort_unstable();
    let ladders: Vec<&[(usize, bool, i64, usize)]> =
        tasks.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)).collect();
    // The longest first, so that threads finish together.
    let found = parallel::map(ladders.len(), |i| {
        let ladder = ladders[ladders.len() - 1 - i];
        let (size, reversed, ..) = ladder[0];
        let slope = Slope::new(if reversed { &backwards } else { weights }, size);
        let targets: Vec<Target> =
            ladder.iter().map(|&(_, _, height, query)| Target { height, share: queries[query].1 }).collect();
        let name = (size as u64) << 1 | u64::from(reversed);
        let seed = seed ^ name.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        climb(&slope, size, &targets, options, &mut Xoshiro256PlusPlus::seed_from_u64(seed))
    });
    let mut out = vec![Tail { p: 1.0, log2_error: None }; queries.len()];
    for (ladder, found) in ladders.iter().rev().zip(found) {
        for (&(.., query), tail) in ladder.iter().zip(found) {
            out[query] = tail;
        }
    }
    out
}
