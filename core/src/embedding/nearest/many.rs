//! Nearest cells of many cells at once, each among others.

use std::collections::BTreeMap;

use ndarray::ArrayView2;

use super::{
    Best, Neighbour,
    codes::{Codes, Panel, QueryCode, SLACK},
    kernel::{PANEL, QUERIES, products},
    squared_distance,
};
use crate::{
    ids::CellId,
    parallel,
    simd::{Simd, WithSimd, widest},
};

/// Cells whose codes stay near the processor while a thread's queries go by: 512 kB at 512 dimensions.
const PANELS: usize = 16;
/// Query cells of one piece of work.
const PIECE: usize = 192;

/// Where numbers of f32 lose digits.
const TINY: f64 = 1e-36;

/// One question: which cells are nearest to this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Query {
    /// From here.
    pub cell: CellId,
    /// Which cells are left out, as the caller numbers it.
    pub group: u32,
    /// How many are wanted.
    pub n: usize,
}

/// The nearest cells of every query, nearest first and fewer where there are fewer: exact, equal distances to the lowest index.
///
/// `excluded(group, cell)` leaves a cell out for a group. `done` is told how many queries are finished. Beside the
/// embeddings this takes a byte a dimension of every cell.
///
/// ```
/// use cellprism_core::{embedding::nearest::{Query, nearest_of_many}, ids::CellId};
/// use ndarray::array;
///
/// let cells = array![[0.0], [1.0], [5.0]];
/// let query = Query { cell: CellId(0), group: 0, n: 1 };
/// let itself = |_, cell| cell == CellId(0);
/// let found = nearest_of_many(cells.view(), &[query], itself, |_| {});
/// assert_eq!((found[0][0].cell, found[0][0].distance), (CellId(1), 1.0));
/// ```
///
/// # Panics
/// If a query is no row of `embeddings`.
pub fn nearest_of_many(
    embeddings: ArrayView2<'_, f32>,
    queries: &[Query],
    excluded: impl Fn(u32, CellId) -> bool + Sync,
    done: impl Fn(usize) + Sync,
) -> Vec<Vec<Neighbour>> {
    let embeddings = embeddings.as_standard_layout();
    let embeddings = embeddings.view();
    let mut by_cell: BTreeMap<CellId, Vec<usize>> = BTreeMap::new();
    for (place, query) in queries.iter().enumerate().filter(|(_, query)| query.n > 0) {
        by_cell.entry(query.cell).or_default().push(place);
    }
    let codes = Codes::new(embeddings);
    let cells: Vec<_> = by_cell.into_iter().collect();
    let mut found = vec![Vec::new(); queries.len()];
    let pieces: Vec<_> = cells.chunks(PIECE).collect();
    for piece in parallel::map(pieces.len(), |i| {
        let mut searches: Vec<Search<'_>> = pieces[i]
            .iter()
            .map(|(cell, places)| Search::new(embeddings, &codes, *cell, places, queries))
            .collect();
        walk(embeddings, &codes, &mut searches, &excluded);
        done(pieces[i].iter().map(|(_, places)| places.len()).sum());
        searches
    }) {
        for (place, best) in piece.into_iter().flat_map(|search| search.places.iter().zip(search.best)) {
            found[*place] = best.1.neighbours();
        }
    }
    found
}

/// What is known of one cell's neighbours so far.
struct Search<'a> {
    row: &'a [f32],
    code: QueryCode,
    unit: f64,
    /// Of these queries.
    places: &'a [usize],
    /// Their group and nearest cells.
    best: Vec<(u32, Best)>,
    limit: Limit,
}

/// A cell is near enough to be looked at if `reach − 2·s·s'·(q·q') − twice·error ≤ below`.
#[derive(Clone, Copy)]
struct Limit {
    twice: f32,
    below: f32,
}

impl<'a> Search<'a> {
    fn new(
        embeddings: ArrayView2<'a, f32>,
        codes: &Codes,
        cell: CellId,
        places: &'a [usize],
        queries: &[Query],
    ) -> Self {
        let best = places.iter().map(|&place| (queries[place].group, Best::new(queries[place].n))).collect();
        let mut search = Self {
            row: row_of(embeddings, cell.index()),
            code: codes.query(embeddings, cell.index()),
            unit: codes.unit,
            places,
            best,
            limit: Limit { twice: 0.0, below: f32::INFINITY },
        };
        search.tighten();
        search
    }

    /// Squared distance from which on no query takes a cell.
    fn bound(&self) -> f64 {
        self.best.iter().map(|(_, best)| best.bound()).fold(0.0, f64::max)
    }

    /// ‖sq − s'q'‖ ≤ D + e + e' squared, with what belongs to the other cell on the left.
    fn tighten(&mut self) {
        let bound = self.bound();
        self.limit = if bound == f64::INFINITY {
            Limit { twice: 0.0, below: f32::INFINITY }
        } else if bound == 0.0 {
            // Nothing is nearer than no distance.
            Limit { twice: 0.0, below: f32::NEG_INFINITY }
        } else {
            let near = bound.sqrt() / self.unit + self.code.error;
            Limit {
                twice: (2.0 * near * (1.0 + SLACK)) as f32,
                below: (near.powi(2) * (1.0 + SLACK) - self.code.squared * (1.0 - SLACK) + TINY) as f32,
            }
        };
    }

