//! The dictionary's genes found in the data.

use std::borrow::Cow;

use super::{
    Dictionary, Entry,
    tokenizer::{per_10_000, total},
};
use crate::cells::{Aliases, CountMatrix, GeneMap, GeneNames, map_genes};

/// Genes that both data and dictionary have, in the data's order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RankedGenes {
    /// Names as the dictionary has them: Ensembl identifiers.
    pub names: Vec<String>,
    /// Token of each.
    pub tokens: Vec<u32>,
    /// Median of each.
    pub medians: Vec<f64>,
    /// Column of each. The audit counts all genes of the dictionary.
    pub map: GeneMap,
}

/// Counts of cells as Geneformer reads them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RankedCells<'a> {
    /// Counts of the genes that both have, in the order of [`RankedGenes`].
    pub counts: Cow<'a, CountMatrix>,
    /// Sum of each cell's other counts, which belong to its total.
    pub outside: Vec<f64>,
}

impl<'a> RankedCells<'a> {
    /// Cells whose counts are in the order of [`RankedGenes`] already, with the sums of all their counts.
    pub fn of(counts: &'a CountMatrix, totals: &[f64]) -> Self {
        let outside = counts.row_sums().iter().zip(totals).map(|(read, all)| (all - read).max(0.0)).collect();
        Self { counts: Cow::Borrowed(counts), outside }
    }

    /// A gene's count per 10,000 of all counts of a cell; 0 in a cell without counts.
    pub fn per_10_000(&self, cell: usize, gene: usize) -> f32 {
        let count = self.counts.get(cell, gene);
        if count == 0.0 {
            return 0.0;
        }
        per_10_000(count, total(self.counts.row(cell).1, self.outside[cell])) as f32
    }
}

impl RankedGenes {
    /// Finds the genes. `aliases` beat the dictionary's own symbols, which are used where there are none.
    pub fn of_data(dictionary: &Dictionary, genes: &GeneNames, aliases: &Aliases) -> Self {
        let entries = dictionary.entries();
        let names: Vec<String> = entries.iter().map(|entry| entry.gene.clone()).collect();
        let GeneMap { column_of, audit } = if aliases.is_empty() {
            map_genes(&names, genes, &dictionary.aliases())
        } else {
            map_genes(&names, genes, aliases)
        };
        let mut found: Vec<(u32, &Entry)> =
            column_of.iter().zip(entries).filter_map(|(column, entry)| column.map(|c| (c, entry))).collect();
        found.sort_unstable_by_key(|&(column, _)| column);
        Self {
            names: found.iter().map(|(_, entry)| entry.gene.clone()).collect(),
            tokens: found.iter().map(|(_, entry)| entry.token).collect(),
            medians: found.iter().map(|(_, entry)| entry.median).collect(),
            map: GeneMap { column_of: found.iter().map(|&(column, _)| Some(column)).collect(), audit },
        }
    }

    /// Number of genes.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// Counts of these genes and the sum of the others, of cells of the data.
    ///
    /// # Panics
    /// If `counts` has fewer columns than the data that the genes were found in.
    pub fn cells<'a>(&self, counts: &'a CountMatrix) -> RankedCells<'a> {
        let mut read = vec![false; counts.cols];
        self.map.column_of.iter().flatten().for_each(|&column| read[column as usize] = true);
        let outside = (0..counts.rows).map(|cell| {
            let (columns, counts) = counts.row(cell);
            let others = columns.iter().zip(counts).filter(|&(&column, _)| !read[column as usize]);
            others.map(|(_, &count)| f64::from(count)).sum()
        });
        RankedCells { outside: outside.collect(), counts: self.map.apply(counts) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    fn dictionary() -> Dictionary {
        let entry = |(token, gene): (u32, &str)| Entry {
            gene: gene.into(),
            token,
            median: f64::from(token),
            symbols: if token == 5 { strings(&["MS4A1", "CD20"]) } else { Vec::new() },
        };
        Dictionary::new(
            (4..).zip(["ENSG00000090382", "ENSG00000156738", "ENSG00000105369"]).map(entry).collect(),
        )
        .unwrap()
    }

    #[test]
    fn genes_come_in_the_datas_order_and_the_rest_counts_too() {
        let genes = GeneNames::from_index(strings(&["ENSG00000105369.2", "ENSG7", "ENSG00000090382"]));
        let found = RankedGenes::of_data(&dictionary(), &genes, &Aliases::none());
        assert_eq!((found.tokens.as_slice(), found.medians.as_slice()), (&[6, 4][..], &[6.0, 4.0][..]));
        assert_eq!((found.map.audit.matched, found.map.audit.lost, found.map.audit.unused), (2, 1, 1));
        let counts = CountMatrix::from_dense(2, 3, &[1.0, 5.0, 2.0, 0.0, 3.0, 0.0]).unwrap();
        let cells = found.cells(&counts);
        assert_eq!(RankedCells::of(&cells.counts, &counts.row_sums()), cells);
        assert_eq!((cells.per_10_000(0, 1), cells.per_10_000(1, 1)), (2500.0, 0.0));
        assert_eq!((cells.outside, cells.counts.row(0)), (vec![5.0, 3.0], (&[0, 1][..], &[1.0, 2.0][..])));
    }

    #[test]
    fn symbols_of_the_model_reach_data_without_identifiers() {
        let genes = GeneNames::from_index(strings(&["CD20", "LYZ"]));
        let found = RankedGenes::of_data(&dictionary(), &genes, &Aliases::none());
        assert_eq!((found.tokens.as_slice(), found.map.audit.by_alias), (&[5][..], 1));
        let mut table = Aliases::none();
        table.add("LYZ", &["ENSG00000090382"], &[]);
        assert_eq!(RankedGenes::of_data(&dictionary(), &genes, &table).tokens, [4]);
    }
}
