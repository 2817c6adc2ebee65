//! Categorical covariates of a model, for instance the batch, and the one-hot columns of each cell.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::ModelCard;
use crate::cells::Column;

/// A categorical covariate, for instance the batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Covariate {
    /// Column of `obs` it was read from in training; `None` where training named no column.
    pub column: Option<String>,
    /// Its categories, in the order of the one-hot columns.
    pub categories: Vec<String>,
}

impl Covariate {
    /// One-hot columns: none for a single category.
    pub fn width(&self) -> usize {
        if self.categories.len() > 1 { self.categories.len() } else { 0 }
    }
}

/// Why cells have no one-hot columns.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum CovariateError {
    /// No column of that name.
    #[error("the model reads the covariate {name:?}, which the cells do not have")]
    Column {
        /// The covariate.
        name: String,
        /// What it can be.
        categories: Vec<String>,
    },
    /// A label that training did not see, or none.
    #[error("cell {cell} has {name} {label:?}; the model knows {categories:?}")]
    Label {
        /// The cell's row.
        cell: usize,
        /// The covariate.
        name: String,
        /// The label; empty where the cell has none.
        label: String,
        /// What it can be.
        categories: Vec<String>,
    },
}

impl ModelCard {
    /// One-hot columns of all covariates.
    pub fn covariate_width(&self) -> usize {
        self.covariates.iter().map(Covariate::width).sum()
    }

    /// One-hot columns that enter the encoder.
    pub fn encoder_covariate_width(&self) -> usize {
        if self.encode_covariates { self.covariate_width() } else { 0 }
    }

    /// Active one-hot columns of each of so many cells, by their metadata; empty where the model knows no covariate.
    ///
    /// # Errors
    /// If a covariate's column is missing, or a cell's label is none of its categories.
    pub fn one_hot(&self, cells: usize, columns: &[Column]) -> Result<Vec<Vec<u32>>, CovariateError> {
        if self.covariate_width() == 0 {
            return Ok(Vec::new());
        }
        let mut one_hot = vec![Vec::new(); cells];
        let mut start = 0u32;
        for covariate in self.covariates.iter().filter(|c| c.width() > 0) {
            let name = covariate.column.as_deref().unwrap_or("batch");
            let categories = &covariate.categories;
            let Some(column) = columns.iter().find(|c| c.name == name) else {
                return Err(CovariateError::Column { name: name.into(), categories: categories.clone() });
            };
            let place: Vec<Option<usize>> =
                column.labels.iter().map(|label| categories.iter().position(|c| c == label)).collect();
            for (cell, active) in one_hot.iter_mut().enumerate() {
                let code = column.codes.get(cell).map(|&code| usize::from(code));
                let Some(found) = code.and_then(|code| place.get(code).copied().flatten()) else {
                    return Err(CovariateError::Label {
                        cell,
                        name: name.into(),
                        label: column.label(cell).unwrap_or_default().into(),
                        categories: categories.clone(),
                    });
                };
                active.push(start + found as u32);
            }
            start += covariate.width() as u32;
        }
        Ok(one_hot)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::tests::BY_HAND, *};

    #[test]
    fn covariates_are_found_by_name_and_label() {
        let none = ModelCard::from_json(BY_HAND.as_bytes()).unwrap();
        let covariate = |column: &str, categories: &[&str]| Covariate {
            column: Some(column.into()),
            categories: categories.iter().map(|&c| c.into()).collect(),
        };
        let covariates = vec![covariate("batch", &["a", "b"]), covariate("donor", &["x", "y", "z"])];
        let two = ModelCard { covariates, ..none.clone() };
        let column = |name: &str, labels: [&str; 2]| Column::from_texts(name, &labels).unwrap();
        let known = [column("donor", ["z", "x"]), column("batch", ["a", "b"])];
        assert_eq!(two.one_hot(2, &known), Ok(vec![vec![0, 4], vec![1, 2]]));
        assert!(two.one_hot(2, &known[..1]).unwrap_err().to_string().contains("\"batch\""));
        let other = [column("donor", ["z", "x"]), column("batch", ["a", "c"])];
        assert!(two.one_hot(2, &other).unwrap_err().to_string().contains("\"c\""));
        assert!(two.one_hot(3, &known).is_err(), "a cell without a label");
        assert_eq!(none.one_hot(2, &[]), Ok(Vec::new()));
    }

    #[test]
    fn a_single_category_has_no_column() {
        let covariate = Covariate { column: None, categories: vec!["0".into()] };
        assert_eq!(covariate.width(), 0);
    }
}
