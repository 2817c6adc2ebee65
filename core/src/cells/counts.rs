//! Counts as compressed sparse rows: one row a cell, one column a gene.

/// Non-negative counts in compressed sparse rows: columns strictly increasing within a row, no stored zeros.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CountMatrix {
    /// Cells.
    pub rows: usize,
    /// Genes.
    pub cols: usize,
    /// Where each row starts in `indices` and `values`; `rows + 1` entries, the first 0.
    pub indptr: Vec<u64>,
    /// Column of each stored count.
    pub indices: Vec<u32>,
    /// The stored counts.
    pub values: Vec<f32>,
}

/// What is wrong with a count matrix.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CountsError {
    /// The arrays do not fit each other.
    #[error("{0}")]
    Layout(String),
    /// A column index is out of range, or a row is not strictly increasing.
    #[error("row {row}: column {column} is {problem}")]
    Column {
        /// Row.
        row: usize,
        /// Column.
        column: u32,
        /// "beyond the N genes" or "out of order or given twice".
        problem: String,
    },
    /// A count is negative, zero, infinite or not a number.
    #[error("row {row}, column {column}: {value} is not a count; stored counts are positive and finite")]
    Value {
        /// Row.
        row: usize,
        /// Column.
        column: u32,
        /// The value.
        value: f32,
    },
}

impl CountMatrix {
    /// A checked matrix.
    ///
    /// # Errors
    /// If the arrays do not fit each other, a row is not strictly increasing, or a value is not positive and finite.
    pub fn new(
        rows: usize,
        cols: usize,
        indptr: Vec<u64>,
        indices: Vec<u32>,
        values: Vec<f32>,
    ) -> Result<Self, CountsError> {
        let matrix = Self { rows, cols, indptr, indices, values };
        matrix.validate()?;
        Ok(matrix)
    }

    /// No rows yet; see [`CountMatrix::push_row`].
    pub fn empty(cols: usize) -> Self {
        Self { rows: 0, cols, indptr: vec![0], indices: Vec::new(), values: Vec::new() }
    }

    /// The non-zero entries of a dense matrix in row-major order.
    ///
    /// ```
    /// use cellprism_core::cells::CountMatrix;
    ///
    /// let counts = CountMatrix::from_dense(2, 3, &[0.0, 5.0, 1.0, 0.0, 0.0, 2.0])?;
    /// assert_eq!(counts.row(0), (&[1u32, 2][..], &[5.0f32, 1.0][..]));
    /// assert!(CountMatrix::from_dense(1, 1, &[-1.0]).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the length is not `rows × cols`, or a value is negative or not finite.
    pub fn from_dense(rows: usize, cols: usize, dense: &[f32]) -> Result<Self, CountsError> {
        if rows.checked_mul(cols) != Some(dense.len()) {
            return Err(CountsError::Layout(format!("{} values for {rows} × {cols}", dense.len())));
        }
        let mut matrix = Self::empty(cols);
        for row in dense.chunks_exact(cols.max(1)).take(rows) {
            matrix.push_row(
                row.iter().enumerate().filter(|entry| *entry.1 != 0.0).map(|(j, &v)| (j as u32, v)),
            );
        }
        while matrix.rows < rows {
            matrix.push_row(std::iter::empty());
        }
        matrix.validate()?;
        Ok(matrix)
    }

    /// Appends a row of (column, count), columns strictly increasing, no zeros. Not checked: see [`CountMatrix::validate`].
    pub fn push_row(&mut self, entries: impl IntoIterator<Item = (u32, f32)>) {
        for (column, value) in entries {
            self.indices.push(column);
            self.values.push(value);
        }
        self.indptr.push(self.indices.len() as u64);
        self.rows += 1;
    }

    /// Appends the rows of another matrix with the same columns.
    ///
    /// # Errors
    /// If the numbers of columns differ.
    pub fn append(&mut self, other: &Self) -> Result<(), CountsError> {
        if self.cols != other.cols {
            return Err(CountsError::Layout(format!("{} columns appended to {}", other.cols, self.cols)));
        }
        let base = self.indices.len() as u64;
        self.indptr.extend(other.indptr.iter().skip(1).map(|&end| base + end));
        self.indices.extend_from_slice(&other.indices);
        self.values.extend_from_slice(&other.values);
        self.rows += other.rows;
        Ok(())
    }

    /// Checks everything that the type promises.
    ///
    /// # Errors
    /// The first thing that is wrong, with its row and column.
    pub fn validate(&self) -> Result<(), CountsError> {
        let layout = |message: String| Err(CountsError::Layout(message));
        if self.cols > u32::MAX as usize || self.rows > u32::MAX as usize {
            return layout(format!("{} × {} is more than 32 bits can count", self.rows, self.cols));
        }
        if self.indptr.len() != self.rows + 1 || self.indptr.first() != Some(&0) {
            return layout(format!("{} row pointers for {} rows", self.indptr.len(), self.rows));
        }
        if self.indices.len() != self.values.len() || self.indptr.last() != Some(&(self.indices.len() as u64))
        {
            return layout(format!(
                "{} column indices, {} values, but the last row ends at {}",
                self.indices.len(),
                self.values.len(),
                self.indptr.last().copied().unwrap_or_default()
            ));
        }
        if let Some(row) = self.indptr.windows(2).position(|pair| pair[1] < pair[0]) {
            return layout(format!("row {row} ends before it starts"));
        }
        (0..self.rows).try_for_each(|row| self.validate_row(row))
    }

