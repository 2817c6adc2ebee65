//! The count matrix of a file, read some rows at a time whatever its form.

use cellprism_core::cells::CountMatrix;
use hdf5_pure::AttrValue;

use super::{
    array::{Array, Kind},
    columns::Columns,
    container::{Container, Node},
    error::H5adError,
};

/// Most entries of a compressed-columns matrix that are turned to rows in one pass over the file (8 bytes each).
const PASS_ENTRIES: u64 = 64 << 20;

/// An open matrix.
pub(super) struct Matrix {
    pub(super) rows: usize,
    pub(super) cols: usize,
    form: Form,
}

enum Form {
    Dense(Array),
    Rows { data: Array, indices: Array, indptr: Vec<u64> },
    Columns(Columns),
}

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

impl Matrix {
    /// Opens the matrix under `path`, which must have one row a cell and one column a gene.
    pub(super) fn open(
        container: &Container,
        path: &str,
        cells: usize,
        genes: usize,
    ) -> Result<Self, H5adError> {
        let expected = [cells as u64, genes as u64];
        let fits = |shape: &[u64]| {
            if shape == expected {
                Ok(())
            } else {
                let problem =
                    format!("its shape is {shape:?}, but there are {cells} cells and {genes} genes");
                Err(container.damaged(path, problem))
            }
        };
        let form = match container.find(path)? {
            None => return Err(container.damaged(path, "there is no such matrix")),
            Some(Node::Array(array)) => {
                fits(&array.shape)?;
                if !matches!(array.kind, Kind::F32 | Kind::Float | Kind::Integer | Kind::Bool) {
                    return Err(container.damaged(
                        path,
                        "its values are not whole numbers or 32- or 64-bit floating-point numbers",
                    ));
                }
                Form::Dense(array)
            }
            Some(Node::Group(attrs)) => {
                let text = |name: &str| attrs.get(name).and_then(AttrValue::as_str);
                let format =
                    text("encoding-type").or_else(|| text("h5sparse_format")).unwrap_or_default().to_owned();
                if let Some(shape) = attrs.get("shape").or_else(|| attrs.get("h5sparse_shape")) {
                    fits(&shape.to_i64s().unwrap_or_default().iter().map(|&e| e as u64).collect::<Vec<_>>())?;
                }
                let part = |part: &str| container.array(&format!("{path}/{part}"));
                let (data, indices, pointers) = (part("data")?, part("indices")?, part("indptr")?);
                let by_row = match format.as_str() {
                    "csr_matrix" | "csr" => true,
                    "csc_matrix" | "csc" => false,
                    other => {
                        let problem = format!("encoding {other:?}; CSR, CSC and dense matrices are read");
                        return Err(container.damaged(path, problem));
                    }
                };
                let major = if by_row { cells } else { genes };
                let indptr = read_pointers(container, &pointers, major, &data, &indices)?;
                if by_row {
                    Form::Rows { data, indices, indptr }
                } else {
                    Form::Columns(Columns::new(data, indices, indptr, cells, PASS_ENTRIES))
                }
            }
        };
        Ok(Self { rows: cells, cols: genes, form })
    }

    /// Fewer entries in one pass over a matrix stored by columns.
    #[cfg(test)]
    pub(super) fn limit_memory(&mut self, entries: u64) {
        if let Form::Columns(columns) = &mut self.form {
            columns.pass_entries = entries;
        }
    }

    /// Rows `start .. start + count`, clipped to the end.
    pub(super) fn read(
        &mut self,
        container: &Container,
        start: usize,
        count: usize,
        any_number: bool,
    ) -> Result<CountMatrix, ReadError> {
        let end = start.saturating_add(count).min(self.rows);
        let start = start.min(end);
        match &mut self.form {
            Form::Dense(array) => read_dense(container, array, self.cols, start, end, any_number),
            Form::Rows { data, indices, indptr } => {
                let pointers = &indptr[start..=end];
                let (indices, values) = read_entries(
                    container,
                    data,
                    indices,
                    pointers,
                    self.cols,
                    start,
                    any_number,
                    Major::Row,
                )?;
                let base = pointers[0];
                let mut matrix = CountMatrix {
                    rows: end - start,
                    cols: self.cols,
                    indptr: pointers.iter().map(|&p| p - base).collect(),
                    indices,
                    values,
                };
                tidy(&mut matrix).map_err(|(row, column)| {
                    let problem = format!("row {} names column {column} twice", start + row);
                    container.damaged(&data.name, problem)
                })?;
                Ok(matrix)
            }
            Form::Columns(columns) => columns.read(container, self.cols, start, end, any_number),
        }
    }
}

