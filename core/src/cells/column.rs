//! A categorical column of cell metadata.

use serde::{Deserialize, Serialize};

/// The code of a cell without a label.
pub const NO_LABEL: u16 = u16::MAX;

/// A categorical column: one code a cell, [`NO_LABEL`] where the cell has none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Name, for instance `cell_type`.
    pub name: String,
    /// Labels by code.
    pub labels: Vec<String>,
    /// One code a cell.
    pub codes: Vec<u16>,
}

impl Column {
    /// A column from one text a cell; labels are sorted, an empty text is no label.
    ///
    /// `None` if there are more different labels than codes.
    pub fn from_texts<S: AsRef<str>>(name: impl Into<String>, texts: &[S]) -> Option<Self> {
        let distinct: std::collections::BTreeSet<&str> =
            texts.iter().map(AsRef::as_ref).filter(|text| !text.is_empty()).collect();
        if distinct.len() >= usize::from(NO_LABEL) {
            return None;
        }
        let labels: Vec<&str> = distinct.into_iter().collect();
        let code = |text: &str| labels.binary_search(&text).map_or(NO_LABEL, |place| place as u16);
        Some(Self {
            name: name.into(),
            codes: texts.iter().map(|text| code(text.as_ref())).collect(),
            labels: labels.iter().map(|&label| label.to_owned()).collect(),
        })
    }

    /// The label of a cell.
    pub fn label(&self, cell: usize) -> Option<&str> {
        let code = *self.codes.get(cell)?;
        self.labels.get(usize::from(code)).map(String::as_str)
    }

    /// Cells with each label.
    pub fn label_counts(&self) -> Vec<u32> {
        let mut counts = vec![0; self.labels.len()];
        for &code in &self.codes {
            if let Some(count) = counts.get_mut(usize::from(code)) {
                *count += 1;
            }
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_sorted_and_empty_texts_have_none() {
        let column = Column::from_texts("cell_type", &["NK", "B", "", "NK"]).unwrap();
        assert_eq!(column.labels, ["B", "NK"]);
        assert_eq!(column.codes, [1, 0, NO_LABEL, 1]);
        assert_eq!((column.label(0), column.label(2), column.label(9)), (Some("NK"), None, None));
        assert_eq!(column.label_counts(), [1, 2]);
    }
}
