//! Cells to embeddings.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Seek, Write},
    path::{Path, PathBuf},
};

use anyhow::Context;
use cellprism_core::{bundle::GeneAudit, cells::repeated};
use safetensors::Dtype;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::inputs::{in_words, open_cells, prepare};
use crate::{
    files::{embeddings, tensors::header},
    models::{Embedded, Model, Prepared, SequenceOptions, embed},
    runtime::Place,
    work::{digest, key::Key, partial::Partial, progress::Progress, shards::Shards, stamps::Stamps, target},
};

/// What is embedded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Model folder that `cellprism import` wrote.
    pub model: PathBuf,
    /// Cells with raw counts (.h5ad).
    pub cells: PathBuf,
    /// File to write: tensor "embeddings" f32 `[cells, dimensions]`.
    pub out: PathBuf,
    /// Where the model runs; several share the cells.
    pub places: Vec<Place>,
    /// Gene table with aliases.
    pub gene_info: Option<PathBuf>,
    /// Accept counts that are not whole numbers.
    pub allow_non_integer: bool,
    /// What a model of sequences reads.
    pub sequence: SequenceOptions,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            model: PathBuf::new(),
            cells: PathBuf::new(),
            out: PathBuf::new(),
            places: vec![Place::cpu()],
            gene_info: None,
            allow_non_integer: false,
            sequence: SequenceOptions::default(),
        }
    }
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Cells.
    pub cells: usize,
    /// Cells that an interrupted run had embedded.
    pub cells_kept: usize,
    /// Size of an embedding.
    pub dimensions: usize,
    /// How genes were matched.
    pub genes: GeneAudit,
    /// ONNX Runtime's name of the execution provider, or "native".
    pub provider: String,
    /// Time, without that of opening the model.
    pub seconds: f64,
    /// How cells became sequences, where they did.
    pub sequence: Option<Value>,
}

/// Embeds and writes. What is done is kept beside the output: after a kill, or a device that failed, the same call goes on
/// from there.
///
/// # Errors
/// If a file cannot be read, no gene is shared, or the device is not there.
pub fn run(options: &Options, progress: &dyn Progress) -> anyhow::Result<Report> {
    let given = [
        options.gene_info.as_ref(),
        options.sequence.genes.as_ref(),
        Some(&options.cells),
        Some(&options.model),
    ];
    let read: Vec<&Path> = given.into_iter().flatten().map(PathBuf::as_path).collect();
    target::no_input(&options.out, &read)?;
    target::for_file(&options.out)?;
    let model = Model::open(&options.model)?;
    let weights = model.files()?.into_iter().map(|name| model.folder.join(name));
    let stamps = Stamps::of(weights.chain([options.cells.clone()]))?;
    let mut cells = open_cells(&options.cells, options.allow_non_integer)?;
    let model = prepare(model, &mut cells, &options.cells, options.gene_info.as_deref(), &options.sequence)?;
    if let Some((count, first)) = repeated(cells.names()) {
        progress.say(&format!(
            "warning: {}: {count} cell names are there more than once (for example {first:?}); the ids in the file will not \
             tell them apart. anndata's obs_names_make_unique() gives each a name of its own",
            options.cells.display()
        ));
    }
    let key = key(options, &*model)?;
    // What was opened is what the checksums are of.
    stamps.check()?;
    let partial = Partial::open(&options.out, "embed", &key, progress)?;
    let steps = progress.begin("embed", cells.len() as u64, "cells");
    let shards = Shards::within(partial.path("parts"));
    // What the file's header says is known only when all cells are embedded.
    let mut values = tempfile::tempfile_in(partial.path("")).context("cannot keep the embeddings")?;
    let names = cells.names().to_vec();
    let mut take = |some: &[f32]| {
        let bytes: Vec<u8> = some.iter().flat_map(|value| value.to_le_bytes()).collect();
        values.write_all(&bytes).context("cannot keep the embeddings")
    };
    let embedded = embed(&*model, &options.places, (&mut cells, &names), &shards, &*steps, &mut take)?;
    steps.finish();
    let mut audit = model.audit().clone();
    audit.counts_share = embedded.counts_share();
    say(&audit, &embedded, progress);
    let sequence = model.provenance().sequence.map(|mut sequence| {
        sequence["shortened_cells"] = json!(embedded.shortened);
        sequence
    });
    if let Some(sequence) = &sequence {
        say_sequence(sequence, progress);
    }
    let card = &model.model().card;
    let (n, d) = (embedded.cells, embedded.latent);
    let mut told = BTreeMap::new();
    let mut tell = |name: &str, text: String| told.insert(name.to_owned(), text);
    tell("cells", serde_json::to_string(cells.names())?);
    tell("coverage", serde_json::to_string(&audit)?);
    tell("model", json!({"name": card.name, "source_sha256": card.source_sha256}).to_string());
    if let Some(sequence) = &sequence {
        tell("sequence", sequence.to_string());
    }
    tell("provider", embedded.provider.clone());
    tell("precision", card.precision.clone());
    let header = header(&told, &[(embeddings::TENSOR, Dtype::F32, &[n, d])]);
    values.rewind()?;
    let mut write = |file: &mut File| {
        file.write_all(&header)?;
        io::copy(&mut values, file).map(|_| ())
    };
    if let Err(error) = stamps.check() {
        // Nobody knows which part was made of what.
        partial.remove()?;
        return Err(error);
    }
    partial.publish_parts(&mut write)?;
    Ok(Report {
        cells: n,
        cells_kept: embedded.kept,
        dimensions: d,
        genes: audit,
        provider: embedded.provider,
        seconds: embedded.seconds,
        sequence,
    })
}

/// Everything that decides the numbers: a killed run goes on only with the same.
fn key(options: &Options, model: &dyn Prepared) -> anyhow::Result<Key> {
    Ok(model
        .key(&options.places)?
        .with("cells", digest::of_file(&options.cells)?)
        .with("allow-non-integer", options.allow_non_integer)
        .with("cellprism", env!("CARGO_PKG_VERSION")))
}

fn say(audit: &GeneAudit, embedded: &Embedded, progress: &dyn Progress) {
    progress.say(&in_words(audit));
    let (kept, seconds) = (embedded.kept, embedded.seconds);
    if kept > 0 {
        progress.say(&format!("{kept} cells were embedded already, by an interrupted run"));
    }
    let cells = embedded.cells - kept;
    progress
        .say(&format!("{cells} cells in {seconds:.1} s, {:.1} a second", cells as f64 / seconds.max(1e-9)));
}

fn say_sequence(sequence: &Value, progress: &dyn Progress) {
    let text = |key: &str| sequence[key].as_str().unwrap_or_default().to_owned();
    progress.say(&format!("sequences: {}, {}", text("rule"), text("genes")));
    if sequence["shortened_cells"].as_u64().is_some_and(|cells| cells > 0) {
        progress.say(&format!(
            "{} cells have more genes than the {} places of a sequence: their genes of lowest count were left out",
            sequence["shortened_cells"], sequence["max_length"]
        ));
    }
}
