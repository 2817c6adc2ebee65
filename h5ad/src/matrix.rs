//! The count matrix of a file, read some rows at a time whatever its form.

use std::collections::HashMap;

use cellprism_core::cells::CountMatrix;
use hdf5_pure::AttrValue;

use super::{
    array::{Array, Kind},
    columns::Columns,
    compressed::{Compressed, ReadError, read_counts, tidy},
    container::Container,
    error::H5adError,
    lookup::Node,
};

/// An open matrix.
pub(super) struct Matrix {
    pub(super) rows: usize,
    pub(super) cols: usize,
    form: Form,
}

enum Form {
    Dense(Array),
    Rows(Compressed),
    Columns(Columns),
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
                are_counts(container, &array)?;
                Form::Dense(array)
            }
            Some(Node::Group(attrs)) => {
                let text = |name: &str| attrs.get(name).and_then(AttrValue::as_str);
                let format =
                    text("encoding-type").or_else(|| text("h5sparse_format")).unwrap_or_default().to_owned();
                if let Some(shape) = shape(container, path, &attrs)? {
                    fits(&shape)?;
                }
                let part = |part: &str| container.array(&format!("{path}/{part}"));
                let (data, indices, pointers) = (part("data")?, part("indices")?, part("indptr")?);
                are_counts(container, &data)?;
                let by_row = match format.as_str() {
                    "csr_matrix" | "csr" => true,
                    "csc_matrix" | "csc" => false,
                    other => {
                        let problem = format!("encoding {other:?}; CSR, CSC and dense matrices are read");
                        return Err(container.damaged(path, problem));
                    }
                };
                let (majors, minors) = if by_row { (cells, genes) } else { (genes, cells) };
                let indptr = read_pointers(container, &pointers, majors, minors, &data, &indices)?;
                let compressed = Compressed { data, indices, indptr, minors, by_row };
                if by_row {
                    Form::Rows(compressed)
                } else {
                    Form::Columns(Columns::new(compressed, container.room.pass_entries))
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
            Form::Rows(compressed) => {
                let pointers = &compressed.indptr[start..=end];
                let base = pointers[0];
                let indptr = pointers.iter().map(|&p| p - base).collect();
                let (indices, values) = compressed.entries(container, start, end, any_number)?;
                let mut matrix = CountMatrix { rows: end - start, cols: self.cols, indptr, indices, values };
                tidy(&mut matrix).map_err(|(row, column)| {
                    let problem = format!("row {} names column {column} twice", start + row);
                    container.damaged(&compressed.data.name, problem)
                })?;
                Ok(matrix)
            }
            Form::Columns(columns) => columns.read(container, self.cols, start, end, any_number),
        }
    }
}

/// Rows and columns as the matrix under `path` states them itself: known before names are read.
pub(super) fn extents(container: &Container, path: &str) -> Result<[Option<u64>; 2], H5adError> {
    Ok(match container.find(path)? {
        None => [None; 2],
        Some(Node::Array(array)) => [array.shape.first().copied(), array.shape.get(1).copied()],
        Some(Node::Group(attrs)) => match shape(container, path, &attrs)?.as_deref() {
            Some(&[rows, columns]) => [Some(rows), Some(columns)],
            _ => [None; 2],
        },
    })
}

/// The shape among the attributes of a compressed matrix.
fn shape(
    container: &Container,
    path: &str,
    attrs: &HashMap<String, AttrValue>,
) -> Result<Option<Vec<u64>>, H5adError> {
    let Some(shape) = attrs.get("shape").or_else(|| attrs.get("h5sparse_shape")) else { return Ok(None) };
    let extents = shape.to_i64s().unwrap_or_default();
    let counted: Option<Vec<u64>> = extents.iter().map(|&extent| u64::try_from(extent).ok()).collect();
    counted.map(Some).ok_or_else(|| container.damaged(path, format!("its shape is {extents:?}")))
}

/// Refuses values that cannot be read as counts, half-precision numbers among them.
fn are_counts(container: &Container, values: &Array) -> Result<(), H5adError> {
    if matches!(values.kind, Kind::F32 | Kind::Float | Kind::Integer | Kind::Bool) {
        return Ok(());
    }
    let problem = "its values are not whole numbers or 32- or 64-bit floating-point numbers: save it with one of these, for \
                   instance adata.X = adata.X.astype(\"float32\")";
    Err(container.damaged(&values.name, problem))
}

fn read_pointers(
    container: &Container,
    pointers: &Array,
    major: usize,
    minor: usize,
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
    if let Some(at) = values.windows(2).position(|pair| (pair[1] - pair[0]) as u64 > minor as u64) {
        return bad(format!(
            "entry {} gives a row or column more values than the {minor} it can have",
            at + 1
        ));
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
