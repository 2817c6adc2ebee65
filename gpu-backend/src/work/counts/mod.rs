//! Counts of all cells on disk, from which any cells are fetched at once: what `run` has instead of the counts in memory.
//!
//! The cells' own file cannot serve: a row of compressed chunks costs the unpacking of two chunks, thousands of times for each
//! concept, and a file stored by columns has no rows at all. So its counts are read once, in order, and kept in the work folder
//! as parts of some thousand cells, two or three bytes a count, each part with its checksum: a killed run goes on with the next.
//! They are read by position and not mapped, so that they are the system's cache and not this program's memory.
//!
//! | file | idea |
//! |---|---|
//! | `row` | one cell as bytes |
//! | `part` | some thousand cells as a file |

mod part;
mod row;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;
use cellprism_core::{cells::CountMatrix, ids::CellId};

use super::{progress::Steps, shards::Rows, share::Share};
use part::{Part, PartBuilder};

/// Cells of a part: 32 MB where a cell has 2,000 counts.
const CELLS: usize = 8192;
/// Cells that are read from the file at once.
const READ: usize = 512;

/// Counts of all cells on disk, and what was counted on the way.
#[derive(Debug)]
pub struct CountStore {
    cells: usize,
    genes: usize,
    parts: Vec<Part>,
    totals: Vec<f64>,
    detected: Vec<u32>,
}

impl CountStore {
    /// Brings all cells into parts in a folder; those that are there and whole are not read again. `genes` are those of the
    /// data. An input that cannot be read leaves nothing behind: the same call would meet it again.
    ///
    /// # Errors
    /// If the cells cannot be read, or a part cannot be written.
    pub fn fill(
        folder: &Path,
        cells: &mut dyn Rows,
        genes: usize,
        steps: &dyn Steps,
    ) -> anyhow::Result<Self> {
        let n = cells.count();
        let mut store = Self {
            cells: n,
            genes,
            parts: Vec::new(),
            totals: Vec::with_capacity(n),
            detected: vec![0; genes],
        };
        for place in 0..Self::parts(n) {
            store.add(bring(folder, cells, place, genes, steps)?);
        }
        Ok(store)
    }

    /// The same for a share of the parts only, which nothing is fetched from yet.
    ///
    /// # Errors
    /// As [`CountStore::fill`].
    pub fn fill_share(
        folder: &Path,
        cells: &mut dyn Rows,
        genes: usize,
        share: Share,
        steps: &dyn Steps,
    ) -> anyhow::Result<()> {
        for place in share.range(Self::parts(cells.count())) {
            bring(folder, cells, place, genes, steps)?;
        }
        Ok(())
    }

    /// Parts of so many cells.
    pub fn parts(cells: usize) -> usize {
        cells.div_ceil(CELLS)
    }

    fn add(&mut self, (part, totals, detected): (Part, Vec<f64>, Vec<u32>)) {
        self.parts.push(part);
        self.totals.extend(totals);
        self.detected.iter_mut().zip(detected).for_each(|(all, more)| *all += more);
    }

    /// Number of cells.
    pub fn cells(&self) -> usize {
        self.cells
    }

    /// Number of genes.
    pub fn genes(&self) -> usize {
        self.genes
    }

    /// Sum of each cell's counts.
    pub fn totals(&self) -> &[f64] {
        &self.totals
    }

    /// In how many cells each gene is detected.
    pub fn detected(&self) -> &[u32] {
        &self.detected
    }

    /// Counts of some cells, in the order given.
    ///
    /// # Errors
    /// If a part cannot be read any more, or there is no such cell.
    pub fn fetch(&self, cells: &[CellId]) -> anyhow::Result<CountMatrix> {
        let mut found = CountMatrix::empty(self.genes);
        let mut bytes = Vec::new();
        for cell in cells {
            let part = self.parts.get(cell.index() / CELLS).with_context(|| format!("no cell {}", cell.0))?;
            part.read(cell.index() % CELLS, 1, &mut bytes, &mut found)?;
        }
        Ok(found)
    }
}

impl Rows for &CountStore {
    fn count(&self) -> usize {
        self.cells
    }

    fn read(&mut self, start: usize, rows: usize) -> anyhow::Result<CountMatrix> {
        let end = start.saturating_add(rows).min(self.cells);
        let mut found = CountMatrix::empty(self.genes);
        let (mut at, mut bytes) = (start, Vec::new());
        while at < end {
            let here = (CELLS - at % CELLS).min(end - at);
            self.parts[at / CELLS].read(at % CELLS, here, &mut bytes, &mut found)?;
            at += here;
        }
        Ok(found)
    }
}

