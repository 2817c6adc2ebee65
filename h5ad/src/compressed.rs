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
        if all_plain(&values) {
            return Ok(values);
        }
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

/// Whether all values are whole numbers from 0 on that 32 bits hold: so most counts are, and many are tested at once.
fn all_plain(values: &[f32]) -> bool {
    values.chunks(1024).all(|values| {
        values.iter().fold(true, |plain, &value| plain & (value >= 0.0) & (value as i32 as f32 == value))
    })
}

/// Whether a value may be a count: not negative, finite as a 32-bit number, and whole unless that is waived.
fn is_count(value: f64, any_number: bool) -> bool {
    // The first test of wholeness needs no call, and answers for all counts but very large ones.
    let whole = || f64::from(value as u32) == value || value.fract() == 0.0;
    (0.0..=f64::from(f32::MAX)).contains(&value) && (any_number || whole())
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
        let window = self.data.window().max(self.indices.window());
        let (mut start, end) = (self.indptr[first], self.indptr[last]);
        // Grows with what is read, not with what the file claims.
        let (mut all_indices, mut all_values) = (Vec::new(), Vec::new());
        while start < end {
            // Windows end where chunks do.
            let count = (window - start % window).min(end - start);
            let minors = self.minor_indices(container, start, count)?;
            let values = read_counts(container, &self.data, start, count, any_number, |at| {
                let (major, minor) = (self.major_of(start + at), minors[at as usize] as usize);
                if self.by_row { (major, minor) } else { (minor, major) }
            })?;
            start += count;
            if all_indices.is_empty() {
                (all_indices, all_values) = (minors, values);
            } else {
                all_indices.extend(minors);
                all_values.extend(values);
            }
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
        let wrong = |at: usize, found: i64| {
            let (of, what) = if self.by_row { ("row", "genes") } else { ("column", "cells") };
            let (major, minors) = (self.major_of(start + at as u64), self.minors);
            let problem = format!("{of} {major} has index {found}, but there are {minors} {what}");
            container.damaged(&self.indices.name, problem)
        };
        if let Some(raw) = self.indices.narrow_integers(container, start, count)? {
            let most = u32::try_from(self.minors).unwrap_or(u32::MAX);
            // A negative number is a large one here.
            return match raw.iter().position(|&minor| minor.cast_unsigned() >= most) {
                Some(at) => Err(wrong(at, raw[at].into())),
                None => Ok(raw.into_iter().map(i32::cast_unsigned).collect()),
            };
        }
        let raw = self.indices.integers(container, start, count)?;
        match raw.iter().position(|&minor| u64::try_from(minor).map_or(true, |m| m >= self.minors as u64)) {
            Some(at) => Err(wrong(at, raw[at])),
            None => Ok(raw.iter().map(|&minor| minor as u32).collect()),
        }
    }

    fn major_of(&self, entry: u64) -> usize {
        self.indptr.partition_point(|&pointer| pointer <= entry).saturating_sub(1)
    }
}

/// Sorts rows and drops stored zeros. A column named twice in a row is an error: (row, column).
pub(super) fn tidy(matrix: &mut CountMatrix) -> Result<(), (usize, u32)> {
    let rises = |row: usize| {
        let entries = matrix.indptr[row] as usize..matrix.indptr[row + 1] as usize;
        matrix.indices[entries].is_sorted_by(|a, b| a < b)
    };
    if !matrix.values.contains(&0.0) && (0..matrix.rows).all(rises) {
        return Ok(());
    }
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
