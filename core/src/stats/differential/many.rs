//! Many groups of cells that overlap, summed at once: what a gene's cells are is looked up once for all groups, its logarithms are
//! taken once, and the sums of one gene over all groups lie in the nearest cache. One group after another, every cell's counts
//! would be scattered over all genes as often as there are groups.
//!
//! Where a cell is in few of the groups, each value is added to the sums of those. Where it is in many, and the processor adds under
//! a mask, the sums of 32 groups are held in registers while all values of a gene pass by; nothing is added for the others, so that
//! both ways give the same bits.

use super::{Differential, concept::differential, moments::Detected};
use crate::{
    cells::CountMatrix,
    ids::CellId,
    parallel,
    simd::{Simd, WithSimd, widest},
    stats::expression::Logarithms,
};

/// Cells whose counts are turned by gene at once.
const PIECE: usize = 2048;
/// Groups whose sums are held in registers: the bits of a mask.
const HELD: usize = 32;
/// Of so many groups a cell must be in one for the sums of all to be held.
const DENSE: usize = 20;
/// Numbers of a vector from which on a processor adds under a mask.
const WIDE: usize = 8;
/// Genes whose sums are one task.
const GENES: usize = 32;
/// Comparisons at most that are summed at once: 130 MB of sums with 8,000 genes.
const MOST: usize = 256;

/// Of a gene in a group: cells that count it, the sum of their values and that of the squares; the last one fills a vector.
type Sums = [f64; 4];

/// Moments of many groups, taken in some cells at a time.
#[derive(Clone, Debug)]
pub struct ManyMoments {
    groups: usize,
    /// Cells of each group.
    sizes: Vec<usize>,
    /// Cells that are in a group, rising.
    cells: Vec<CellId>,
    /// Where the groups of each of these cells start; one more entry than cells.
    starts: Vec<usize>,
    /// The groups.
    of_cells: Vec<u32>,
    genes: usize,
    /// `[genes, groups]`.
    sums: Vec<Sums>,
}

impl ManyMoments {
    /// No cell yet. A group names each of its cells once.
    pub fn new(genes: usize, groups: &[&[CellId]]) -> Self {
        Self::within(Vec::new(), genes, groups)
    }

    /// The same in memory that others have used before.
    fn within(mut sums: Vec<Sums>, genes: usize, groups: &[&[CellId]]) -> Self {
        sums.clear();
        sums.resize(genes * groups.len(), [0.0; 4]);
        let all = groups.iter().enumerate();
        let mut pairs: Vec<(CellId, u32)> =
            all.flat_map(|(group, cells)| cells.iter().map(move |&cell| (cell, group as u32))).collect();
        pairs.sort_unstable();
        let (mut cells, mut starts) = (Vec::new(), Vec::new());
        for (at, &(cell, _)) in pairs.iter().enumerate() {
            if cells.last() != Some(&cell) {
                cells.push(cell);
                starts.push(at);
            }
        }
        starts.push(pairs.len());
        Self {
            groups: groups.len(),
            sizes: groups.iter().map(|cells| cells.len()).collect(),
            cells,
            starts,
            of_cells: pairs.into_iter().map(|(_, group)| group).collect(),
            genes,
            sums,
        }
    }

    /// Cells that are in some group, rising.
    pub fn cells(&self) -> &[CellId] {
        &self.cells
    }

    /// Takes in the cells `from` and following of [`ManyMoments::cells`]: their counts row by row, and the sum of all measured
    /// counts of each, so that rows may hold only some genes.
    ///
    /// # Panics
    /// If there are not so many cells, or a gene is beyond those of [`ManyMoments::new`].
    pub fn add(&mut self, from: usize, counts: &CountMatrix, totals: &[f64]) {
        for start in (0..counts.rows).step_by(PIECE) {
            let rows = start..counts.rows.min(start + PIECE);
            let by_gene = ByGene::of(self.genes, rows.clone().map(|row| (counts.row(row), totals[row])));
            self.add_piece(from + start, rows.len(), &by_gene);
        }
    }

    fn add_piece(&mut self, from: usize, rows: usize, by_gene: &ByGene) {
        let groups = self.groups;
        if groups == 0 {
            return;
        }
        let (starts, of_cells) = (&self.starts[from..=from + rows], &self.of_cells);
        let memberships = starts[rows] - starts[0];
        let masks = (DENSE * memberships > rows * groups).then(|| Masks::of(groups, starts, of_cells));
        let mut tasks: Vec<_> = self.sums.chunks_mut(GENES * groups).collect();
        parallel::for_each_mut(&mut tasks, |task, sums| {
            for (place, sums) in sums.chunks_exact_mut(groups).enumerate() {
                let entries = by_gene.of_gene(task * GENES + place);
                let held =
                    masks.as_ref().is_some_and(|masks| widest(Held { entries, masks, sums: &mut *sums }));
                if held {
                    continue;
                }
                for &(row, value) in entries {
                    let more = [1.0, value, value * value, 0.0];
                    let row = row as usize;
                    for &group in &of_cells[starts[row]..starts[row + 1]] {
                        let sums = &mut sums[group as usize];
                        for (sum, more) in sums.iter_mut().zip(more) {
                            *sum += more;
                        }
                    }
                }
            }
        });
    }

