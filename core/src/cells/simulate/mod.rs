//! Cells with planted gene programs, to measure what a method recovers where the truth is known.
//!
//! The expected share of a gene in a cell is its base level, raised by the programs active in the cell, times effects of
//! the donor and the batch; a part of every cell's counts is ambient, drawn from the average of all cells. Counts are
//! Poisson around a log-normally disturbed expectation, with log-normal totals.
//!
//! Programs are a cell cycle, an interferon-like response and one for each cell type; by option they overlap, are graded,
//! cell types have children, and rare programs are added. What is not asked for draws no random number: the same options
//! give the same cells, whatever else could have been asked.
//!
//! | file | what |
//! |---|---|
//! | `check` | what is possible |
//! | `plant` | which genes a program raises |
//! | `state` | which programs are active in a cell |
//! | `sets` | the truth as gene sets, with decoys |
//! | `shares` | expected shares of genes in a cell |
//! | `counts` | counts around them |
//! | `noise`, `exponential` | what counts are drawn with |
//! | `simulator` | all of it, counts of some cells at a time |
//! | `random` | draws |

mod check;
mod counts;
mod exponential;
mod noise;
mod plant;
mod random;
mod sets;
mod shares;
mod simulator;
mod state;
#[cfg(test)]
mod tests;

use super::{Cells, CountMatrix, Roster};

pub use sets::{TrueSet, true_sets};
pub use simulator::{Simulator, Truth};

/// What to simulate.
#[derive(Clone, Debug, PartialEq)]
pub struct SimulateOptions {
    /// Cells.
    pub cells: usize,
    /// Genes.
    pub genes: usize,
    /// Planted programs: one of cycling, one of an interferon-like response, one for each cell type.
    pub programs: usize,
    /// Further programs in each cell type: each cell of it has one of these, too.
    pub children: usize,
    /// Further programs in 0.1 to 1 % of the cells.
    pub rare: usize,
    /// Share of a program's genes that it has from the program before.
    pub overlap: f64,
    /// Whether programs are active to any degree, from a tenth to all, instead of nearly all or nothing.
    pub graded: bool,
    /// Donors.
    pub donors: usize,
    /// Batches; one is none.
    pub batches: usize,
    /// Standard deviation of each batch's effects on genes, as natural logarithms.
    pub batch_effect: f64,
    /// Median total count of a cell.
    pub depth: f64,
    /// Share of ambient counts.
    pub ambient: f64,
    /// Seed of Xoshiro256++.
    pub seed: u64,
}

impl Default for SimulateOptions {
    fn default() -> Self {
        Self {
            cells: 3000,
            genes: 1500,
            programs: 12,
            children: 0,
            rare: 0,
            overlap: 0.0,
            graded: false,
            donors: 4,
            batches: 1,
            batch_effect: 0.3,
            depth: 4000.0,
            ambient: 0.05,
            seed: 1,
        }
    }
}

impl SimulateOptions {
    /// Whether what is asked for is possible, and of a size that one computer bears; [`simulate`] asks first.
    ///
    /// # Errors
    /// Says which number to change.
    pub fn check(&self) -> Result<(), SimulateError> {
        check::check(self)
    }

    /// Cell types.
    pub fn types(&self) -> usize {
        self.programs.saturating_sub(STATES)
    }

    /// Programs with all children and rare ones.
    pub fn all_programs(&self) -> usize {
        let children = self.types().saturating_mul(self.children);
        self.programs.saturating_add(children).saturating_add(self.rare)
    }
}

/// Simulated cells and the truth about them.
#[derive(Clone, Debug, PartialEq)]
pub struct Simulation {
    /// The cells, with columns `cell_type`, `donor_id`, `condition` and `cycling`; where they are asked for
    /// `cell_subtype`, `rare` and `batch`.
    pub cells: Cells,
    /// What was planted.
    pub truth: Truth,
}

/// Why a simulation is impossible.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct SimulateError(String);

/// Genes of a program, at least.
const LEAST_GENES: usize = 5;
/// Genes of a program, at most.
const MOST_GENES: usize = 60;
/// Programs that are no cell type.
const STATES: usize = 2;
/// Standard deviation of logarithms of base levels.
const BASE_SD: f64 = 1.2;
/// … of donor effects.
const DONOR_SD: f64 = 0.15;
/// … of totals.
const DEPTH_SD: f64 = 0.35;
/// … of the noise of each count.
const NOISE_SD: f64 = 0.3;

/// Simulates cells.
///
/// ```
/// use cellprism_core::cells::simulate::{SimulateOptions, simulate};
///
/// let options = SimulateOptions { cells: 200, genes: 600, ..SimulateOptions::default() };
/// let simulated = simulate(&options)?;
/// assert_eq!((simulated.cells.counts.rows, simulated.cells.counts.cols), (200, 600));
/// assert_eq!(simulated, simulate(&options)?, "the same seed, the same cells");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If there are fewer than four programs, too few genes or cells for them, or more of anything than memory bears.
pub fn simulate(options: &SimulateOptions) -> Result<Simulation, SimulateError> {
    let mut simulator = Simulator::new(options)?;
    let Roster { genes, names, columns, umap, counts_source, .. } = simulator.roster();
    let mut counts = CountMatrix::empty(options.genes);
    while let Some(parts) = simulator.rows() {
        for part in parts {
            counts.append(&part).map_err(|error| SimulateError(error.to_string()))?;
        }
    }
    let cells = Cells { counts, genes, names, columns, umap, counts_source };
    Ok(Simulation { cells, truth: simulator.truth() })
}