    /// Looks at a panel's cells that may be near.
    fn look(
        &mut self,
        embeddings: ArrayView2<'_, f32>,
        panel: &Panel,
        products: &[i32; PANEL],
        first: usize,
        excluded: &(impl Fn(u32, CellId) -> bool + Sync),
    ) {
        let any = AnyNear { panel, products, scale: self.code.scale, limit: self.limit };
        if !widest(any) {
            return;
        }
        for (place, &product) in products.iter().enumerate().take(embeddings.nrows() - first) {
            if !near(panel, place, product, self.code.scale, self.limit) {
                continue;
            }
            let cell = CellId::from(first + place);
            let bound = self.bound();
            if self.best.iter().all(|&(group, _)| excluded(group, cell)) {
                continue;
            }
            let squared = squared_distance(self.row, row_of(embeddings, cell.index()), bound);
            if squared < bound {
                for (group, best) in &mut self.best {
                    if squared < best.bound() && !excluded(*group, cell) {
                        best.offer(squared, cell.0);
                    }
                }
                self.tighten();
            }
        }
    }
}

#[inline(always)]
fn near(panel: &Panel, place: usize, product: i32, scale: f32, limit: Limit) -> bool {
    let apart = panel.reach[place] - 2.0 * scale * (panel.scale[place] * product as f32);
    apart - limit.twice * panel.error[place] <= limit.below
}

/// Whether any cell of a panel is [`near`].
struct AnyNear<'a> {
    panel: &'a Panel,
    products: &'a [i32; PANEL],
    scale: f32,
    limit: Limit,
}

impl WithSimd for AnyNear<'_> {
    type Output = bool;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> bool {
        let Self { panel, products, scale, limit } = self;
        // Without a branch in the loop the compiler compares many at once.
        (0..PANEL).fold(false, |any, place| any | near(panel, place, products[place], scale, limit))
    }
}

fn row_of(embeddings: ArrayView2<'_, f32>, row: usize) -> &[f32] {
    let d = embeddings.ncols();
    let all = embeddings.to_slice().unwrap_or(&[]);
    &all[row * d..(row + 1) * d]
}

/// All cells against some queries: cells in the order of their index, a block of them against every query.
fn walk(
    embeddings: ArrayView2<'_, f32>,
    codes: &Codes,
    searches: &mut [Search<'_>],
    excluded: &(impl Fn(u32, CellId) -> bool + Sync),
) {
    for (block, panels) in codes.panels.chunks(PANELS).enumerate() {
        for some in searches.chunks_mut(QUERIES) {
            for (i, panel) in panels.iter().enumerate() {
                let first = (block * PANELS + i) * PANEL;
                // A short last group asks its last query several times.
                let at = |q: usize| &some[q.min(some.len() - 1)].code;
                let products = products(
                    std::array::from_fn(|q| at(q).words.as_slice()),
                    std::array::from_fn(|q| at(q).start),
                    &panel.columns,
                );
                for (search, products) in some.iter_mut().zip(&products) {
                    search.look(embeddings, panel, products, first, excluded);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;
    use proptest::prelude::*;

    use super::{super::nearest, *};

    fn agree(x: &Array2<f32>, queries: &[Query], excluded: impl Fn(u32, CellId) -> bool + Sync) {
        let found = nearest_of_many(x.view(), queries, &excluded, |_| ());
        for (query, found) in queries.iter().zip(found) {
            let mask: Vec<bool> = (0..x.nrows()).map(|i| excluded(query.group, CellId::from(i))).collect();
            assert_eq!(found, nearest(x.view(), query.cell, &mask, query.n), "{query:?}");
        }
    }

    fn matrix(rows: usize, columns: usize, values: &[f32]) -> Array2<f32> {
        Array2::from_shape_vec((rows, columns), values[..rows * columns].to_vec()).unwrap()
    }

    proptest! {
        #[test]
        fn chooses_as_one_at_a_time(
            values in proptest::collection::vec(prop_oneof![-3.0f32..3.0, Just(0.5f32), -1e4f32..1e4], 150 * 7),
            columns in 1usize..8,
            queries in proptest::collection::vec((0u32..150, 0u32..3, 0usize..6), 1..20),
        ) {
            let queries: Vec<Query> =
                queries.into_iter().map(|(cell, group, n)| Query { cell: CellId(cell), group, n }).collect();
            agree(&matrix(150, columns, &values), &queries, |group, cell| cell.0 % 3 == group);
        }

        #[test]
        fn few_values_make_many_ties(
            values in proptest::collection::vec(-1i8..2, 200 * 5),
            scale in prop_oneof![Just(1.0f32), Just(1e-30), Just(1e15), Just(0.0)],
            shift in prop_oneof![Just(0.0f32), Just(1e6)],
        ) {
            let values: Vec<f32> = values.iter().map(|&v| f32::from(v) * scale + shift).collect();
            let queries: Vec<Query> = (0..200).map(|i| Query { cell: CellId(i), group: i, n: 4 }).collect();
            agree(&matrix(200, 5, &values), &queries, |group, cell| cell.0 == group);
        }
    }

    #[test]
    fn what_is_no_number_is_near_nothing() {
        let mut x = matrix(100, 3, &(0..300).map(|i| (i * 37 % 101) as f32).collect::<Vec<_>>());
        x[[4, 1]] = f32::NAN;
        x[[7, 0]] = f32::INFINITY;
        let queries: Vec<Query> = (0..100).map(|i| Query { cell: CellId(i), group: i, n: 2 }).collect();
        agree(&x, &queries, |group, cell| cell.0 == group);
    }

    #[test]
    fn far_cells_do_not_hide_near_ones() {
        // One cell so far off that it would take all codes for itself.
        let mut values: Vec<f32> = (0..600).map(|i| ((i * 7919) % 1009) as f32 * 1e-4).collect();
        values[0] = 1e8;
        let queries: Vec<Query> = (0..200).map(|i| Query { cell: CellId(i), group: i, n: 3 }).collect();
        agree(&matrix(200, 3, &values), &queries, |group, cell| cell.0 == group);
    }
}
