//! A cell's counts with some of them replaced.

/// A sparse row of counts that can be changed: genes increasing, no zeros.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChangedCell {
    genes: Vec<u32>,
    counts: Vec<f32>,
}

impl ChangedCell {
    /// A cell as it is.
    pub fn of((genes, counts): (&[u32], &[f32])) -> Self {
        Self { genes: genes.to_vec(), counts: counts.to_vec() }
    }

    /// A cell with the count of one gene replaced.
    pub fn with(row: (&[u32], &[f32]), gene: u32, count: f32) -> Self {
        let mut cell = Self::of(row);
        cell.set(gene, count);
        cell
    }

    /// Genes and their counts.
    pub fn row(&self) -> (&[u32], &[f32]) {
        (&self.genes, &self.counts)
    }

    /// Replaces the count of a gene; 0 takes it out.
    pub fn set(&mut self, gene: u32, count: f32) {
        match (self.genes.binary_search(&gene), count > 0.0) {
            (Ok(place), true) => self.counts[place] = count,
            (Ok(place), false) => {
                self.genes.remove(place);
                self.counts.remove(place);
            }
            (Err(place), true) => {
                self.genes.insert(place, gene);
                self.counts.insert(place, count);
            }
            (Err(_), false) => {}
        }
    }
}

/// Genes in which two sparse rows differ: gene, count in `a`, count in `b`.
pub fn differences(a: (&[u32], &[f32]), b: (&[u32], &[f32])) -> Vec<(u32, f32, f32)> {
    let (mut i, mut j) = (0, 0);
    let mut out = Vec::new();
    while i < a.0.len() || j < b.0.len() {
        let left = a.0.get(i).copied().unwrap_or(u32::MAX);
        let right = b.0.get(j).copied().unwrap_or(u32::MAX);
        let (x, y) = (if left <= right { a.1[i] } else { 0.0 }, if right <= left { b.1[j] } else { 0.0 });
        if x != y {
            out.push((left.min(right), x, y));
        }
        i += usize::from(left <= right);
        j += usize::from(right <= left);
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cells::CountMatrix;

    proptest! {
        #[test]
        fn setting_all_differences_gives_the_other_cell(dense in proptest::collection::vec(0u8..3, 2 * 12)) {
            let dense: Vec<f32> = dense.into_iter().map(f32::from).collect();
            let counts = CountMatrix::from_dense(2, 12, &dense).unwrap();
            let mut cell = ChangedCell::of(counts.row(0));
            for (gene, from, to) in differences(counts.row(0), counts.row(1)) {
                prop_assert_eq!(from, counts.get(0, gene as usize));
                cell.set(gene, to);
            }
            prop_assert_eq!(cell.row(), counts.row(1));
        }
    }
}
