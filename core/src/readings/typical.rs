//! Typical inactive cells: what a prototype is compared with beside its nearest neighbours. They have the prototype's
//! total count, and labels share them evenly, so that a rare label is no less typical than a common one.

use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::{
    attribution::ConceptCells,
    bundle::ReadingParameters,
    cells::{Column, NO_LABEL},
    concepts::ActiveCells,
    embedding::nearest::Neighbour,
    ids::{CellId, ConceptId},
};

/// Cells nearest in total count among which one is drawn, for each one wanted.
const WINDOW: usize = 20;

/// All cells by label and total count, for drawing from.
#[derive(Clone, Debug)]
pub struct TypicalPool {
    /// For each label (all cells together where there is no column): cells by total count.
    groups: Vec<Vec<(f64, CellId)>>,
}

impl TypicalPool {
    /// `totals` are the cells' total counts. Cells without a label are left out where there is a column.
    pub fn new(totals: &[f64], column: Option<&Column>) -> Self {
        let labels = column.map_or(1, |column| column.labels.len());
        let mut groups: Vec<Vec<(f64, CellId)>> = vec![Vec::new(); labels];
        for (cell, &total) in totals.iter().enumerate() {
            let code = column.map_or(0, |column| column.codes[cell]);
            if code != NO_LABEL {
                groups[usize::from(code)].push((total, CellId::from(cell)));
            }
        }
        for group in &mut groups {
            group.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        }
        groups.retain(|group| !group.is_empty());
        Self { groups }
    }

    /// `n` cells that do not activate the concept, for a prototype of this total count; fewer where there are fewer. The
    /// draw depends on the seed, the concept and the prototype only.
    pub fn draw(
        &self,
        active: &ActiveCells,
        (concept, prototype): (ConceptId, CellId),
        total: f64,
        n: usize,
        seed: u64,
    ) -> Vec<CellId> {
        let name = (u64::from(concept.0) << 32) | u64::from(prototype.0);
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed ^ name.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut order: Vec<usize> = (0..self.groups.len()).collect();
        shuffle(&mut order, &mut random);
        // As many of each label as possible: labels without enough inactive cells leave their share to the others.
        let share = n.div_ceil(self.groups.len().max(1));
        let mut windows: Vec<Vec<CellId>> = order
            .iter()
            .map(|&group| {
                let mut near = inactive_near(&self.groups[group], active, total, WINDOW * share);
                shuffle(&mut near, &mut random);
                near
            })
            .collect();
        let mut drawn = Vec::with_capacity(n);
        while drawn.len() < n {
            let before = drawn.len();
            for window in &mut windows {
                if drawn.len() < n {
                    drawn.extend(window.pop());
                }
            }
            if drawn.len() == before {
                break;
            }
        }
        drawn
    }
}

impl TypicalPool {
    /// A concept's prototypes with typical inactive cells in the place of their nearest ones, where that contrast is wanted.
    /// `totals` are the cells' total counts.
    pub fn beside(
        &self,
        (concept, active): (ConceptId, &ActiveCells),
        cells: &ConceptCells,
        totals: &[f64],
        reading: &ReadingParameters,
    ) -> Option<ConceptCells> {
        let n = reading.typical as usize;
        let draw = |&(cell, _): &(CellId, f32)| {
            let drawn = self.draw(active, (concept, cell), totals[cell.index()], n, reading.seed);
            drawn.into_iter().map(|cell| Neighbour { cell, distance: 0.0 }).collect()
        };
        (n > 0).then(|| ConceptCells {
            prototypes: cells.prototypes.clone(),
            counterfactuals: cells.prototypes.iter().map(draw).collect(),
        })
    }
}

