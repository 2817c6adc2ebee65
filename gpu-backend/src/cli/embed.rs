//! `cellprism embed`: cells to embeddings.

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context, bail};
use cellprism_core::{
    bundle::GeneAudit,
    cells::{Aliases, GeneMap, map_genes},
};
use clap::Args as ClapArgs;
use serde_json::json;

use super::{Global, Progress, sequence::SequenceArgs};
use crate::{
    files::{
        genes::read_gene_table,
        h5ad::{self, H5ad, Options},
        tensors::Tensors,
    },
    models::{
        counts,
        folder::Model,
        scgpt::{self, SequenceModel, Sequences},
    },
    runtime::Device,
    work::{atomic, shards::Shards},
};

/// Embed cells with a model.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  cellprism embed --model model --cells cells.h5ad --out embeddings.safetensors\n\nCells are read some at a time. What is done is kept in OUT.partial: after a kill, or a device that failed, the same\ncommand goes on from there and gives the same file."
)]
pub struct Args {
    /// Model folder that `cellprism import` wrote
    #[arg(long, value_name = "DIR")]
    model: PathBuf,
    /// Cells with raw counts (.h5ad)
    #[arg(long, value_name = "H5AD")]
    cells: PathBuf,
    /// File to write: tensor "embeddings" f32 [cells, dimensions]
    #[arg(long, value_name = "SAFETENSORS")]
    out: PathBuf,
    /// cpu, cuda or cuda:N, or several that share the cells (cuda:0,cuda:1); a device that is not there is an error
    #[arg(long, default_value = "cpu", value_delimiter = ',', value_parser = Device::parse)]
    device: Vec<Device>,
    /// Gene table with aliases (NCBI gene_info or the project's own)
    #[arg(long, value_name = "FILE")]
    gene_info: Option<PathBuf>,
    /// Accept counts that are not whole numbers
    #[arg(long)]
    allow_non_integer: bool,
    #[command(flatten)]
    sequence: SequenceArgs,
}

/// Runs the command.
///
/// # Errors
/// If a file cannot be read, no gene is shared, or the device is not there.
pub fn run(args: Args, global: &Global) -> anyhow::Result<()> {
    let model = Model::open(&args.model)?;
    let mut cells = h5ad::open(&args.cells, &Options { allow_non_integer: args.allow_non_integer })?;
    let aliases = match &args.gene_info {
        Some(path) => read_gene_table(path)?.aliases().clone(),
        None => Aliases::none(),
    };
    let sequences = match args.sequence.options(&model)? {
        Some(options) => Some(Sequences::choose(&model, &mut cells, &aliases, &options, &args.cells)?),
        None => None,
    };
    let mut map = match &sequences {
        Some(sequences) => sequences.genes.map.clone(),
        None => shared_genes(&model, &cells, &aliases, &args.cells)?,
    };
    let progress = Progress::new("embed", cells.len() as u64, "cells", global.quiet);
    let library = global.onnxruntime.as_deref();
    let key = shards_key(&args, &model, library, &map, sequences.as_ref())?;
    let shards = Shards::open(&args.out, &key)
        .with_context(|| format!("cannot write beside {}", args.out.display()))?;
    let mut started = Instant::now();
    let embedded = match &sequences {
        Some(sequences) => {
            let open = |&device| SequenceModel::open(&model, sequences.tokenizer.clone(), device, library);
            let mut models = args.device.iter().map(open).collect::<anyhow::Result<Vec<_>>>()?;
            // Reading a large model is no part of a cell's time.
            started = Instant::now();
            scgpt::embed(&mut models, sequences, &mut cells, &shards, &progress)?
        }
        None => counts::embed(&model, &args.device, library, &mut cells, &map, &shards, &progress)?,
    };
    let seconds = started.elapsed().as_secs_f64();
    progress.finish();
    let (matched, all) = embedded.counts;
    map.audit.counts_share = if all > 0.0 { matched / all } else { 0.0 };
    if !global.quiet {
        say_audit(&map.audit);
        if embedded.kept > 0 {
            eprintln!("{} cells were embedded already, by an interrupted run", embedded.kept);
        }
        let cells = embedded.values.nrows() - embedded.kept;
        eprintln!("{cells} cells in {seconds:.1} s, {:.1} a second", cells as f64 / seconds.max(1e-9));
    }
    let sequence = sequences.as_ref().map(|s| describe(s, &embedded));
    if let Some(sequence) = sequence.as_ref().filter(|_| !global.quiet) {
        say_sequence(sequence);
    }
    let (n, d) = embedded.values.dim();
    let mut file = Tensors::default();
    file.f32("embeddings", &[n, d], embedded.values.iter().copied());
    file.metadata("cells", serde_json::to_string(cells.names())?);
    file.metadata("coverage", serde_json::to_string(&map.audit)?);
    file.metadata(
        "model",
        json!({"name": model.card.name, "source_sha256": model.card.source_sha256}).to_string(),
    );
    if let Some(sequence) = &sequence {
        file.metadata("sequence", sequence.to_string());
    }
    file.metadata("provider", embedded.provider.clone());
    file.metadata("precision", model.card.precision.clone());
    atomic::write_file(&args.out, &file.to_bytes()?)
        .with_context(|| format!("cannot write {}", args.out.display()))?;
    if global.json {
        println!(
            "{}",
            json!({
                "cells": n, "dimensions": d, "provider": embedded.provider, "genes": map.audit, "sequence": sequence,
                "cells_kept": embedded.kept, "seconds": seconds
            })
        );
    }
    Ok(())
}

