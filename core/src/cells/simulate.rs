//! Cells with planted gene programs, to measure what a method recovers where the truth is known.
//!
//! The expected share of a gene in a cell is its base level, raised by the programs active in the cell, times an
//! effect of the donor; a part of every cell's counts is ambient, drawn from the average of all cells. Counts are
//! Poisson around a log-normally disturbed expectation, with log-normal totals.

use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::{Cells, Column, CountMatrix, GeneNames};

/// What to simulate.
#[derive(Clone, Debug, PartialEq)]
pub struct SimulateOptions {
    /// Cells.
    pub cells: usize,
    /// Genes.
    pub genes: usize,
    /// Planted programs: one of cycling, one of an interferon-like response, one for each cell type.
    pub programs: usize,
    /// Donors.
    pub donors: usize,
    /// Median total count of a cell.
    pub depth: f64,
    /// Share of ambient counts.
    pub ambient: f64,
    /// Seed of Xoshiro256++.
    pub seed: u64,
}

impl Default for SimulateOptions {
    fn default() -> Self {
        Self { cells: 3000, genes: 1500, programs: 12, donors: 4, depth: 4000.0, ambient: 0.05, seed: 1 }
    }
}

/// Simulated cells and the truth about them.
#[derive(Clone, Debug, PartialEq)]
pub struct Simulation {
    /// The cells, with columns `cell_type`, `donor_id`, `condition` and `cycling`.
    pub cells: Cells,
    /// Names of the programs.
    pub programs: Vec<String>,
    /// Effect of each program on each gene, as a logarithm (natural); [genes, programs], row-major.
    pub effects: Vec<f32>,
    /// Activity of each program in each cell; [cells, programs], row-major.
    pub activity: Vec<f32>,
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
/// Share of cycling cells.
const CYCLING: f64 = 0.15;
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
/// If there are fewer than four programs, or too few genes or cells for them.
pub fn simulate(options: &SimulateOptions) -> Result<Simulation, SimulateError> {
    check(options)?;
    let mut random = Random(Xoshiro256PlusPlus::seed_from_u64(options.seed));
    let types = options.programs - STATES;
    let mut programs = vec!["cycling".to_owned(), "interferon response".to_owned()];
    programs.extend((1..=types).map(|t| format!("type {t}")));
    let base: Vec<f64> = (0..options.genes).map(|_| (BASE_SD * random.normal()).exp()).collect();
    let effects = plant(options, &mut random);
    let donor_effects: Vec<f64> =
        (0..options.donors * options.genes).map(|_| (DONOR_SD * random.normal()).exp()).collect();

    let states: Vec<State> =
        (0..options.cells).map(|cell| State::draw(cell, options, types, &mut random)).collect();
    let activity: Vec<f32> = states.iter().flat_map(|state| state.activity.iter().copied()).collect();
    let shares = |state: &State| {
        let donor = &donor_effects[state.donor * options.genes..(state.donor + 1) * options.genes];
        let mut shares: Vec<f64> = (0..options.genes)
            .map(|gene| {
                let effect = &effects[gene * options.programs..(gene + 1) * options.programs];
                let raised: f64 = effect.iter().zip(&state.activity).map(|(e, a)| f64::from(e * a)).sum();
                base[gene] * donor[gene] * raised.exp()
            })
            .collect();
        let total: f64 = shares.iter().sum();
        shares.iter_mut().for_each(|share| *share /= total);
        shares
    };
    let mut ambient = vec![0.0; options.genes];
    for state in &states {
        for (sum, share) in ambient.iter_mut().zip(shares(state)) {
            *sum += share / options.cells as f64;
        }
    }
    let mut counts = CountMatrix::empty(options.genes);
    let mut row = Vec::new();
    for state in &states {
        let depth = options.depth * (DEPTH_SD * random.normal()).exp();
        row.clear();
        for (gene, (share, ambient)) in shares(state).into_iter().zip(&ambient).enumerate() {
            let noise = (NOISE_SD * random.normal() - NOISE_SD * NOISE_SD / 2.0).exp();
            let mean = depth * ((1.0 - options.ambient) * share * noise + options.ambient * ambient);
            let count = random.poisson(mean);
            if count > 0 {
                row.push((gene as u32, count as f32));
            }
        }
        counts.push_row(row.iter().copied());
    }
    let cells = describe(options, &states, counts);
    Ok(Simulation { cells, programs, effects, activity })
}

fn check(options: &SimulateOptions) -> Result<(), SimulateError> {
    let refuse = |message: String| Err(SimulateError(message));
    if options.programs < STATES + 2 {
        return refuse(format!(
            "{} programs: at least {} are needed (two cell types)",
            options.programs,
            STATES + 2
        ));
    }
    if options.genes / 2 < options.programs.saturating_mul(LEAST_GENES) {
        let least = options.programs.saturating_mul(2 * LEAST_GENES);
        return refuse(format!(
            "{} genes are too few for {} programs: at least {least}",
            options.genes, options.programs
        ));
    }
    if options.cells == 0 || options.donors == 0 || options.donors > options.cells {
        return refuse(format!(
            "{} cells of {} donors: at least one of each is needed",
            options.cells, options.donors
        ));
    }
    if u32::try_from(options.cells).is_err() || u32::try_from(options.genes).is_err() || options.donors > 1000
    {
        return refuse("more cells, genes or donors than can be counted".into());
    }
    let depth_fits = options.depth > 0.0 && options.depth <= 1e7;
    if !(depth_fits && (0.0..1.0).contains(&options.ambient)) {
        let SimulateOptions { depth, ambient, .. } = options;
        return refuse(format!(
            "depth {depth} or ambient share {ambient} is out of range (0 to 1e7; 0 to less than 1)"
        ));
    }
    Ok(())
}

/// Gives each program genes of its own, and each of these an effect.
fn plant(options: &SimulateOptions, random: &mut Random) -> Vec<f32> {
    let mut genes: Vec<usize> = (0..options.genes).collect();
    for last in (1..genes.len()).rev() {
        genes.swap(last, random.below(last + 1));
    }
    let size = (options.genes / (2 * options.programs)).clamp(LEAST_GENES, MOST_GENES);
    let mut effects = vec![0.0; options.genes * options.programs];
    for (program, genes) in genes.chunks_exact(size).take(options.programs).enumerate() {
        for gene in genes {
            effects[gene * options.programs + program] = (1.2 + 1.6 * random.uniform()) as f32;
        }
    }
    effects
}

/// What a cell is.
struct State {
    kind: usize,
    donor: usize,
    stimulated: bool,
    cycling: bool,
    activity: Vec<f32>,
}

impl State {
    fn draw(cell: usize, options: &SimulateOptions, types: usize, random: &mut Random) -> Self {
        // Later types are rarer; the first cells are one of each, so that none is missing.
        let weight = |kind: usize| 1.0 / (1.0 + 0.3 * kind as f64);
        let mut point = random.uniform() * (0..types).map(weight).sum::<f64>();
        let drawn = (0..types).find(|&kind| {
            point -= weight(kind);
            point < 0.0
        });
        let kind = if cell < types { cell } else { drawn.unwrap_or(types - 1) };
        let donor = if cell < options.donors { cell } else { random.below(options.donors) };
        let stimulated = random.uniform() < 0.5;
        let cycling = random.uniform() < CYCLING;
        let mut activity = vec![0.0; options.programs];
        let mut strength = |on: bool| if on { (0.7 + 0.6 * random.uniform()) as f32 } else { 0.0 };
        activity[0] = strength(cycling);
        activity[1] = strength(stimulated);
        activity[STATES + kind] = strength(true);
        Self { kind, donor, stimulated, cycling, activity }
    }
}

fn describe(options: &SimulateOptions, states: &[State], counts: CountMatrix) -> Cells {
    let column = |name: &str, labels: Vec<String>, code: &dyn Fn(&State) -> usize| Column {
        name: name.into(),
        labels,
        codes: states.iter().map(|state| code(state) as u16).collect(),
    };
    let numbered = |stem: &str, count: usize| (1..=count).map(|n| format!("{stem} {n}")).collect();
    let words = |words: [&str; 2]| words.map(str::to_owned).to_vec();
    Cells {
        counts,
        genes: GeneNames::from_index((1..=options.genes).map(|gene| format!("SIM{gene:05}")).collect()),
        names: (1..=options.cells).map(|cell| format!("cell{cell:06}")).collect(),
        columns: vec![
            column("cell_type", numbered("type", options.programs - STATES), &|state| state.kind),
            column("donor_id", numbered("donor", options.donors), &|state| state.donor),
            column("condition", words(["control", "interferon"]), &|state| usize::from(state.stimulated)),
            column("cycling", words(["no", "yes"]), &|state| usize::from(state.cycling)),
        ],
        umap: None,
        counts_source: "simulation".into(),
    }
}

/// Draws from a named generator, so that a seed means the same everywhere.
struct Random(Xoshiro256PlusPlus);

impl Random {
    /// Uniform in [0, 1), of 53 bits.
    fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A whole number below `bound`.
    fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.0.next_u64()) * bound as u128) >> 64) as usize
    }

    /// Standard normal (Box & Muller 1958).
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// Poisson: by inversion, large means in parts (a sum of Poisson numbers is one).
    fn poisson(&mut self, mut mean: f64) -> u64 {
        let mut count = 0;
        while mean > 0.0 {
            let part = mean.min(16.0);
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

    fn small() -> SimulateOptions {
        SimulateOptions { cells: 300, genes: 200, programs: 6, ..SimulateOptions::default() }
    }

    #[test]
    fn a_seed_gives_the_same_cells_again() {
        let one = simulate(&small()).unwrap();
        assert_eq!(one, simulate(&small()).unwrap());
        assert_ne!(one.cells.counts, simulate(&SimulateOptions { seed: 2, ..small() }).unwrap().cells.counts);
        assert!(one.cells.counts.validate().is_ok());
        assert!(one.cells.columns.iter().all(|column| column.label_counts().iter().all(|&count| count > 0)));
    }

    #[test]
    fn genes_of_a_program_are_higher_where_it_is_active() {
        let simulation = simulate(&small()).unwrap();
        let counts = &simulation.cells.counts;
        let totals = counts.row_sums();
        for program in 0..6 {
            let genes: Vec<usize> =
                (0..200).filter(|gene| simulation.effects[gene * 6 + program] > 0.0).collect();
            assert_eq!(genes.len(), 16);
            let (mut on, mut off) = (Vec::new(), Vec::new());
            for (cell, total) in totals.iter().enumerate() {
                let share = genes.iter().map(|&gene| f64::from(counts.get(cell, gene))).sum::<f64>() / total;
                if simulation.activity[cell * 6 + program] > 0.0 { on.push(share) } else { off.push(share) }
            }
            let mean = |shares: &[f64]| shares.iter().sum::<f64>() / shares.len() as f64;
            assert!(
                mean(&on) > 2.0 * mean(&off),
                "{}: {} and {}",
                simulation.programs[program],
                mean(&on),
                mean(&off)
            );
        }
    }

    #[test]
    fn poisson_numbers_have_the_right_mean_and_variance() {
        let mut random = Random(Xoshiro256PlusPlus::seed_from_u64(5));
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

    #[test]
    fn impossible_wishes_are_refused() {
        assert!(simulate(&SimulateOptions { programs: 3, ..small() }).is_err());
        assert!(simulate(&SimulateOptions { genes: 20, ..small() }).is_err());
        assert!(simulate(&SimulateOptions { cells: 0, ..small() }).is_err());
        assert!(simulate(&SimulateOptions { depth: f64::NAN, ..small() }).is_err());
    }
}
