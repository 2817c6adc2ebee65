//! A simulation whose counts are drawn some cells at a time: what is kept of a cell are its state and its name.

use super::{
    BASE_SD, DONOR_SD, SimulateError, SimulateOptions, check,
    counts::Counts,
    plant::{self, Names},
    random::{Extra, Random},
    shares::{CellShares, Shares},
    state::{self, State},
};
use crate::{
    cells::{Column, CountMatrix, GeneNames, Roster},
    parallel,
};

/// Counts of cells and genes that are looked at together, at most.
const HELD: usize = 1 << 22;
/// Cells that one thread draws before the next are given out.
const PART: usize = 16;

/// What was planted.
#[derive(Clone, Debug, PartialEq)]
pub struct Truth {
    /// Names of the programs.
    pub programs: Vec<String>,
    /// For each child its cell type, as places in `programs`.
    pub parents: Vec<(usize, usize)>,
    /// Effect of each program on each gene, as a logarithm (natural); [genes, programs], row-major.
    pub effects: Vec<f32>,
    /// Activity of each program in each cell; [cells, programs], row-major.
    pub activity: Vec<f32>,
}

/// A simulation of cells, in their order.
pub struct Simulator {
    options: SimulateOptions,
    names: Names,
    effects: Vec<f32>,
    states: Vec<State>,
    shares: Shares,
    counts: Counts,
    next: usize,
}

impl Simulator {
    /// Draws everything but the counts.
    ///
    /// # Errors
    /// As [`super::simulate`].
    pub fn new(options: &SimulateOptions) -> Result<Self, SimulateError> {
        check::check(options)?;
        let mut random = Random::of_seed(options.seed);
        let names = Names::of(options);
        let base: Vec<f64> = (0..options.genes).map(|_| (BASE_SD * random.normal()).exp()).collect();
        let effects = plant::effects(options, &mut random);
        let factors = |random: &mut Random, groups: usize, sd: f64| -> Vec<f64> {
            (0..groups * options.genes).map(|_| (sd * random.normal()).exp()).collect()
        };
        let donors = factors(&mut random, options.donors, DONOR_SD);
        let batches = if options.batches > 1 {
            let mut random = Random::of_extra(options.seed ^ 1 << 63, Extra::Batches);
            factors(&mut random, options.batches, options.batch_effect)
        } else {
            Vec::new()
        };
        let states = state::draw(options, &names, &mut random);
        let shares = Shares::of(options, &base, donors, batches, &effects);
        let counts = Counts::new(options, shares.mean(&states), &mut random);
        Ok(Self { options: options.clone(), names, effects, states, shares, counts, next: 0 })
    }

    /// Names and metadata of the cells.
    pub fn roster(&self) -> Roster {
        let genes = (1..=self.options.genes).map(|gene| format!("SIM{gene:05}")).collect();
        Roster {
            genes: GeneNames::from_index(genes),
            names: (1..=self.options.cells).map(|cell| format!("cell{cell:06}")).collect(),
            columns: columns(&self.options, &self.names, &self.states),
            counts_source: "simulation".into(),
            ..Roster::default()
        }
    }

    /// Counts of the next cells, in parts; nothing after the last.
    pub fn rows(&mut self) -> Option<Vec<CountMatrix>> {
        let rest = self.states.get(self.next..).filter(|rest| !rest.is_empty())?;
        let parts = (HELD / self.options.genes / PART).clamp(1, 64);
        let cells = &rest[..rest.len().min(parts * PART)];
        let first = self.next;
        let drawn = parallel::map(cells.len().div_ceil(PART), |part| {
            let cells = &cells[part * PART..cells.len().min((part + 1) * PART)];
            let mut rows = CountMatrix::empty(self.options.genes);
            let mut shares = CellShares::new(&self.shares);
            for (cell, state) in cells.iter().enumerate() {
                let sum = shares.fill(state);
                self.counts.push(first + part * PART + cell, &shares.values, sum, &mut rows);
            }
            rows
        });
        self.next += cells.len();
        Some(drawn)
    }

    /// What was planted.
    pub fn truth(&self) -> Truth {
        Truth {
            programs: self.names.all.clone(),
            parents: self.names.parents.clone(),
            effects: self.effects.clone(),
            activity: self.states.iter().flat_map(|state| state.activity.iter().copied()).collect(),
        }
    }
}

fn columns(options: &SimulateOptions, names: &Names, states: &[State]) -> Vec<Column> {
    let column = |name: &str, labels: Vec<String>, code: &dyn Fn(&State) -> usize| Column {
        name: name.into(),
        labels,
        codes: states.iter().map(|state| code(state) as u16).collect(),
    };
    let numbered = |stem: &str, count: usize| (1..=count).map(|n| format!("{stem} {n}")).collect();
    let words = |words: [&str; 2]| words.map(str::to_owned).to_vec();
    let mut columns = vec![
        column("cell_type", numbered("type", options.types()), &|state| state.kind),
        column("donor_id", numbered("donor", options.donors), &|state| state.donor),
        column("condition", words(["control", "interferon"]), &|state| usize::from(state.stimulated)),
        column("cycling", words(["no", "yes"]), &|state| usize::from(state.cycling)),
    ];
    if options.children > 0 {
        let labels = names.parents.iter().map(|&(child, _)| names.all[child].clone()).collect();
        let child = |state: &State| state.kind * options.children + state.child;
        columns.push(column("cell_subtype", labels, &child));
    }
    if options.rare > 0 {
        let labels =
            ["none"].into_iter().map(str::to_owned).chain(names.all[names.rare.clone()].iter().cloned());
        columns.push(column("rare", labels.collect(), &|state| state.rare.map_or(0, |number| number + 1)));
    }
    if options.batches > 1 {
        columns.push(column("batch", numbered("batch", options.batches), &|state| state.batch));
    }
    columns
}
