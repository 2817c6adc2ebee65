//! Cells that are held out together.

use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::cells::Column;

/// Folds at most, where whole donors are held out.
const MOST: usize = 10;

/// The fold of every cell; a cell without one is always trained on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folds {
    /// Number of folds.
    pub count: usize,
    of: Vec<Option<u32>>,
}

impl Folds {
    /// Whole labels of a column (donors) are held out: each in turn, or in ten folds of about as many cells where there are more.
    ///
    /// ```
    /// use cellprism_core::{cells::Column, evaluation::Folds};
    ///
    /// let donors = Column::from_texts("donor_id", &["b", "a", "", "b", "c"]).expect("few labels");
    /// let folds = Folds::by_label(&donors);
    /// assert_eq!((folds.count, folds.of(0), folds.of(2)), (3, folds.of(3), None));
    /// ```
    pub fn by_label(column: &Column) -> Self {
        let counts = column.label_counts();
        let mut largest: Vec<usize> = (0..counts.len()).filter(|&label| counts[label] > 0).collect();
        largest.sort_by(|&a, &b| counts[b].cmp(&counts[a]).then(a.cmp(&b)));
        let count = largest.len().min(MOST);
        let mut sizes = vec![0u64; count];
        let mut fold = vec![None; counts.len()];
        for label in largest {
            let smallest = (0..count).min_by_key(|&at| (sizes[at], at)).unwrap_or(0);
            sizes[smallest] += u64::from(counts[label]);
            fold[label] = Some(smallest as u32);
        }
        let of = column.codes.iter().map(|&code| fold.get(usize::from(code)).copied().flatten()).collect();
        Self { count, of }
    }

    /// Cells in `count` folds, each label of the column spread evenly over them; drawn with a seed.
    pub fn by_cell(column: &Column, count: usize, seed: u64) -> Self {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut order: Vec<usize> = (0..column.codes.len()).collect();
        for place in (1..order.len()).rev() {
            order.swap(place, (random.next_u64() % (place as u64 + 1)) as usize);
        }
        order.sort_by_key(|&cell| column.codes[cell]);
        let mut of = vec![None; order.len()];
        for (place, cell) in order.into_iter().enumerate() {
            of[cell] = Some((place % count.max(1)) as u32);
        }
        Self { count, of }
    }

    /// The fold of a cell.
    ///
    /// # Panics
    /// If there is no such cell.
    pub fn of(&self, cell: usize) -> Option<u32> {
        self.of[cell]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_donors_share_folds_of_about_one_size() {
        let names: Vec<String> = (0..400).map(|cell| format!("d{:02}", cell % 25)).collect();
        let folds = Folds::by_label(&Column::from_texts("donor_id", &names).unwrap());
        assert_eq!(folds.count, 10);
        let size = |fold| (0..400).filter(|&cell| folds.of(cell) == Some(fold)).count();
        assert!((0..10).all(|fold| (30..=48).contains(&size(fold))));
        assert!((0..375).all(|cell| folds.of(cell) == folds.of(cell + 25)));
    }

    #[test]
    fn labels_are_spread_over_the_folds() {
        let names: Vec<&str> = (0..60).map(|cell| if cell < 50 { "a" } else { "b" }).collect();
        let column = Column::from_texts("kind", &names).unwrap();
        let folds = Folds::by_cell(&column, 5, 1);
        for fold in 0..5 {
            let of = |from: usize, to: usize| (from..to).filter(|&cell| folds.of(cell) == Some(fold)).count();
            assert_eq!((of(0, 50), of(50, 60)), (10, 2));
        }
        assert_ne!(folds, Folds::by_cell(&column, 5, 2));
    }
}