    /// Welch's test of every gene, group against reference, by their places among the groups.
    ///
    /// # Panics
    /// If there is no such group.
    pub fn welch(&self, group: usize, reference: usize) -> Differential {
        let sizes = (self.sizes[group], self.sizes[reference]);
        let detected = |[cells, sum, squares, _]: Sums| Detected { cells, sum, squares };
        let both = |of_gene: &[Sums]| (detected(of_gene[group]), detected(of_gene[reference]));
        differential(sizes, self.sums.chunks_exact(self.groups.max(1)).map(both))
    }
}

/// Which of [`HELD`] groups after the other each cell is in, as bits: all cells for the first groups, then for the next.
struct Masks {
    rows: usize,
    bits: Vec<u32>,
}

impl Masks {
    fn of(groups: usize, starts: &[usize], of_cells: &[u32]) -> Self {
        let rows = starts.len() - 1;
        let mut bits = vec![0u32; rows * groups.div_ceil(HELD)];
        for (row, span) in starts.windows(2).enumerate() {
            for &group in &of_cells[span[0]..span[1]] {
                bits[group as usize / HELD * rows + row] |= 1 << (group as usize % HELD);
            }
        }
        Self { rows, bits }
    }
}

/// Adds the values of a gene to the sums of all groups, [`HELD`] of them at a time; says no where the processor has no masks.
struct Held<'a> {
    entries: &'a [(u32, f64)],
    masks: &'a Masks,
    sums: &'a mut [Sums],
}

impl WithSimd for Held<'_> {
    type Output = bool;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> bool {
        if S::F64_LANES < WIDE {
            return false;
        }
        let Masks { rows, bits } = self.masks;
        for (sums, bits) in self.sums.chunks_mut(HELD).zip(bits.chunks_exact(*rows)) {
            let (mut cells, mut values, mut squares) = ([0.0f64; HELD], [0.0f64; HELD], [0.0f64; HELD]);
            for (place, of) in sums.iter().enumerate() {
                (cells[place], values[place], squares[place]) = (of[0], of[1], of[2]);
            }
            for &(row, value) in self.entries {
                let (mask, square) = (bits[row as usize], value * value);
                // plain loops: iterators are not always inlined into functions of the processor's own instructions
                #[allow(clippy::needless_range_loop)]
                for place in 0..HELD {
                    let is_in = mask >> place & 1 == 1;
                    cells[place] += if is_in { 1.0 } else { 0.0 };
                    values[place] += if is_in { value } else { 0.0 };
                    squares[place] += if is_in { square } else { 0.0 };
                }
            }
            for (place, of) in sums.iter_mut().enumerate() {
                *of = [cells[place], values[place], squares[place], 0.0];
            }
        }
        true
    }
}

/// Log-normalised values of some cells by gene: row and value, rows rising.
struct ByGene {
    starts: Vec<usize>,
    entries: Vec<(u32, f64)>,
}

impl ByGene {
    fn of<'a>(genes: usize, rows: impl Iterator<Item = ((&'a [u32], &'a [f32]), f64)> + Clone) -> Self {
        let mut next = vec![0usize; genes + 1];
        for ((genes, _), _) in rows.clone() {
            genes.iter().for_each(|&gene| next[gene as usize + 1] += 1);
        }
        for gene in 0..genes {
            next[gene + 1] += next[gene];
        }
        let starts = next.clone();
        let mut entries = vec![(0, 0.0); starts[genes]];
        for (row, ((genes, counts), total)) in rows.enumerate() {
            let mut logarithms = Logarithms::new(total);
            for (&gene, &count) in genes.iter().zip(counts) {
                let next = &mut next[gene as usize];
                entries[*next] = (row as u32, logarithms.of(count));
                *next += 1;
            }
        }
        Self { starts, entries }
    }

    fn of_gene(&self, gene: usize) -> &[(u32, f64)] {
        &self.entries[self.starts[gene]..self.starts[gene + 1]]
    }
}

