//! The expected share of each gene in a cell.

use super::{SimulateOptions, state::State};
use crate::parallel;

/// Cells whose shares one thread adds up.
const PART: usize = 64;
/// Parts that are added up at the same time.
const PARTS: usize = 16;

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

    /// Mean share of each gene over these cells.
    pub(super) fn mean(&self, states: &[State]) -> Vec<f64> {
        let mut mean = vec![0.0; self.genes];
        for states in states.chunks(PART * PARTS) {
            let parts: Vec<&[State]> = states.chunks(PART).collect();
            for sums in parallel::map(parts.len(), |part| self.sums(parts[part])) {
                mean.iter_mut().zip(sums).for_each(|(mean, sum)| *mean += sum);
            }
        }
        mean.iter_mut().for_each(|mean| *mean /= states.len() as f64);
        mean
    }

    fn sums(&self, states: &[State]) -> Vec<f64> {
        let mut sums = vec![0.0; self.genes];
        let mut cell = CellShares::new(self);
        for state in states {
            let part = 1.0 / cell.fill(state);
            sums.iter_mut().zip(&cell.values).for_each(|(sum, value)| *sum += value * part);
        }
        sums
    }
}

/// Shares of one cell after another, in the same memory.
pub(super) struct CellShares<'a> {
    of: &'a Shares,
    /// Of all genes, not yet divided by their sum.
    pub(super) values: Vec<f64>,
    /// Zero outside [`Self::fill`].
    logarithms: Vec<f64>,
}

impl<'a> CellShares<'a> {
    pub(super) fn new(of: &'a Shares) -> Self {
        Self { of, values: vec![0.0; of.genes], logarithms: vec![0.0; of.genes] }
    }

    /// Shares in this cell; returns their sum. Few genes are raised in any; the others keep their level.
    pub(super) fn fill(&mut self, state: &State) -> f64 {
        let Self { of, values, logarithms } = self;
        let group = |of: &'a [f64], number: usize, genes: usize| &of[number * genes..(number + 1) * genes];
        let levels = group(&of.levels, state.donor, of.genes);
        if of.batches.is_empty() {
            values.copy_from_slice(levels);
        } else {
            let effects = group(&of.batches, state.batch, of.genes);
            for ((value, level), effect) in values.iter_mut().zip(levels).zip(effects) {
                *value = level * effect;
            }
        }
        let active = || of.raised.iter().zip(&state.activity).filter(|(_, activity)| **activity != 0.0);
        for (genes, &activity) in active() {
            for &(gene, effect) in genes {
                logarithms[gene] += f64::from(effect * activity);
            }
        }
        for &(gene, _) in active().flat_map(|(genes, _)| genes) {
            // A gene of two programs has its sum at the first.
            let logarithm = std::mem::take(&mut logarithms[gene]);
            if logarithm != 0.0 {
                values[gene] *= logarithm.exp();
            }
        }
        sum(values)
    }
}

/// In eight parts, whatever the processor's vectors are.
fn sum(values: &[f64]) -> f64 {
    let mut parts = [0.0; 8];
    let whole = values.chunks_exact(8);
    let rest: f64 = whole.remainder().iter().sum();
    for values in whole {
        parts.iter_mut().zip(values).for_each(|(part, value)| *part += value);
    }
    parts.iter().sum::<f64>() + rest
}
