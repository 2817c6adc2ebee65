//! Where permutations come from.

use rand_core::Rng;

use super::shuffle::shuffle;

/// A source of permutations: fills `order` so that `order[place]` is the gene there.
pub trait Permutations {
    /// The next permutation, made from the one before it.
    fn next(&mut self, order: &mut [u32]);
}

/// Cumulative shuffles of the first `places` genes, as a rule of all: GSEApy's permutations.
pub(super) struct Shuffles<R> {
    /// Generator.
    pub rng: R,
    /// So many first places take part.
    pub places: usize,
}

impl<R: Rng> Permutations for Shuffles<R> {
    fn next(&mut self, order: &mut [u32]) {
        let places = self.places.min(order.len());
        shuffle(&mut order[..places], &mut self.rng);
    }
}

/// Shuffles within strata: each list of places is shuffled on its own.
pub struct WithinStrata<R> {
    /// Generator.
    pub rng: R,
    /// Places of each stratum.
    pub strata: Vec<Vec<u32>>,
}

impl<R: Rng> Permutations for WithinStrata<R> {
    fn next(&mut self, order: &mut [u32]) {
        for places in &self.strata {
            let mut genes: Vec<u32> = places.iter().map(|&place| order[place as usize]).collect();
            shuffle(&mut genes, &mut self.rng);
            for (&place, &gene) in places.iter().zip(&genes) {
                order[place as usize] = gene;
            }
        }
    }
}
