//! Permutations made once, for many rankings.

use super::{
    null::{GROUP, Sets, append, make_tables, walk_block},
    permutations::Permutations,
    places::{LANES, Place, Weights},
    walk::AllZero,
};
use crate::parallel;

/// Permutations made once, for many rankings of as many genes.
pub struct Deck {
    permutations: usize,
    tables: Tables,
}

enum Tables {
    Short(Vec<Vec<[u16; LANES]>>),
    Long(Vec<Vec<[u32; LANES]>>),
}

impl std::fmt::Debug for Deck {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Deck").field("permutations", &self.permutations).finish_non_exhaustive()
    }
}

impl Deck {
    /// Keeps `genes` × `permutations` places of 2 bytes, or 4 of more than 65,536 genes.
    pub fn new(genes: usize, permutations: usize, source: &mut impl Permutations) -> Self {
        let mut order: Vec<u32> = (0..genes as u32).collect();
        let tables = if genes <= usize::from(u16::MAX) + 1 {
            Tables::Short(make_tables(permutations, Vec::new(), &mut order, source))
        } else {
            Tables::Long(make_tables(permutations, Vec::new(), &mut order, source))
        };
        Self { permutations, tables }
    }

    /// Enrichment scores `[sets][permutations]`, the same as those of the permutations one by one.
    pub fn scores(&self, weights: &[f64], sets: &[&[u32]], zero: AllZero) -> Vec<Vec<f64>> {
        self.deal(weights, Sets::Any(sets), zero)
    }

    /// The same of sets that are the genes in the first places, so many as each of `sizes`, which rise.
    pub(super) fn scores_of_sizes(&self, weights: &[f64], sizes: &[usize], zero: AllZero) -> Vec<Vec<f64>> {
        self.deal(weights, Sets::Prefixes(sizes), zero)
    }

    fn deal(&self, weights: &[f64], sets: Sets<'_>, zero: AllZero) -> Vec<Vec<f64>> {
        let mut out = vec![Vec::with_capacity(self.permutations); sets.len()];
        match &self.tables {
            Tables::Short(tables) => deal(tables, weights, sets, zero, &mut out),
            Tables::Long(tables) => deal(tables, weights, sets, zero, &mut out),
        };
        out.iter_mut().for_each(|scores| scores.truncate(self.permutations));
        out
    }
}

fn deal<P: Place>(
    tables: &[Vec<[P; LANES]>],
    weights: &[f64],
    sets: Sets<'_>,
    zero: AllZero,
    out: &mut [Vec<f64>],
) {
    let weights = Weights::of(weights);
    let mut walked = Vec::new();
    for tables in tables.chunks(GROUP) {
        walked.resize_with(tables.len(), Vec::new);
        parallel::for_each_mut(&mut walked, |b, block| {
            walk_block(&weights, &tables[b], sets, zero, block);
        });
        append(out, &walked, usize::MAX);
    }
}