/// Everything that decides the numbers: a killed run goes on only with the same.
fn shards_key(
    args: &Args,
    model: &Model,
    library: Option<&Path>,
    map: &GeneMap,
    sequences: Option<&Sequences>,
) -> anyhow::Result<String> {
    let file = |path: &Path| -> anyhow::Result<String> {
        let about = std::fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(format!("{} {} {:?}", path.display(), about.len(), about.modified()?))
    };
    Ok(format!(
        "{} {} {} {} {:?} {:?} {:?} {:?} {}",
        env!("CARGO_PKG_VERSION"),
        file(&args.cells)?,
        file(&model.onnx())?,
        model.card.to_json()?,
        args.device,
        args.device.iter().map(|&device| counts::is_native(model, device, library)).collect::<Vec<_>>(),
        map.column_of,
        sequences.map(|s| &s.tokenizer),
        args.allow_non_integer
    ))
}

/// The sequence rule as it is recorded.
pub fn describe(sequences: &Sequences, embedded: &counts::Embedded) -> serde_json::Value {
    json!({
        "rule": sequences.tokenizer.rule.name(),
        "genes": sequences.chosen,
        "bins": sequences.tokenizer.bins,
        "ties": "every count takes the highest bin whose edge it reaches; nothing is drawn at random",
        "shortened_cells": embedded.shortened,
        "max_length": sequences.tokenizer.max_length,
    })
}

fn say_sequence(sequence: &serde_json::Value) {
    let text = |key: &str| sequence[key].as_str().unwrap_or_default().to_owned();
    eprintln!("sequences: {}, {}", text("rule"), text("genes"));
    if sequence["shortened_cells"].as_u64().is_some_and(|cells| cells > 0) {
        eprintln!(
            "{} cells have more genes than the {} places of a sequence: their genes of lowest count were left out",
            sequence["shortened_cells"], sequence["max_length"]
        );
    }
}

/// The model's genes in the data.
///
/// # Errors
/// If there is none.
pub fn shared_genes(model: &Model, cells: &H5ad, aliases: &Aliases, path: &Path) -> anyhow::Result<GeneMap> {
    let map = map_genes(&model.card.genes, cells.genes(), aliases);
    if map.found() == 0 {
        bail!(
            "{} and the model share no gene: the model reads for instance {:?}, the file has {:?}; are both symbols, or both \
             Ensembl identifiers? A column \"feature_name\" in var is read too",
            path.display(),
            model.card.genes.iter().take(3).collect::<Vec<_>>(),
            cells.genes().index.iter().take(3).collect::<Vec<_>>()
        );
    }
    if cells.is_empty() {
        bail!("{} has no cell", path.display());
    }
    Ok(map)
}

/// The audit in one line on stderr, with examples of what is lost.
pub fn say_audit(audit: &GeneAudit) {
    let lost = if audit.lost_examples.is_empty() {
        String::new()
    } else {
        format!(" (for example {})", audit.lost_examples.join(", "))
    };
    eprintln!(
        "genes: {} of {} matched, {} by alias, {} ambiguous, {} lost and read as zero{lost}; they hold {:.0}% of the counts",
        audit.matched,
        audit.model_genes,
        audit.by_alias,
        audit.ambiguous,
        audit.lost,
        audit.counts_share * 100.0
    );
}