fn read_pointers(
    container: &Container,
    pointers: &Array,
    major: usize,
    data: &Array,
    indices: &Array,
) -> Result<Vec<u64>, H5adError> {
    let bad = |problem: String| Err(container.damaged(&pointers.name, problem));
    if pointers.shape != [major as u64 + 1] {
        return bad(format!("its shape is {:?}, expected {}", pointers.shape, major + 1));
    }
    if data.shape.len() != 1 || data.shape != indices.shape {
        let problem = format!("{:?} values for {:?} indices", data.shape, indices.shape);
        return Err(container.damaged(&data.name, problem));
    }
    let values = pointers.all_integers(container)?;
    if values.first() != Some(&0) {
        return bad("the first pointer is not 0".into());
    }
    if let Some(at) = values.windows(2).position(|pair| pair[1] < pair[0]) {
        return bad(format!("entry {} is {}, less than the one before it", at + 1, values[at + 1]));
    }
    if values.last().is_none_or(|&last| last as u64 != data.rows()) {
        return bad(format!(
            "the last pointer is {:?}, but {} values are stored",
            values.last(),
            data.rows()
        ));
    }
    Ok(values.into_iter().map(|value| value as u64).collect())
}

/// Which dimension a compressed matrix is compressed along.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Major {
    Row,
    Column,
}

/// Values in `start .. end` as 32-bit counts. `place` tells row and column of an entry for the error.
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

/// Minor indices and values of the majors between `pointers`.
#[allow(clippy::too_many_arguments)]
pub(super) fn read_entries(
    container: &Container,
    data: &Array,
    indices: &Array,
    pointers: &[u64],
    minors: usize,
    first_major: usize,
    any_number: bool,
    major: Major,
) -> Result<(Vec<u32>, Vec<f32>), ReadError> {
    let (from, to) = (pointers[0], pointers[pointers.len() - 1]);
    let (mut all_indices, mut all_values) = (Vec::new(), Vec::new());
    let window = data.window().max(indices.window());
    let major_of = |entry: u64| first_major + pointers.partition_point(|&p| p <= entry).saturating_sub(1);
    let mut start = from;
    while start < to {
        // Windows end where chunks do.
        let count = (window - start % window).min(to - start);
        let raw = indices.integers(container, start, count)?;
        if let Some(at) =
            raw.iter().position(|&minor| u64::try_from(minor).map_or(true, |m| m >= minors as u64))
        {
            let (of, what) = if major == Major::Row { ("row", "genes") } else { ("column", "cells") };
            let entry = major_of(start + at as u64);
            let problem = format!("{of} {entry} has index {}, but there are {minors} {what}", raw[at]);
            return Err(container.damaged(&indices.name, problem).into());
        }
        let values = read_counts(container, data, start, count, any_number, |at| {
            let (outer, inner) = (major_of(start + at), raw[at as usize] as usize);
            if major == Major::Row { (outer, inner) } else { (inner, outer) }
        })?;
        all_indices.extend(raw.iter().map(|&minor| minor as u32));
        all_values.extend(values);
        start += count;
    }
    Ok((all_indices, all_values))
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

fn read_dense(
    container: &Container,
    array: &Array,
    cols: usize,
    start: usize,
    end: usize,
    any_number: bool,
) -> Result<CountMatrix, ReadError> {
    let mut matrix = CountMatrix::empty(cols);
    let window = usize::try_from(array.window()).unwrap_or(usize::MAX);
    let mut row = start;
    while row < end {
        let count = (window - row % window).min(end - row);
        let values = read_counts(container, array, row as u64, count as u64, any_number, |at| {
            (row + at as usize / cols, at as usize % cols)
        })?;
        for offset in 0..count {
            let dense = &values[offset * cols..(offset + 1) * cols];
            matrix.push_row(
                dense.iter().enumerate().filter(|entry| *entry.1 != 0.0).map(|(j, &v)| (j as u32, v)),
            );
        }
        row += count;
    }
    Ok(matrix)
}
