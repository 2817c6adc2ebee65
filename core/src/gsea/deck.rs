//! Permutations made once, for many rankings.

use super::{
    network::Network,
    null::{GROUP, append, make_tables, networks, walk_block},
    permutations::Permutations,
    walk::{AllZero, LANES, Place},
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
        let blocks = permutations.div_ceil(LANES);
        let tables = if genes <= usize::from(u16::MAX) + 1 {
            Tables::Short(make_tables(blocks, Vec::new(), &mut order, source))
        } else {
            Tables::Long(make_tables(blocks, Vec::new(), &mut order, source))
        };
        Self { permutations, tables }
    }

    /// Enrichment scores `[sets][permutations]`, the same as those of the permutations one by one.
    pub fn scores(&self, weights: &[f64], sets: &[&[u32]], zero: AllZero) -> Vec<Vec<f64>> {
        let networks = networks(sets);
        let mut out = vec![Vec::with_capacity(self.permutations); sets.len()];
        match &self.tables {
            Tables::Short(tables) => deal(tables, weights, sets, zero, &networks, &mut out),
            Tables::Long(tables) => deal(tables, weights, sets, zero, &networks, &mut out),
        };
        out.iter_mut().for_each(|scores| scores.truncate(self.permutations));
        out
    }
}

fn deal<P: Place>(
    tables: &[Vec<[P; LANES]>],
    weights: &[f64],
    sets: &[&[u32]],
    zero: AllZero,
    networks: &[Option<Network>],
    out: &mut [Vec<f64>],
) {
    let weights = P::weights(weights);
    let mut walked = Vec::new();
    for tables in tables.chunks(GROUP) {
        walked.resize_with(tables.len(), Vec::new);
        parallel::for_each_mut(&mut walked, |b, block| {
            walk_block(&weights, &tables[b], sets, zero, networks, block);
        });
        append(out, &walked, usize::MAX);
    }
}
