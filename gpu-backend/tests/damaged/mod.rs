//! What reading damaged files of cells and genes must survive: each function is called by the loop of the tests with
//! content that it damages, and by the targets of `fuzz` with content that a fuzzer finds.
#![allow(dead_code)] // each user of this module calls some of them

use std::path::Path;

use cellprism_gpu_backend::files::{
    genes::read_gene_table,
    h5ad::{self, Options},
};

/// An `.h5ad` file. What is read is whole.
pub fn h5ad(path: &Path) -> bool {
    let whole = h5ad::read(path, &Options { allow_non_integer: true });
    if let Ok(cells) = &whole {
        cells.counts.validate().expect("counts are checked when they are read");
        assert_eq!(cells.names.len(), cells.counts.rows);
        assert_eq!(cells.genes.len(), cells.counts.cols);
        assert!(cells.columns.iter().all(|column| column.codes.len() == cells.counts.rows));
    }
    whole.is_ok()
}

/// A table of genes. What is read finds each of its genes by some name, or no gene by it.
pub fn gene_table(path: &Path) -> bool {
    let Ok(table) = read_gene_table(path) else { return false };
    assert_eq!(table.aliases().len(), table.genes.len());
    true
}
