//! How well numbers tell cells with a label from the others: the area under the ROC curve, equal numbers counting half.

use crate::concepts::ActiveCells;

/// An item's active cells by rising activation.
#[derive(Clone, Debug, PartialEq)]
pub struct SortedCells(Vec<(f32, u32)>);

impl SortedCells {
    /// Sorts.
    pub fn of(active: &ActiveCells) -> Self {
        let mut cells: Vec<(f32, u32)> =
            active.values.iter().copied().zip(active.cells.iter().map(|cell| cell.0)).collect();
        cells.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        Self(cells)
    }

    /// The area for every label at once, over the cells of a part; `None` where a label has none or all of its cells.
    /// Cells without a label are such that do not have it.
    ///
    /// ```
    /// use cellprism_core::{concepts::ActiveCells, evaluation::{Population, SortedCells}, ids::CellId};
    ///
    /// // active in the second and third of four cells; labels 0, 1, 1, 0
    /// let item = SortedCells::of(&ActiveCells { cells: vec![CellId(1), CellId(2)], values: vec![0.5, 2.0] });
    /// let all = Population::new(&[0, 1, 1, 0], 2, |_| true);
    /// assert_eq!(item.aurocs(&all), [Some(0.0), Some(1.0)]);
    /// ```
    pub fn aurocs(&self, population: &Population<'_>) -> Vec<Option<f64>> {
        let Population { codes, inside, labels, cells } = population;
        let mut below: Vec<f64> = labels.clone();
        let mut all_below = *cells;
        let kept = || self.0.iter().filter(|entry| inside[entry.1 as usize]);
        for &(_, cell) in kept() {
            all_below -= 1.0;
            if let Some(of) = below.get_mut(usize::from(codes[cell as usize])) {
                *of -= 1.0;
            }
        }
        // inactive cells tie at 0
        let mut wins: Vec<f64> = below.iter().map(|&with| with * (all_below - with) / 2.0).collect();
        let mut tied: Vec<f64> = vec![0.0; labels.len()];
        let sorted: Vec<&(f32, u32)> = kept().collect();
        for group in sorted.chunk_by(|a, b| a.0 == b.0) {
            let of = |entry: &(f32, u32)| usize::from(codes[entry.1 as usize]);
            for entry in group {
                if let Some(count) = tied.get_mut(of(entry)) {
                    *count += 1.0;
                }
            }
            let all = group.len() as f64;
            for entry in group {
                let Some(with) = tied.get_mut(of(entry)) else { continue };
                let (label, with) = (of(entry), std::mem::take(with));
                wins[label] += with * (all_below - below[label] + (all - with) / 2.0);
                below[label] += with;
            }
            all_below += all;
        }
        let area = |(&wins, &with): (&f64, &f64)| {
            let pairs = with * (cells - with);
            (pairs > 0.0).then(|| wins / pairs)
        };
        wins.iter().zip(labels).map(area).collect()
    }
}

/// Some of the cells with their labels.
#[derive(Clone, Debug)]
pub struct Population<'a> {
    codes: &'a [u16],
    inside: Vec<bool>,
    /// Cells of each label.
    labels: Vec<f64>,
    cells: f64,
}

impl<'a> Population<'a> {
    /// The cells that are `inside`; `codes` are their labels, of which there are `labels`, any other code none.
    pub fn new(codes: &'a [u16], labels: usize, inside: impl Fn(usize) -> bool) -> Self {
        let inside: Vec<bool> = (0..codes.len()).map(inside).collect();
        let mut counts = vec![0.0; labels];
        for (&code, _) in codes.iter().zip(&inside).filter(|(_, inside)| **inside) {
            if let Some(count) = counts.get_mut(usize::from(code)) {
                *count += 1.0;
            }
        }
        let cells = inside.iter().filter(|&&inside| inside).count() as f64;
        Self { codes, inside, labels: counts, cells }
    }
}

/// The area of any numbers; `None` where all or none are positive, or one is not a number.
///
/// ```
/// use cellprism_core::evaluation::auroc;
/// assert_eq!(auroc(&[0.1, 0.4, 0.4, 0.8], &[false, false, true, true]), Some(0.875));
/// ```
pub fn auroc(scores: &[f64], positive: &[bool]) -> Option<f64> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_unstable_by(|&a, &b| scores[a].total_cmp(&scores[b]));
    let (mut wins, mut below) = (0.0, 0.0);
    for tied in order.chunk_by(|&a, &b| scores[a] == scores[b]) {
        let with = tied.iter().filter(|&&at| positive[at]).count() as f64;
        let without = tied.len() as f64 - with;
        wins += with * (below + without / 2.0);
        below += without;
    }
    let pairs = below * (scores.len() as f64 - below);
    (pairs > 0.0 && scores.iter().all(|score| !score.is_nan())).then(|| wins / pairs)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ids::CellId;

    proptest! {
        #[test]
        fn all_labels_at_once_are_one_by_one(
            cells in proptest::collection::vec((0u8..4, 0u16..4, proptest::bool::ANY), 1..60)
        ) {
            let active = ActiveCells {
                cells: (0..cells.len()).filter(|&i| cells[i].0 > 0).map(CellId::from).collect(),
                values: cells.iter().filter(|cell| cell.0 > 0).map(|cell| f32::from(cell.0)).collect(),
            };
            // code 3 is no label
            let codes: Vec<u16> = cells.iter().map(|cell| cell.1).collect();
            let population = Population::new(&codes, 3, |cell| cells[cell].2);
            let inside: Vec<usize> = (0..cells.len()).filter(|&i| cells[i].2).collect();
            let scores: Vec<f64> = inside.iter().map(|&i| f64::from(cells[i].0)).collect();
            for (label, found) in SortedCells::of(&active).aurocs(&population).into_iter().enumerate() {
                let positive: Vec<bool> = inside.iter().map(|&i| usize::from(codes[i]) == label).collect();
                // by comparing all pairs
                let (mut wins, mut pairs) = (0.0, 0.0);
                for (a, _) in positive.iter().enumerate().filter(|(_, p)| **p) {
                    for (b, _) in positive.iter().enumerate().filter(|(_, p)| !**p) {
                        pairs += 1.0;
                        wins += if scores[a] > scores[b] { 1.0 } else if scores[a] == scores[b] { 0.5 } else { 0.0 };
                    }
                }
                let expected = (pairs > 0.0).then(|| wins / pairs);
                prop_assert_eq!(found, expected);
                prop_assert_eq!(auroc(&scores, &positive), expected);
            }
        }
    }
}