    fn validate_row(&self, row: usize) -> Result<(), CountsError> {
        let (columns, values) = self.row(row);
        let mut last = None;
        for (&column, &value) in columns.iter().zip(values) {
            if column as usize >= self.cols {
                let problem = format!("beyond the {} genes", self.cols);
                return Err(CountsError::Column { row, column, problem });
            }
            if last.is_some_and(|last| column <= last) {
                return Err(CountsError::Column {
                    row,
                    column,
                    problem: "out of order or given twice".into(),
                });
            }
            if !(value > 0.0 && value.is_finite()) {
                return Err(CountsError::Value { row, column, value });
            }
            last = Some(column);
        }
        Ok(())
    }

    /// Stored entries.
    pub fn nnz(&self) -> usize {
        self.indices.len()
    }

    /// Columns and counts of a row.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn row(&self, row: usize) -> (&[u32], &[f32]) {
        let span = self.indptr[row] as usize..self.indptr[row + 1] as usize;
        (&self.indices[span.clone()], &self.values[span])
    }

    /// One count; 0 where none is stored.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn get(&self, row: usize, column: usize) -> f32 {
        let (columns, values) = self.row(row);
        u32::try_from(column)
            .ok()
            .and_then(|column| columns.binary_search(&column).ok())
            .map_or(0.0, |at| values[at])
    }

    /// Some rows, in the order given.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn select_rows(&self, rows: &[usize]) -> Self {
        let mut out = Self::empty(self.cols);
        for &row in rows {
            let (columns, values) = self.row(row);
            out.push_row(columns.iter().copied().zip(values.iter().copied()));
        }
        out
    }

    /// Sum of each row, in f64.
    pub fn row_sums(&self) -> Vec<f64> {
        (0..self.rows).map(|row| self.row(row).1.iter().map(|&value| f64::from(value)).sum()).collect()
    }

    /// In how many cells each gene is detected.
    pub fn detected(&self) -> Vec<u32> {
        let mut cells = vec![0; self.cols];
        for &column in &self.indices {
            cells[column as usize] += 1;
        }
        cells
    }

    /// The counts by gene: the transposed matrix, cells increasing within a gene.
    pub fn transposed(&self) -> Self {
        let mut starts = vec![0u64; self.cols + 1];
        for &column in &self.indices {
            starts[column as usize + 1] += 1;
        }
        for gene in 0..self.cols {
            starts[gene + 1] += starts[gene];
        }
        let mut next = starts.clone();
        let mut indices = vec![0; self.nnz()];
        let mut values = vec![0.0; self.nnz()];
        for cell in 0..self.rows {
            let (columns, counts) = self.row(cell);
            for (&column, &count) in columns.iter().zip(counts) {
                let at = next[column as usize] as usize;
                indices[at] = cell as u32;
                values[at] = count;
                next[column as usize] += 1;
            }
        }
        Self { rows: self.cols, cols: self.rows, indptr: starts, indices, values }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_wrong_is_named() {
        let made = |indptr: &[u64], indices: &[u32], values: &[f32]| {
            CountMatrix::new(2, 3, indptr.to_vec(), indices.to_vec(), values.to_vec())
        };
        assert!(made(&[0, 2, 3], &[0, 2, 1], &[1.0, 2.0, 3.0]).is_ok());
        assert!(matches!(made(&[0, 2], &[0, 2], &[1.0, 2.0]), Err(CountsError::Layout(_))));
        assert!(matches!(made(&[0, 3, 2], &[0, 1], &[1.0, 2.0]), Err(CountsError::Layout(_))));
        assert_eq!(
            made(&[0, 1, 2], &[0, 3], &[1.0, 1.0]).unwrap_err().to_string(),
            "row 1: column 3 is beyond the 3 genes"
        );
        assert!(matches!(
            made(&[0, 2, 2], &[1, 1], &[1.0, 1.0]),
            Err(CountsError::Column { row: 0, column: 1, .. })
        ));
        assert!(matches!(
            made(&[0, 1, 2], &[0, 1], &[1.0, f32::NAN]),
            Err(CountsError::Value { row: 1, .. })
        ));
    }

    #[test]
    fn a_matrix_without_genes_keeps_its_cells() {
        assert_eq!(CountMatrix::from_dense(3, 0, &[]).unwrap().rows, 3);
    }

    proptest! {
        #[test]
        fn sparse_equals_dense(rows in 0usize..6, cols in 1usize..7, seed in proptest::collection::vec(0u8..4, 42)) {
            let dense: Vec<f32> = seed.iter().take(rows * cols).map(|&v| f32::from(v)).collect();
            let matrix = CountMatrix::from_dense(rows, cols, &dense).unwrap();
            let turned = matrix.transposed();
            prop_assert!(turned.validate().is_ok());
            prop_assert_eq!(&turned.transposed(), &matrix);
            for row in 0..rows {
                for column in 0..cols {
                    prop_assert_eq!(matrix.get(row, column), dense[row * cols + column]);
                    prop_assert_eq!(turned.get(column, row), dense[row * cols + column]);
                }
            }
            let mut twice = matrix.clone();
            twice.append(&matrix).unwrap();
            prop_assert!(twice.validate().is_ok());
            prop_assert_eq!(twice.select_rows(&(rows..2 * rows).collect::<Vec<_>>()), matrix);
        }
    }
}
