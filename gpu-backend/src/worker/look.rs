//! Cells and gene sets looked at before they are accepted.

use std::{collections::BTreeSet, path::Path};

use anyhow::ensure;
use cellprism_core::cells::{Aliases, map_genes};

use super::{
    ModelToMatch, Seen, SeenGeneSets,
    protocol::{SeenColumn, SeenGenes},
};
use crate::{
    files::{
        gene_sets,
        h5ad::{self, H5ad, Options},
    },
    models::Model,
    work::digest,
};

/// Cells whose counts are read at a time.
const AT_ONCE: usize = 2048;
/// Most times that some are read: from the beginning, from the end and evenly between. A job reads all.
const TIMES: usize = 16;

/// Looks at cells: names and metadata of all, counts of some.
///
/// # Errors
/// What is wrong, where in the file, and what to do.
pub fn at_cells(file: &Path, models: &[ModelToMatch]) -> anyhow::Result<Seen> {
    let mut cells = h5ad::open(file, &Options::default())?;
    ensure!(!cells.is_empty(), "there is no cell in it");
    let mut maps: Vec<_> = models.iter().map(|model| (model, matched(model, &cells))).collect();
    let mut sums = vec![(0.0, 0.0); maps.len()];
    for start in starts(cells.len()) {
        let counts = cells.rows(start, AT_ONCE)?;
        for ((_, map), sum) in maps.iter().zip(&mut sums) {
            if let Ok(map) = map {
                let (on_matched, all) = map.matched_counts(&counts);
                sum.0 += on_matched;
                sum.1 += all;
            }
        }
    }
    let gene_audit = maps
        .drain(..)
        .zip(sums)
        .map(|((model, map), (on_matched, all))| match map {
            Ok(mut map) => {
                map.audit.counts_share = if all > 0.0 { on_matched / all } else { 0.0 };
                let none = map.found() == 0;
                let problem = none.then(|| "none of the model's genes is in these cells".to_owned());
                SeenGenes { model: model.id.clone(), genes: Some(map.audit), problem }
            }
            Err(error) => {
                SeenGenes { model: model.id.clone(), genes: None, problem: Some(format!("{error:#}")) }
            }
        })
        .collect();
    let columns = cells
        .columns()
        .iter()
        .map(|column| SeenColumn { name: column.name.clone(), labels: column.labels.len() as u64 })
        .collect();
    Ok(Seen {
        cells: cells.len() as u64,
        genes: cells.genes().len() as u64,
        counts: cells.counts_source().to_owned(),
        columns,
        skipped_columns: cells.skipped_columns().to_vec(),
        gene_audit,
        sha256: digest::of_file(file)?,
    })
}

fn matched(model: &ModelToMatch, cells: &H5ad) -> anyhow::Result<cellprism_core::cells::GeneMap> {
    let card = Model::open(&model.folder)?.card;
    Ok(map_genes(&card.genes, cells.genes(), &Aliases::none()))
}

/// Where reading begins.
fn starts(cells: usize) -> Vec<usize> {
    let pieces = cells.div_ceil(AT_ONCE);
    let times = pieces.min(TIMES);
    (0..times).map(|time| (time * (pieces - 1)).checked_div(times - 1).unwrap_or(0) * AT_ONCE).collect()
}

/// Looks at gene sets.
///
/// # Errors
/// If the file is no GMT, with the line.
pub fn at_gene_sets(file: &Path) -> anyhow::Result<SeenGeneSets> {
    let found = gene_sets::read(file)?;
    ensure!(!found.sets.is_empty(), "there is no gene set in it");
    let genes: BTreeSet<&str> =
        found.sets.iter().flat_map(|set| set.genes.iter().map(String::as_str)).collect();
    Ok(SeenGeneSets {
        sets: found.sets.len() as u64,
        genes: genes.len() as u64,
        sha256: digest::of_file(file)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_and_last_cells_are_always_read() {
        assert_eq!(starts(1), [0]);
        assert_eq!(starts(AT_ONCE + 1), [0, AT_ONCE]);
        let many = starts(1_000_000);
        assert_eq!((many.len(), many[0], many[TIMES - 1]), (TIMES, 0, 1_000_000 / AT_ONCE * AT_ONCE));
    }
}
