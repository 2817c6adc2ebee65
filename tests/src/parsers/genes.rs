//! Gene sets, rankings, tables and lists.

use std::collections::BTreeSet;

use cellprism_core::gsea::{GeneSets, Order, Ranking};
use cellprism_gpu_backend::{files::genes::read_gene_table, models::scgpt::read_gene_list};

/// Gene sets. What is read has a set, and no two of one name.
pub(super) fn gene_sets(content: &[u8]) -> bool {
    let Ok(library) = GeneSets::parse(content) else { return false };
    let names: BTreeSet<&str> = library.sets.iter().map(|set| set.term.as_str()).collect();
    assert!(!names.is_empty() && names.len() == library.sets.len());
    true
}

/// A ranking. What is read has two genes at least, in falling order.
pub(super) fn ranking(content: &[u8]) -> bool {
    let Ok(ranking) = Ranking::parse(content) else { return false };
    assert!(ranking.genes().len() == ranking.scores().len() && ranking.scores().len() >= 2);
    assert!(ranking.scores().windows(2).all(|pair| pair[0] >= pair[1]));
    Ranking::parse_ordered(content, Order::TiesByName).is_ok()
}

/// A table of genes. What is read is written and read again with the same symbols.
pub(super) fn gene_table(content: &[u8]) -> bool {
    super::in_file(content, |path| {
        let Ok(table) = read_gene_table(path) else { return false };
        assert_eq!(table.aliases().len(), table.genes.len());
        super::in_file(table.to_tsv().as_bytes(), |again| {
            assert_eq!(read_gene_table(again).expect("it was written here").genes.len(), table.genes.len());
            true
        })
    })
}

/// A list of genes, one a line.
pub(super) fn gene_list(content: &[u8]) -> bool {
    super::in_file(content, |path| read_gene_list(path).is_ok_and(|genes| !genes.is_empty()))
}
