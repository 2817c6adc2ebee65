//! Counts of the data in the order of a model's genes, and how many of them the model reads.

use std::borrow::Cow;

use super::{counts::CountMatrix, mapping::GeneMap};

/// Sums that are made side by side.
const SUMS: usize = 8;

impl GeneMap {
    /// Number of model genes found in the data, by name or alias.
    pub fn found(&self) -> usize {
        self.column_of.iter().flatten().count()
    }

    /// The counts with one column a model gene, in the model's order; genes that were not found are zero.
    ///
    /// # Panics
    /// If `counts` has fewer columns than the data that the map was made for.
    pub fn apply<'a>(&self, counts: &'a CountMatrix) -> Cow<'a, CountMatrix> {
        let same = |(gene, column): (usize, &Option<u32>)| *column == Some(gene as u32);
        if counts.cols == self.column_of.len() && self.column_of.iter().enumerate().all(same) {
            return Cow::Borrowed(counts);
        }
        Cow::Owned(self.reorder(counts))
    }

    fn reorder(&self, counts: &CountMatrix) -> CountMatrix {
        let readers = self.readers(counts.cols);
        let mut out = CountMatrix::empty(self.column_of.len());
        let mut entries: Vec<(u32, f32)> = Vec::new();
        for row in 0..counts.rows {
            entries.clear();
            let (columns, values) = counts.row(row);
            for (&column, &value) in columns.iter().zip(values) {
                entries.extend(readers[column as usize].iter().map(|&gene| (gene, value)));
            }
            if !entries.is_sorted_by_key(|entry| entry.0) {
                entries.sort_unstable_by_key(|entry| entry.0);
            }
            out.push_row(entries.iter().copied());
        }
        out
    }

    /// The model genes that read each column of the data.
    fn readers(&self, columns: usize) -> Vec<Vec<u32>> {
        let mut readers = vec![Vec::new(); columns];
        for (gene, column) in self.column_of.iter().enumerate() {
            if let Some(column) = column {
                readers[*column as usize].push(gene as u32);
            }
        }
        readers
    }

    /// Sum of the counts on matched genes, and of all counts.
    pub fn matched_counts(&self, counts: &CountMatrix) -> (f64, f64) {
        let mut read = vec![0.0f64; counts.cols];
        for column in self.column_of.iter().flatten() {
            read[*column as usize] = 1.0;
        }
        // Several sums side by side: one addition need not wait for the one before it.
        if read.iter().all(|&read| read == 1.0) {
            let mut all = [0.0; SUMS];
            for values in counts.values.chunks(SUMS) {
                all.iter_mut().zip(values).for_each(|(sum, &value)| *sum += f64::from(value));
            }
            let all = all.iter().sum();
            return (all, all);
        }
        let (mut matched, mut all) = ([0.0; SUMS], [0.0; SUMS]);
        for (columns, values) in counts.indices.chunks(SUMS).zip(counts.values.chunks(SUMS)) {
            for (lane, (&column, &value)) in columns.iter().zip(values).enumerate() {
                all[lane] += f64::from(value);
                matched[lane] += f64::from(value) * read[column as usize];
            }
        }
        (matched.iter().sum(), all.iter().sum())
    }

    /// Notes in the audit which share of all counts falls on matched genes.
    pub fn record_counts(&mut self, counts: &CountMatrix) {
        let (matched, all) = self.matched_counts(counts);
        self.audit.counts_share = if all > 0.0 { matched / all } else { 0.0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cells::{Aliases, GeneNames, map_genes};

    fn strings(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn counts_come_in_the_models_order() {
        let counts = CountMatrix::from_dense(2, 3, &[1.0, 2.0, 3.0, 0.0, 5.0, 0.0]).unwrap();
        let genes = GeneNames::from_index(strings(&["A", "B", "C"]));
        let mut map = map_genes(&strings(&["C", "X", "A"]), &genes, &Aliases::none());
        let mapped = map.apply(&counts).into_owned();
        assert_eq!(mapped, CountMatrix::from_dense(2, 3, &[3.0, 0.0, 1.0, 0.0, 0.0, 0.0]).unwrap());
        map.record_counts(&counts);
        assert!((map.audit.counts_share - 4.0 / 11.0).abs() < 1e-12);
    }
}
