//! A matrix stored by columns, turned to rows within a fixed memory: as many passes over the file as that takes.

use cellprism_core::cells::CountMatrix;

use super::{
    compressed::{Compressed, ReadError, tidy},
    container::Container,
    error::H5adError,
};

/// Columns are read in groups of at most this many entries.
const GROUP_ENTRIES: u64 = 1 << 20;

/// An open matrix in compressed columns.
pub(super) struct Columns {
    compressed: Compressed,
    pub(super) pass_entries: u64,
    /// Entries of each row, counted in a first pass over the indices.
    row_entries: Option<Vec<u64>>,
    /// Rows that the last pass collected: first row, and the counts.
    held: Option<(usize, CountMatrix)>,
}

impl Columns {
    pub(super) fn new(compressed: Compressed, pass_entries: u64) -> Self {
        Self { compressed, pass_entries, row_entries: None, held: None }
    }

    pub(super) fn read(
        &mut self,
        container: &Container,
        cols: usize,
        start: usize,
        end: usize,
        any_number: bool,
    ) -> Result<CountMatrix, ReadError> {
        let held =
            self.held.as_ref().is_some_and(|(first, rows)| *first <= start && end <= first + rows.rows);
        if !held {
            self.held = None;
            let last = self.pass_end(container, start, end)?;
            self.held = Some((start, self.pass(container, cols, start, last, any_number)?));
        }
        match self.held.take() {
            Some((first, rows)) if first == start && rows.rows == end - start => Ok(rows),
            Some((first, rows)) => {
                let wanted = rows.select_rows(&(start - first..end - first).collect::<Vec<_>>());
                self.held = Some((first, rows));
                Ok(wanted)
            }
            None => Ok(CountMatrix::empty(cols)),
        }
    }

    /// Where a pass that starts at `start` ends: as far as memory allows, but not before `end`.
    fn pass_end(&mut self, container: &Container, start: usize, end: usize) -> Result<usize, H5adError> {
        if self.row_entries.is_none() {
            self.row_entries = Some(self.count_rows(container)?);
        }
        let entries = self.row_entries.as_deref().unwrap_or_default();
        let (mut last, mut sum) = (start, 0u64);
        while last < self.compressed.minors && (last < end || sum + entries[last] <= self.pass_entries) {
            sum += entries[last];
            last += 1;
        }
        Ok(last)
    }

    fn count_rows(&self, container: &Container) -> Result<Vec<u64>, H5adError> {
        let indices = &self.compressed.indices;
        let mut entries = vec![0u64; self.compressed.minors];
        let (mut at, total) = (0, indices.rows());
        while at < total {
            let count = indices.window().min(total - at);
            for row in self.compressed.minor_indices(container, at, count)? {
                entries[row as usize] += 1;
            }
            at += count;
        }
        Ok(entries)
    }

    fn pass(
        &self,
        container: &Container,
        cols: usize,
        first: usize,
        last: usize,
        any_number: bool,
    ) -> Result<CountMatrix, ReadError> {
        let entries = self.row_entries.as_deref().unwrap_or_default();
        let mut indptr = vec![0u64];
        let mut total = 0;
        for count in &entries[first..last] {
            total += count;
            indptr.push(total);
        }
        let mut next = indptr.clone();
        let (mut indices, mut values) = (vec![0u32; total as usize], vec![0f32; total as usize]);
        let mut column = 0;
        while column < cols {
            let group_end = self.group_end(column, cols);
            let pointers = &self.compressed.indptr[column..=group_end];
            let (rows, counts) = self.compressed.entries(container, column, group_end, any_number)?;
            for (offset, span) in pointers.windows(2).enumerate() {
                let span = (span[0] - pointers[0]) as usize..(span[1] - pointers[0]) as usize;
                for (&row, &count) in rows[span.clone()].iter().zip(&counts[span]) {
                    let row = row as usize;
                    if (first..last).contains(&row) {
                        let at = next[row - first] as usize;
                        (indices[at], values[at]) = ((column + offset) as u32, count);
                        next[row - first] += 1;
                    }
                }
            }
            column = group_end;
        }
        let mut matrix = CountMatrix { rows: last - first, cols, indptr, indices, values };
        tidy(&mut matrix).map_err(|(row, column)| {
            container.damaged(
                &self.compressed.data.name,
                format!("column {column} names row {} twice", first + row),
            )
        })?;
        Ok(matrix)
    }

    /// The columns from `column` on that are read together.
    fn group_end(&self, column: usize, cols: usize) -> usize {
        let indptr = &self.compressed.indptr;
        let limit = indptr[column] + GROUP_ENTRIES;
        let within = indptr[column..=cols].partition_point(|&pointer| pointer <= limit);
        (column + within.max(2) - 1).min(cols)
    }
}
