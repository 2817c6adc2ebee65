//! Which cells are compared with which.

/// The side of a cell that takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The cells of interest.
    Group,
    /// What they are compared with.
    Reference,
}

/// The side of every cell, or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contrast {
    sides: Vec<Option<Side>>,
    group: usize,
    reference: usize,
}

/// Why cells cannot be compared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContrastError {
    /// A variance needs two cells.
    #[error("{side} has {cells} cell{}: a variance needs at least two", if *.cells == 1 { "" } else { "s" })]
    TooFew {
        /// "the group" or "the reference".
        side: &'static str,
        /// Its cells.
        cells: usize,
    },
}

impl Contrast {
    /// From the side of every cell.
    ///
    /// # Errors
    /// If one side has fewer than two cells.
    pub fn new(sides: Vec<Option<Side>>) -> Result<Self, ContrastError> {
        let count = |wanted| sides.iter().filter(|side| **side == Some(wanted)).count();
        let (group, reference) = (count(Side::Group), count(Side::Reference));
        for (side, cells) in [("the group", group), ("the reference", reference)] {
            if cells < 2 {
                return Err(ContrastError::TooFew { side, cells });
            }
        }
        Ok(Self { sides, group, reference })
    }

    /// The side of a cell; none where it takes no part.
    ///
    /// # Panics
    /// If there is no such cell.
    pub fn side(&self, cell: usize) -> Option<Side> {
        self.sides[cell]
    }

    /// Cells of the group.
    pub fn group(&self) -> usize {
        self.group
    }

    /// Cells of the reference.
    pub fn reference(&self) -> usize {
        self.reference
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_cell_is_no_group() {
        let sides = |text: &str| {
            let side = |letter| match letter {
                'g' => Some(Side::Group),
                'r' => Some(Side::Reference),
                _ => None,
            };
            Contrast::new(text.chars().map(side).collect())
        };
        assert_eq!(
            sides("grr.").unwrap_err().to_string(),
            "the group has 1 cell: a variance needs at least two"
        );
        assert_eq!(sides("gg.").unwrap_err(), ContrastError::TooFew { side: "the reference", cells: 0 });
        let found = sides("gr.gr").unwrap();
        assert_eq!((found.group(), found.reference(), found.side(2)), (2, 2, None));
    }
}
