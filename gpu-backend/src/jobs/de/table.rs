//! The table, in scanpy's columns.

use cellprism_core::stats::differential::GeneDifference;

use crate::files::csv::{Table, number};

const COLUMNS: [&str; 7] =
    ["names", "scores", "logfoldchanges", "pvals", "pvals_adj", "pct_nz_group", "pct_nz_reference"];

/// The bytes of the table.
pub(super) fn csv(found: &[GeneDifference], names: &[String]) -> Vec<u8> {
    let mut table = Table::new(&COLUMNS);
    for gene in found {
        table.row([
            names[gene.gene].clone(),
            number(gene.score),
            number(gene.log2_fold_change),
            number(gene.p),
            number(gene.p_adjusted),
            number(gene.detected),
            number(gene.detected_reference),
        ]);
    }
    table.into_bytes()
}