/// A part of the cells: as it is there, or read from them.
fn bring(
    folder: &Path,
    cells: &mut dyn Rows,
    place: usize,
    genes: usize,
    steps: &dyn Steps,
) -> anyhow::Result<(Part, Vec<f64>, Vec<u32>)> {
    let first = place * CELLS;
    let rows = CELLS.min(cells.count() - first);
    let path = name(folder, first);
    if let Some(found) = Part::open(&path, rows, genes) {
        steps.advance(rows as u64);
        return Ok(found);
    }
    let built = build(cells, first, rows, genes, steps).inspect_err(|_| {
        // What cannot be removed is thrown away by the next run.
        let _ = fs::remove_dir_all(folder);
    })?;
    built.write(&path).with_context(|| format!("cannot write {}", path.display()))?;
    Part::open(&path, rows, genes)
        .with_context(|| format!("{} is not what was written there", path.display()))
}

fn name(folder: &Path, first: usize) -> PathBuf {
    folder.join(format!("{first:010}"))
}

fn build(
    cells: &mut dyn Rows,
    first: usize,
    rows: usize,
    genes: usize,
    steps: &dyn Steps,
) -> anyhow::Result<PartBuilder> {
    let mut part = PartBuilder::new(genes);
    for start in (first..first + rows).step_by(READ) {
        let here = READ.min(first + rows - start);
        part.add(&cells.read(start, here)?);
        steps.advance(here as u64);
    }
    Ok(part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work::progress::Silent;

    /// Cells with three counts, one of them no whole number now and then.
    struct Made {
        cells: usize,
        read: usize,
        broken: usize,
    }

    fn count_of(cell: usize, place: usize) -> f32 {
        if cell.is_multiple_of(7) && place == 1 {
            0.25
        } else {
            ((cell * 31 + place * 977) % 70_000 + 1) as f32
        }
    }

    impl Rows for Made {
        fn count(&self) -> usize {
            self.cells
        }

        fn read(&mut self, start: usize, rows: usize) -> anyhow::Result<CountMatrix> {
            anyhow::ensure!(start + rows <= self.broken, "the file is damaged");
            self.read += rows;
            let mut found = CountMatrix::empty(1000);
            for cell in start..start + rows {
                let genes = [cell % 300, 300 + cell % 7, 999];
                found.push_row((0..3).map(|place| (genes[place] as u32, count_of(cell, place))));
            }
            Ok(found)
        }
    }

    fn made(cells: usize) -> Made {
        Made { cells, read: 0, broken: usize::MAX }
    }

    #[test]
    fn what_is_fetched_is_what_was_read() {
        let folder = tempfile::tempdir().unwrap();
        let (n, parts) = (CELLS + 700, folder.path().join("counts"));
        let store = CountStore::fill(&parts, &mut made(n), 1000, &Silent).unwrap();
        let all = made(n).read(0, n).unwrap();
        assert_eq!(store.totals(), all.row_sums());
        assert_eq!(store.detected(), all.detected());
        let cells = [CELLS + 699, 0, CELLS, CELLS - 1, 0].map(CellId::from);
        assert_eq!(store.fetch(&cells).unwrap(), all.select_rows(&cells.map(CellId::index)));
        let across: Vec<usize> = (CELLS - 3..CELLS + 5).collect();
        assert_eq!((&store).read(CELLS - 3, 8).unwrap(), all.select_rows(&across));
        assert!(store.fetch(&[CellId::from(3 * CELLS)]).is_err());
    }

    #[test]
    fn whole_parts_are_kept_and_damaged_ones_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let (n, parts) = (2 * CELLS + 5, folder.path().join("counts"));
        let first = CountStore::fill(&parts, &mut made(n), 1000, &Silent).unwrap();
        let mut again = made(n);
        CountStore::fill(&parts, &mut again, 1000, &Silent).unwrap();
        assert_eq!(again.read, 0, "nothing is read twice");
        let path = name(&parts, CELLS);
        let mut damaged = fs::read(&path).unwrap();
        *damaged.last_mut().unwrap() ^= 1;
        fs::write(&path, damaged).unwrap();
        let second = CountStore::fill(&parts, &mut again, 1000, &Silent).unwrap();
        assert_eq!((again.read, second.totals()), (CELLS, first.totals()));
    }

    #[test]
    fn shares_are_the_parts_of_the_whole() {
        let folder = tempfile::tempdir().unwrap();
        let (n, whole, shared) = (2 * CELLS + 5, folder.path().join("whole"), folder.path().join("shared"));
        CountStore::fill(&whole, &mut made(n), 1000, &Silent).unwrap();
        let mut read = 0;
        for part in [2, 1] {
            let mut cells = made(n);
            CountStore::fill_share(&shared, &mut cells, 1000, Share { part, of: 2 }, &Silent).unwrap();
            read += cells.read;
        }
        assert_eq!(read, n, "every cell once");
        for place in 0..CountStore::parts(n) {
            let part = |folder: &Path| fs::read(name(folder, place * CELLS)).unwrap();
            assert!(part(&whole) == part(&shared), "part {place}");
        }
    }

    #[test]
    fn a_damaged_input_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let parts = folder.path().join("counts");
        let mut broken = Made { broken: CELLS + 100, ..made(2 * CELLS) };
        assert!(CountStore::fill(&parts, &mut broken, 1000, &Silent).is_err());
        assert!(!parts.exists());
    }
}
