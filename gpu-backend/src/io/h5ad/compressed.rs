//! Matrices compressed along rows or columns, and what every stored value is checked for.

use cellprism_core::cells::CountMatrix;

use super::{
    array::{Array, Kind},
    container::Container,
    error::H5adError,
};

/// A stored value that is not a count.
pub(super) struct Wrong {
    pub(super) dataset: String,
    pub(super) row: usize,
    pub(super) column: usize,
    pub(super) value: f64,
}

/// Why rows could not be read.
pub(super) enum ReadError {
    File(H5adError),
    Value(Wrong),
}

impl From<H5adError> for ReadError {
    fn from(error: H5adError) -> Self {
        Self::File(error)
    }
}

/// `count` values from `start` on as 32-bit counts. `place` tells row and column of an entry for the error.
pub(super) fn read_counts(
    container: &Container,
    data: &Array,
    start: u64,
    count: u64,
    any_number: bool,
    place: impl Fn(u64) -> (usize, usize),
) -> Result<Vec<f32>, ReadError> {
    let wrong = |at: usize, value: f64| {
        let (row, column) = place(at as u64);
        ReadError::Value(Wrong { dataset: data.name.clone(), row, column, value })
    };
    if data.kind == Kind::F32 {
        let values = data.floats(container, start, count)?;
        match values.iter().position(|&value| !is_count(f64::from(value), any_number)) {
            Some(at) => Err(wrong(at, f64::from(values[at]))),
            None => Ok(values),
        }
    } else {
        let values = data.numbers(container, start, count)?;
        match values.iter().position(|&value| !is_count(value, any_number)) {
            Some(at) => Err(wrong(at, values[at])),
            None => Ok(values.into_iter().map(|value| value as f32).collect()),
        }
    }
}

/// Whether a value may be a count: not negative, finite as a 32-bit number, and whole unless that is waived.
fn is_count(value: f64, any_number: bool) -> bool {
    (0.0..=f64::from(f32::MAX)).contains(&value) && (any_number || value.fract() == 0.0)
}

/// A matrix compressed along rows or columns (its majors); the pointers are checked, the entries when they are read.
pub(super) struct Compressed {
    pub(super) data: Array,
    pub(super) indices: Array,
    pub(super) indptr: Vec<u64>,
    /// Extent of the other dimension.
    pub(super) minors: usize,
    pub(super) by_row: bool,
}

impl Compressed {
    /// Minor indices and values of the majors `first .. last`.
    pub(super) fn entries(
        &self,
        container: &Container,
        first: usize,
        last: usize,
        any_number: bool,
    ) -> Result<(Vec<u32>, Vec<f32>), ReadError> {
        let (mut all_indices, mut all_values) = (Vec::new(), Vec::new());
        let window = self.data.window().max(self.indices.window());
        let (mut start, end) = (self.indptr[first], self.indptr[last]);
        while start < end {
            // Windows end where chunks do.
            let count = (window - start % window).min(end - start);
            let minors = self.minor_indices(container, start, count)?;
            let values = read_counts(container, &self.data, start, count, any_number, |at| {
                let (major, minor) = (self.major_of(start + at), minors[at as usize] as usize);
                if self.by_row { (major, minor) } else { (minor, major) }
            })?;
            all_indices.extend(minors);
            all_values.extend(values);
            start += count;
        }
        Ok((all_indices, all_values))
    }

    /// Checked minor indices of some entries.
    pub(super) fn minor_indices(
        &self,
        container: &Container,
        start: u64,
        count: u64,
    ) -> Result<Vec<u32>, H5adError> {
        let raw = self.indices.integers(container, start, count)?;
        if let Some(at) =
            raw.iter().position(|&minor| u64::try_from(minor).map_or(true, |m| m >= self.minors as u64))
        {
            let (of, what) = if self.by_row { ("row", "genes") } else { ("column", "cells") };
            let (major, minors) = (self.major_of(start + at as u64), self.minors);
            let problem = format!("{of} {major} has index {}, but there are {minors} {what}", raw[at]);
            return Err(container.damaged(&self.indices.name, problem));
        }
        Ok(raw.iter().map(|&minor| minor as u32).collect())
    }

    fn major_of(&self, entry: u64) -> usize {
        self.indptr.partition_point(|&pointer| pointer <= entry).saturating_sub(1)
    }
}

/// Sorts rows and drops stored zeros. A column named twice in a row is an error: (row, column).
pub(super) fn tidy(matrix: &mut CountMatrix) -> Result<(), (usize, u32)> {
    let mut kept = 0;
    let mut start = 0;
    let mut entries: Vec<(u32, f32)> = Vec::new();
    for row in 0..matrix.rows {
        let end = matrix.indptr[row + 1] as usize;
        let columns = &matrix.indices[start..end];
        if columns.windows(2).any(|pair| pair[1] <= pair[0]) {
            entries.clear();
            entries.extend(columns.iter().copied().zip(matrix.values[start..end].iter().copied()));
            entries.sort_unstable_by_key(|entry| entry.0);
            if let Some(pair) = entries.windows(2).find(|pair| pair[0].0 == pair[1].0) {
                return Err((row, pair[0].0));
            }
            for (at, &(column, value)) in entries.iter().enumerate() {
                (matrix.indices[start + at], matrix.values[start + at]) = (column, value);
            }
        }
        for at in start..end {
            if matrix.values[at] != 0.0 {
                (matrix.indices[kept], matrix.values[kept]) = (matrix.indices[at], matrix.values[at]);
                kept += 1;
            }
        }
        start = end;
        matrix.indptr[row + 1] = kept as u64;
    }
    matrix.indices.truncate(kept);
    matrix.values.truncate(kept);
    Ok(())
}