/// [`super::welch`] of many comparisons, group against reference, of cells whose counts are in memory.
///
/// ```
/// use cellprism_core::{cells::CountMatrix, ids::CellId, stats::differential::welch_many};
///
/// let counts = CountMatrix::from_dense(6, 2, &[9., 1., 8., 2., 9., 1., 1., 9., 2., 8., 1., 9.])?;
/// let (group, reference) = ([0, 1, 2].map(CellId), [3, 4, 5].map(CellId));
/// let found = welch_many(&counts, &counts.row_sums(), &[(&group, &reference), (&reference, &group)]);
/// assert_eq!(found[0].t[0], -found[1].t[0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// If there is no such cell.
pub fn welch_many(
    counts: &CountMatrix,
    totals: &[f64],
    comparisons: &[(&[CellId], &[CellId])],
) -> Vec<Differential> {
    let (mut found, mut sums) = (Vec::with_capacity(comparisons.len()), Vec::new());
    for some in comparisons.chunks(MOST) {
        let groups: Vec<&[CellId]> = some.iter().flat_map(|&(group, reference)| [group, reference]).collect();
        let mut moments = ManyMoments::within(sums, counts.cols, &groups);
        let cells: Vec<usize> = moments.cells().iter().map(|cell| cell.index()).collect();
        for (piece, rows) in cells.chunks(PIECE).enumerate() {
            let totals: Vec<f64> = rows.iter().map(|&row| totals[row]).collect();
            moments.add(piece * PIECE, &counts.select_rows(rows), &totals);
        }
        found.extend(parallel::map(some.len(), |at| moments.welch(2 * at, 2 * at + 1)));
        sums = moments.sums;
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stats::differential::welch;

    #[test]
    fn held_sums_are_those_that_are_scattered() {
        // 70 groups, of which each cell is in a third; more cells than one, fewer than a piece
        let groups: Vec<Vec<CellId>> = (0..70u32)
            .map(|group| (0..50).filter(|cell| (cell * 7 + group) % 3 == 0).map(CellId).collect())
            .collect();
        let groups: Vec<&[CellId]> = groups.iter().map(Vec::as_slice).collect();
        let rows: Vec<(Vec<u32>, Vec<f32>)> =
            (0..50u32).map(|cell| (vec![0, 1 + cell % 2], vec![1.0 + cell as f32, 3.0])).collect();
        let by_gene = ByGene::of(3, rows.iter().map(|(genes, counts)| ((&genes[..], &counts[..]), 500.0)));
        let mut held = ManyMoments::new(3, &groups);
        let mut scattered = held.clone();
        held.add_piece(0, 50, &by_gene);
        // one cell after another is in no group often enough
        for (sums, entries) in
            scattered.sums.chunks_exact_mut(70).zip((0..3).map(|gene| by_gene.of_gene(gene)))
        {
            for &(row, value) in entries {
                for (sums, _) in
                    sums.iter_mut().zip(&groups).filter(|(_, group)| group.contains(&CellId(row)))
                {
                    *sums = [sums[0] + 1.0, sums[1] + value, sums[2] + value * value, 0.0];
                }
            }
        }
        assert_eq!(held.sums, scattered.sums);
    }

    proptest! {
        #[test]
        fn many_comparisons_are_each_alone(
            dense in proptest::collection::vec(0u8..5, 40 * 3),
            sides in proptest::collection::vec(proptest::collection::vec(0u8..3, 40), 1..6),
        ) {
            // some counts alike in all cells, some broken, one gene in hardly any cell
            let value = |(at, &code): (usize, &u8)| match (at % 3, code) {
                (2, code) if code < 4 => 0.0,
                (_, code) => [0.0, 1.0, 1.0, 2.5, 300.0][usize::from(code)],
            };
            let dense: Vec<f32> = dense.iter().enumerate().map(value).collect();
            let counts = CountMatrix::from_dense(40, 3, &dense).unwrap();
            let totals = vec![500.0; 40];
            let of = |sides: &Vec<u8>, wanted| -> Vec<CellId> {
                (0..40u32).filter(|&cell| sides[cell as usize] == wanted).map(CellId).collect()
            };
            let comparisons: Vec<_> = sides.iter().map(|sides| (of(sides, 1), of(sides, 2))).collect();
            let asked: Vec<(&[CellId], &[CellId])> = comparisons.iter().map(|(a, b)| (&a[..], &b[..])).collect();
            let found = welch_many(&counts, &totals, &asked);
            for (found, (group, reference)) in found.iter().zip(&asked) {
                let alone = welch(&counts, &totals, group, reference);
                for gene in 0..3 {
                    let near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * (1.0 + a.abs());
                    prop_assert!(near(found.t[gene], alone.t[gene]), "{} {}", found.t[gene], alone.t[gene]);
                    prop_assert!(near(found.mean_difference[gene], alone.mean_difference[gene]));
                    prop_assert!((found.p[gene] - alone.p[gene]).abs() < 1e-9);
                }
            }
        }
    }
}
