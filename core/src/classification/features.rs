//! What labels are predicted from: a row of numbers a cell.

use ndarray::Array2;

/// Features of cells.
#[derive(Clone, Debug, PartialEq)]
pub enum Features {
    /// Every number, `[cells, width]`.
    Dense(Array2<f32>),
    /// Numbers that are not zero.
    Sparse {
        /// Features.
        width: usize,
        /// Where each cell's entries start; cells + 1 entries.
        starts: Vec<usize>,
        /// Features of the entries.
        indices: Vec<u32>,
        /// Their values.
        values: Vec<f32>,
    },
}

/// A cell's features.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Row<'a> {
    /// Every number.
    Dense(&'a [f32]),
    /// Features and values that are not zero.
    Sparse(&'a [u32], &'a [f32]),
}

/// Why numbers are no features.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FeaturesError {
    /// A feature that there is not.
    #[error("cell {cell}: feature {index}, but there are {width}")]
    Beyond {
        /// Cell.
        cell: usize,
        /// Feature.
        index: u32,
        /// Number of features.
        width: usize,
    },
    /// A feature twice.
    #[error("cell {cell}: feature {index} is there twice")]
    Twice {
        /// Cell.
        cell: usize,
        /// Feature.
        index: u32,
    },
    /// Not a number.
    #[error("cell {cell}: {value} is not a finite number")]
    NotFinite {
        /// Cell.
        cell: usize,
        /// The value.
        value: f32,
    },
}

impl Features {
    /// From TopK codes, `indices` and `values` `[cells, k]`, each feature once a cell; values of 0 are left out.
    ///
    /// # Errors
    /// Names the cell whose entries are wrong.
    ///
    /// # Panics
    /// If the slices are not of one length, or not k times as long as there are cells.
    pub fn from_codes(
        width: usize,
        k: usize,
        indices: &[u32],
        values: &[f32],
    ) -> Result<Self, FeaturesError> {
        assert!(indices.len() == values.len() && indices.len().is_multiple_of(k.max(1)));
        let cells = indices.len() / k.max(1);
        let (mut starts, mut kept) = (vec![0], Vec::new());
        let (mut of, mut with) = (Vec::new(), Vec::new());
        for cell in 0..cells {
            kept.clear();
            for at in cell * k..(cell + 1) * k {
                let (index, value) = (indices[at], values[at]);
                if index as usize >= width {
                    return Err(FeaturesError::Beyond { cell, index, width });
                }
                if !value.is_finite() {
                    return Err(FeaturesError::NotFinite { cell, value });
                }
                if value != 0.0 {
                    kept.push((index, value));
                }
            }
            kept.sort_unstable_by_key(|entry| entry.0);
            if let Some(twice) = kept.windows(2).find(|pair| pair[0].0 == pair[1].0) {
                return Err(FeaturesError::Twice { cell, index: twice[0].0 });
            }
            of.extend(kept.iter().map(|entry| entry.0));
            with.extend(kept.iter().map(|entry| entry.1));
            starts.push(of.len());
        }
        Ok(Self::Sparse { width, starts, indices: of, values: with })
    }

    /// Cells.
    pub fn cells(&self) -> usize {
        match self {
            Self::Dense(values) => values.nrows(),
            Self::Sparse { starts, .. } => starts.len().saturating_sub(1),
        }
    }

    /// Features of a cell.
    pub fn width(&self) -> usize {
        match self {
            Self::Dense(values) => values.ncols(),
            Self::Sparse { width, .. } => *width,
        }
    }

    /// The features of one cell.
    ///
    /// # Panics
    /// If there is no such cell, or a dense matrix is not in row order.
    pub fn row(&self, cell: usize) -> Row<'_> {
        match self {
            Self::Dense(values) => {
                let width = values.ncols();
                let all = values.as_slice().expect("features are in row order");
                Row::Dense(&all[cell * width..(cell + 1) * width])
            }
            Self::Sparse { starts, indices, values, .. } => {
                let span = starts[cell]..starts[cell + 1];
                Row::Sparse(&indices[span.clone()], &values[span])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_become_rows_in_the_order_of_features() {
        let found = Features::from_codes(4, 2, &[3, 1, 2, 0], &[1.0, 2.0, 0.0, 4.0]).unwrap();
        assert_eq!(found.row(0), Row::Sparse(&[1, 3], &[2.0, 1.0]));
        assert_eq!(found.row(1), Row::Sparse(&[0], &[4.0]));
        assert_eq!((found.cells(), found.width()), (2, 4));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let refuse = |indices: [u32; 2], values: [f32; 2]| {
            Features::from_codes(4, 2, &indices, &values).unwrap_err().to_string()
        };
        assert_eq!(refuse([1, 4], [1.0, 1.0]), "cell 0: feature 4, but there are 4");
        assert_eq!(refuse([1, 1], [1.0, 1.0]), "cell 0: feature 1 is there twice");
        assert_eq!(refuse([1, 2], [1.0, f32::NAN]), "cell 0: NaN is not a finite number");
    }
}