/// The inactive cells of a group whose total count is nearest, on a logarithmic scale, nearest first; at most `n`.
fn inactive_near(group: &[(f64, CellId)], active: &ActiveCells, total: f64, n: usize) -> Vec<CellId> {
    let distance = |other: f64| ((other + 1.0) / (total + 1.0)).ln().abs();
    let mut above = group.partition_point(|&(other, _)| other < total);
    let mut below = above;
    let mut found = Vec::with_capacity(n.min(group.len()));
    while found.len() < n && (below > 0 || above < group.len()) {
        let up =
            below == 0 || (above < group.len() && distance(group[above].0) <= distance(group[below - 1].0));
        let (_, cell) = if up {
            above += 1;
            group[above - 1]
        } else {
            below -= 1;
            group[below]
        };
        if !active.contains(cell) {
            found.push(cell);
        }
    }
    found
}

fn shuffle<T>(items: &mut [T], random: &mut impl Rng) {
    for i in (1..items.len()).rev() {
        let j = (random.next_u64() % (i as u64 + 1)) as usize;
        items.swap(i, j);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_share_the_cells_and_totals_match() {
        let n = 400;
        let codes: Vec<u16> = (0..n)
            .map(|i| {
                if i < 300 {
                    0
                } else if i < 380 {
                    1
                } else {
                    2
                }
            })
            .collect();
        let column =
            Column { name: "type".into(), labels: ["a", "b", "c"].map(String::from).to_vec(), codes };
        let totals: Vec<f64> = (0..n).map(|i| f64::from(1000 + (i * 37) % 400)).collect();
        let active = ActiveCells { cells: (0..40).map(CellId).collect(), values: vec![1.0; 40] };
        let pool = TypicalPool::new(&totals, Some(&column));
        let draw = |seed| pool.draw(&active, (ConceptId(3), CellId(0)), 1200.0, 9, seed);
        let drawn = draw(1);
        assert_eq!((drawn.len(), &drawn), (9, &draw(1)));
        assert_ne!(drawn, draw(2));
        for label in 0..3 {
            let of = drawn.iter().filter(|cell| column.codes[cell.index()] == label).count();
            assert_eq!(of, 3, "label {label}");
        }
        assert!(drawn.iter().all(|&cell| !active.contains(cell)));
        let far = drawn.iter().map(|cell| (totals[cell.index()] - 1200.0).abs()).fold(0.0, f64::max);
        assert!(far < 210.0, "{far}");
        let distinct: std::collections::BTreeSet<_> = drawn.iter().collect();
        assert_eq!(distinct.len(), 9);
    }

    #[test]
    fn few_cells_are_all_taken() {
        let pool = TypicalPool::new(&[1.0, 2.0, 3.0], None);
        let active = ActiveCells { cells: vec![CellId(1)], values: vec![1.0] };
        let mut drawn = pool.draw(&active, (ConceptId(0), CellId(1)), 2.0, 5, 1);
        drawn.sort_unstable();
        assert_eq!(drawn, [CellId(0), CellId(2)]);
    }

    #[test]
    fn prototypes_get_typical_cells_where_they_are_wanted() {
        let totals = [1.0, 2.0, 3.0];
        let pool = TypicalPool::new(&totals, None);
        let active = ActiveCells { cells: vec![CellId(1)], values: vec![1.0] };
        let near = Neighbour { cell: CellId(2), distance: 0.5 };
        let cells = ConceptCells { prototypes: vec![(CellId(1), 1.0)], counterfactuals: vec![vec![near]] };
        let beside = |typical| {
            let reading = ReadingParameters { typical, ..ReadingParameters::default() };
            pool.beside((ConceptId(0), &active), &cells, &totals, &reading)
        };
        assert_eq!(beside(0), None);
        let found = beside(5).unwrap();
        assert_eq!(found.prototypes, cells.prototypes);
        let mut drawn: Vec<CellId> = found.counterfactuals[0].iter().map(|near| near.cell).collect();
        drawn.sort_unstable();
        assert_eq!(drawn, [CellId(0), CellId(2)]);
    }
}
