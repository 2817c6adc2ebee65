//! The manifest: what a bundle is, what it was made of, by what.

use std::collections::BTreeMap;

use cellprism_core::{
    bundle::opening::thousands,
    bundle::{
        ConceptClass, ConceptIndex, Counts, FileEntry, Manifest, ModelSummary, SCHEMA_NAME, SCHEMA_VERSION,
        Software, Source, Stage,
    },
};
use jiff::Timestamp;

use super::{Job, context::Context, inputs::Inputs};

/// The manifest of a bundle with these files.
///
/// # Errors
/// If a weight file cannot be read any more.
pub fn manifest(
    job: &Job,
    inputs: &Inputs,
    context: &Context,
    index: &ConceptIndex,
    described: Stage,
    files: BTreeMap<String, FileEntry>,
) -> anyhow::Result<Manifest> {
    let key = inputs.key.clone();
    let (card, provenance) = (&inputs.model.model().card, inputs.model.provenance());
    let p = &context.parameters;
    let stem = job.cells.file_stem().map_or_else(|| "cells".into(), |s| s.to_string_lossy().into_owned());
    let active = index.rows.iter().filter(|r| r.class != ConceptClass::Dead).count() as u32;
    let unknown =
        |part: &str, source: String| Source { part: part.into(), source, licence: "not stated".into() };
    let mut sources = vec![unknown("cells", stem.clone()), unknown("model", card.source_file.clone())];
    sources.extend(context.sets.iter().map(|s| unknown("gene sets", s.source.clone())));
    Ok(Manifest {
        schema: SCHEMA_NAME.into(),
        version: SCHEMA_VERSION,
        name: job
            .name
            .clone()
            .unwrap_or_else(|| format!("{stem}-{}-{}-{}", card.kind.name(), p.sae.concepts, p.sae.active)),
        tag: key.tag(),
        key: key.into(),
        title: job.title.clone().unwrap_or_else(|| title(inputs)),
        created: format!("{:.0}", Timestamp::now()),
        software: Software {
            name: "cellprism".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            onnxruntime: context.embedding.runtime.clone(),
        },
        counts: Counts {
            cells: inputs.cells.len() as u32,
            genes_measured: inputs.cells.genes.len() as u32,
            genes_model: inputs.model.genes().len() as u32,
            embedding: card.latent,
            concepts: p.sae.concepts,
            active_per_cell: p.sae.active,
            active_concepts: active,
        },
        model: ModelSummary {
            kind: provenance.kind,
            name: card.name.clone(),
            preprocessing: provenance.preprocessing,
            in_browser: !inputs.model.in_browser().is_empty(),
        },
        parameters: p.clone(),
        ladder: context.ladder.clone(),
        first: None,
        expression: None,
        inputs: inputs.files.clone(),
        gene_audit: context.embedding.audit.clone(),
        stages: vec![context.embedding.stage.clone(), context.training.clone(), described],
        sources,
        files,
    })
}

fn title(inputs: &Inputs) -> String {
    let only = |name: &str| {
        let column = inputs.cells.column(name)?;
        (column.labels.len() == 1).then(|| column.labels[0].clone())
    };
    let tissue = only("tissue").filter(|t| t != "unknown").map_or_else(String::new, |t| format!("{t} "));
    let kind = inputs.model.provenance().title;
    format!("What {kind} has learned about {} {tissue}cells", thousands(inputs.cells.len() as u64))
}
