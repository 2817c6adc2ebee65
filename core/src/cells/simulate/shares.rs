//! The expected share of each gene in a cell.

use super::{SimulateOptions, state::State};

/// What shares are computed from.
pub(super) struct Shares {
    genes: usize,
    /// Base level times the donor's effect, `[donors, genes]`.
    levels: Vec<f64>,
    /// `[batches, genes]`; empty where there is one batch.
    batches: Vec<f64>,
    /// Genes that each program raises, with the logarithm.
    raised: Vec<Vec<(usize, f32)>>,
}

impl Shares {
    /// From base levels, effects of donors `[donors, genes]` and batches, and of programs `[genes, programs]`.
    pub(super) fn of(
        options: &SimulateOptions,
        base: &[f64],
        mut donors: Vec<f64>,
        batches: Vec<f64>,
        effects: &[f32],
    ) -> Self {
        let genes = options.genes;
        for effects in donors.chunks_mut(genes) {
            effects.iter_mut().zip(base).for_each(|(effect, base)| *effect *= base);
        }
        let programs = effects.len() / genes;
        let of_program = |program: usize| -> Vec<(usize, f32)> {
            let effect = |gene: usize| (gene, effects[gene * programs + program]);
            (0..genes).map(effect).filter(|&(_, effect)| effect != 0.0).collect()
        };
        Self { genes, levels: donors, batches, raised: (0..programs).map(of_program).collect() }
    }

    /// Shares of all genes in a cell. Few genes are raised in any; the others keep their level.
    pub(super) fn in_cell(&self, state: &State) -> Vec<f64> {
        let group = |of: &[f64], number: usize| of[number * self.genes..(number + 1) * self.genes].to_vec();
        let mut shares = group(&self.levels, state.donor);
        let mut logarithms = vec![0.0f64; self.genes];
        for (genes, &activity) in self.raised.iter().zip(&state.activity).filter(|(_, a)| **a != 0.0) {
            for &(gene, effect) in genes {
                logarithms[gene] += f64::from(effect * activity);
            }
        }
        for (share, logarithm) in shares.iter_mut().zip(&logarithms).filter(|(_, l)| **l != 0.0) {
            *share *= logarithm.exp();
        }
        if !self.batches.is_empty() {
            let effects = &self.batches[state.batch * self.genes..(state.batch + 1) * self.genes];
            shares.iter_mut().zip(effects).for_each(|(share, effect)| *share *= effect);
        }
        let total: f64 = shares.iter().sum();
        shares.iter_mut().for_each(|share| *share /= total);
        shares
    }
}
