//! Cells of each class into training and test.

use std::collections::BTreeMap;

use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// What a cell is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// To fit.
    Train,
    /// To measure.
    Test,
}

impl Part {
    /// As tables have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Test => "test",
        }
    }
}

/// Cells of a class in each part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartSizes {
    /// To fit.
    pub train: usize,
    /// To measure.
    pub test: usize,
}

impl PartSizes {
    /// As many of `cells` as there are, in the same proportion; at least one in each part, `None` for fewer than two cells.
    pub fn within(self, cells: usize) -> Option<Self> {
        if cells < 2 {
            return None;
        }
        if cells >= self.train + self.test {
            return Some(self);
        }
        let share = self.test as f64 / (self.train + self.test) as f64;
        let test = ((cells as f64 * share).round() as usize).clamp(1, cells - 1);
        Some(Self { train: cells - test, test })
    }
}

/// Draws cells of each class: `classes` holds the class of every cell, or none. Each class has `sizes` cells or, where it
/// has fewer, all of them in the same proportion; a class of one cell has none. (Cell, part), cells increasing.
///
/// ```
/// use cellprism_core::classification::{PartSizes, split};
///
/// let classes: Vec<Option<usize>> = (0..100).map(|cell| Some(usize::from(cell >= 92))).collect();
/// let parts = split(&classes, PartSizes { train: 30, test: 10 }, 1);
/// assert_eq!(parts.len(), 48); // 40 of the first class, all 8 of the second
/// ```
pub fn split(classes: &[Option<usize>], sizes: PartSizes, seed: u64) -> Vec<(usize, Part)> {
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (cell, class) in classes.iter().enumerate() {
        if let Some(class) = class {
            members.entry(*class).or_default().push(cell);
        }
    }
    let mut parts = Vec::new();
    for (class, mut cells) in members {
        let Some(sizes) = sizes.within(cells.len()) else { continue };
        let mut random =
            Xoshiro256PlusPlus::seed_from_u64(seed ^ (class as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let drawn = sizes.train + sizes.test;
        for place in 0..drawn {
            let left = (cells.len() - place) as u64;
            cells.swap(place, place + (random.next_u64() % left) as usize);
        }
        parts.extend(cells[..sizes.train].iter().map(|&cell| (cell, Part::Train)));
        parts.extend(cells[sizes.train..drawn].iter().map(|&cell| (cell, Part::Test)));
    }
    parts.sort_unstable_by_key(|part| part.0);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_classes_keep_the_proportion() {
        let paper = PartSizes { train: 6000, test: 2000 };
        assert_eq!(paper.within(10_000), Some(paper));
        assert_eq!(paper.within(400), Some(PartSizes { train: 300, test: 100 }));
        assert_eq!(paper.within(2), Some(PartSizes { train: 1, test: 1 }));
        assert_eq!(paper.within(1), None);
    }

    #[test]
    fn each_cell_is_in_one_part_and_the_seed_decides() {
        let classes: Vec<Option<usize>> = (0..60).map(|cell| (cell % 7 > 0).then_some(cell % 3)).collect();
        let sizes = PartSizes { train: 6, test: 4 };
        let parts = split(&classes, sizes, 3);
        assert_eq!(parts, split(&classes, sizes, 3));
        assert_ne!(parts, split(&classes, sizes, 4));
        assert!(parts.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for class in 0..3 {
            let of = |part| parts.iter().filter(|p| p.1 == part && classes[p.0] == Some(class)).count();
            assert_eq!((of(Part::Train), of(Part::Test)), (6, 4));
        }
    }
}
