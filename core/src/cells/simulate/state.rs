//! What a cell is: its type, donor and batch, and how active each program is in it.

use super::{
    STATES, SimulateOptions,
    plant::Names,
    random::{Extra, Random},
};

/// Share of cycling cells.
const CYCLING: f64 = 0.15;
/// Least and largest share of cells with a rare program.
const RARE: (f64, f64) = (0.001, 0.01);

/// A cell.
pub(super) struct State {
    pub(super) kind: usize,
    /// Which child of its type, from 0.
    pub(super) child: usize,
    pub(super) donor: usize,
    pub(super) batch: usize,
    pub(super) stimulated: bool,
    pub(super) cycling: bool,
    /// Which rare program, from 0.
    pub(super) rare: Option<usize>,
    /// By program.
    pub(super) activity: Vec<f32>,
}

/// All cells.
pub(super) fn draw(options: &SimulateOptions, names: &Names, random: &mut Random) -> Vec<State> {
    let mut states: Vec<State> = (0..options.cells).map(|cell| State::draw(cell, options, random)).collect();
    let strength = |random: &mut Random| (0.7 + 0.6 * random.uniform()) as f32;
    if options.children > 0 {
        let mut random = Random::of_extra(options.seed, Extra::Children);
        for state in &mut states {
            state.child = random.below(options.children);
            let (place, _) = names.parents[state.kind * options.children + state.child];
            state.activity[place] = strength(&mut random);
        }
    }
    if options.rare > 0 {
        let mut random = Random::of_extra(options.seed, Extra::Rare);
        let mut order: Vec<usize> = (0..options.cells).collect();
        random.shuffle(&mut order);
        let mut order = order.into_iter();
        for number in 0..options.rare {
            for cell in order.by_ref().take(cells_of_rare(options, number)) {
                states[cell].rare = Some(number);
                states[cell].activity[names.rare.start + number] = strength(&mut random);
            }
        }
    }
    if options.batches > 1 {
        let mut random = Random::of_extra(options.seed, Extra::Batches);
        for (cell, state) in states.iter_mut().enumerate() {
            state.batch = if cell < options.batches { cell } else { random.below(options.batches) };
        }
    }
    if options.graded {
        let mut random = Random::of_extra(options.seed, Extra::Grading);
        for state in &mut states {
            for value in state.activity.iter_mut().filter(|value| **value > 0.0) {
                *value *= (0.1 + 0.9 * random.uniform()) as f32;
            }
        }
    }
    states
}

/// Cells with a rare program: from 0.1 % for the first to 1 % for the last, in equal ratios.
fn cells_of_rare(options: &SimulateOptions, number: usize) -> usize {
    let (least, most) = RARE;
    let step = number as f64 / options.rare.saturating_sub(1).max(1) as f64;
    let cells = options.cells as f64;
    let wished = (cells * least * (most / least).powf(step)).round();
    let within = ((cells * least).ceil(), (cells * most).floor());
    wished.clamp(within.0.min(within.1), within.1).max(1.0) as usize
}

impl State {
    fn draw(cell: usize, options: &SimulateOptions, random: &mut Random) -> Self {
        let types = options.types();
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
        let mut activity = vec![0.0; options.all_programs()];
        let mut strength = |on: bool| if on { (0.7 + 0.6 * random.uniform()) as f32 } else { 0.0 };
        activity[0] = strength(cycling);
        activity[1] = strength(stimulated);
        activity[STATES + kind] = strength(true);
        Self { kind, child: 0, donor, batch: 0, stimulated, cycling, rare: None, activity }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(options: &SimulateOptions) -> Vec<State> {
        draw(options, &Names::of(options), &mut Random::of_seed(options.seed))
    }

    #[test]
    fn rare_programs_are_in_a_thousandth_to_a_hundredth_of_the_cells() {
        for cells in [100, 777, 5000] {
            let options = SimulateOptions { cells, rare: 3, ..SimulateOptions::default() };
            let states = drawn(&options);
            for number in 0..3 {
                let with = states.iter().filter(|state| state.activity[12 + number] > 0.0).count();
                let share = with as f64 / cells as f64;
                assert!((0.001..=0.01).contains(&share), "{share} of {cells}");
                assert_eq!(with, states.iter().filter(|state| state.rare == Some(number)).count());
            }
        }
        let options = SimulateOptions { cells: 5000, rare: 3, ..SimulateOptions::default() };
        assert_eq!([0, 1, 2].map(|number| cells_of_rare(&options, number)), [5, 16, 50]);
        assert_eq!(cells_of_rare(&SimulateOptions { rare: 1, ..options }, 0), 5);
    }

    #[test]
    fn a_child_is_active_only_where_its_type_is() {
        let options = SimulateOptions { cells: 600, programs: 5, children: 2, ..SimulateOptions::default() };
        let names = Names::of(&options);
        for state in drawn(&options) {
            let on: Vec<usize> = names
                .parents
                .iter()
                .filter(|(child, _)| state.activity[*child] > 0.0)
                .map(|&(_, parent)| parent)
                .collect();
            assert_eq!(on, [STATES + state.kind]);
            assert!(state.activity[STATES + state.kind] > 0.0);
        }
    }

    #[test]
    fn grading_and_extras_leave_the_rest_as_it_was() {
        let plain = SimulateOptions { cells: 400, ..SimulateOptions::default() };
        let more = SimulateOptions { graded: true, children: 2, rare: 2, batches: 3, ..plain.clone() };
        let mut levels = Vec::new();
        for (a, b) in drawn(&plain).iter().zip(drawn(&more)) {
            assert_eq!(
                (a.kind, a.donor, a.stimulated, a.cycling),
                (b.kind, b.donor, b.stimulated, b.cycling)
            );
            for (&a, &b) in a.activity.iter().zip(&b.activity) {
                assert!(b <= a && (a > 0.0) == (b > 0.0));
                if a > 0.0 {
                    levels.push(b / a);
                }
            }
        }
        let below = levels.iter().filter(|&&level| level < 0.55).count() as f64 / levels.len() as f64;
        assert!((0.4..0.6).contains(&below), "levels spread evenly from 0.1 to 1: {below}");
    }
}
