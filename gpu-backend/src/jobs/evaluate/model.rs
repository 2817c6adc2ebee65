//! A bundle's model with its cells, opened as the bundle was made: for embeddings that the bundle does not hold, and for readings of
//! baselines.

use std::fs;

use anyhow::Context as _;
use cellprism_core::{
    bundle::{GeneIndex, Manifest},
    cells::{Aliases, GeneMap},
};

use super::{Options, given::Given};
use crate::{
    files::genes::{GeneTable, read_gene_table},
    jobs::inputs::open_cells,
    models::{Prepared, Request, SequenceOptions},
    work::{counts::CountStore, partial::Partial, progress::Progress},
};

/// The model with the cells' counts.
pub struct GivenModel {
    /// The model, its genes matched to the cells.
    pub prepared: Box<dyn Prepared>,
    /// Counts of all cells.
    pub counts: CountStore,
}

impl GivenModel {
    /// Opens both, or says why it cannot.
    ///
    /// # Errors
    /// If a file that was found cannot be read.
    pub fn open(
        given: &Given,
        genes: &GeneIndex,
        options: &Options,
        work: &Partial,
        progress: &dyn Progress,
    ) -> anyhow::Result<Result<Self, String>> {
        let (cells, model) = match (&given.cells, &given.model) {
            (Err(reason), _) | (_, Err(reason)) => return Ok(Err(reason.clone())),
            (Ok(cells), Ok(model)) => (cells, model.clone()),
        };
        let mut table: Option<GeneTable> = None;
        for path in &options.gene_info {
            let next = read_gene_table(path)?;
            table = Some(match table {
                Some(known) => known.merge(next),
                None => next,
            });
        }
        let aliases = table.as_ref().map_or_else(Aliases::none, |table| table.aliases().clone());
        let manifest = &given.manifest;
        // The very genes of the bundle: chosen again, they could be others with another version.
        let list = work.path(&format!("genes-{}.txt", manifest.tag));
        fs::write(&list, genes.symbols.join("\n"))
            .with_context(|| format!("cannot write {}", list.display()))?;
        let sequence = SequenceOptions::of_bundle(manifest, list);
        let mut file = open_cells(cells, true)?;
        let prepared = match model
            .prepare(&mut file, &Request { path: cells, aliases: &aliases, sequence: &sequence })
        {
            Ok(prepared) => prepared,
            Err(error) => return Ok(Err(format!("the model does not read these cells here: {error:#}"))),
        };
        if let Some(reason) = other_genes(manifest, genes, prepared.map()) {
            return Ok(Err(reason));
        }
        let steps = progress.begin("read", file.len() as u64, "cells");
        let (width, folder) = (file.genes().len(), work.path(&format!("counts/{}", manifest.tag)));
        let counts = CountStore::fill(&folder, &mut file, width, &*steps).context("reading the cells")?;
        steps.finish();
        Ok(Ok(Self { prepared, counts }))
    }
}

/// Why the genes that the model finds in the cells are not the bundle's, where that is so.
fn other_genes(manifest: &Manifest, genes: &GeneIndex, map: &GeneMap) -> Option<String> {
    if map.column_of.len() != genes.symbols.len() {
        return Some("the model reads other genes than the bundle's".into());
    }
    let differ =
        map.column_of.iter().zip(&genes.measured).filter(|(here, then)| here.is_some() != **then).count();
    (differ > 0).then(|| {
        format!(
            "{} of the model's genes are matched, but {} were when the bundle was made: give its gene tables with --gene-info",
            map.found(),
            manifest.gene_audit.matched
        )
    })
}
