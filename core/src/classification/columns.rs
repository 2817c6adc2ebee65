//! Some features of many.

use ndarray::Array2;

use super::{Features, Row};

impl Features {
    /// The features `columns` in this order, dense.
    ///
    /// ```
    /// use cellprism_core::classification::{Features, Row};
    ///
    /// let all = Features::from_codes(4, 2, &[3, 1], &[1.0, 2.0])?;
    /// assert_eq!(all.columns(&[3, 0]).row(0), Row::Dense(&[1.0, 0.0]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Panics
    /// If there is no such feature.
    pub fn columns(&self, columns: &[u32]) -> Self {
        let mut place = vec![None; self.width()];
        columns.iter().enumerate().for_each(|(at, &column)| place[column as usize] = Some(at));
        let mut chosen = Array2::zeros((self.cells(), columns.len()));
        for (cell, mut row) in chosen.rows_mut().into_iter().enumerate() {
            let mut take = |column: usize, value: f32| {
                if let Some(at) = place[column] {
                    row[at] = value;
                }
            };
            match self.row(cell) {
                Row::Dense(values) => {
                    values.iter().enumerate().for_each(|(column, &value)| take(column, value));
                }
                Row::Sparse(columns, values) => {
                    columns.iter().zip(values).for_each(|(&column, &value)| take(column as usize, value));
                }
            }
        }
        Self::Dense(chosen)
    }
}
