//! `cellprism steer`: a concept set to another value, and what scVI then expects of every gene.

mod report;
mod scores;

use std::path::PathBuf;

use anyhow::{Context, bail};
use cellprism_core::{
    cells::{Aliases, GeneMap},
    concepts::ActiveCells,
    embedding::{card::ModelKind, scvi::ScviDecoder},
    ids::{CellId, ConceptId},
    steering::{SteeredCells, Target, steer_concept},
};
use clap::Args as ClapArgs;
use ndarray::Axis;

use super::{Global, Progress, attribute::activations, embed::shared_genes};
use crate::{
    files::{
        genes::read_gene_table,
        h5ad::{self, H5ad, Options},
    },
    models::{counts, dictionary::read_dictionary, folder::Model},
    runtime::Device,
    work::{atomic, shards::Shards},
};
use report::Report;
use scores::Scores;

/// Cells whose counts are read at once.
const ROWS: usize = 4096;

/// Set a concept to another value and see what scVI then expects of every gene.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  cellprism steer --model model --sae sae --cells cells.h5ad --concept 406 --scale 2 --out steered.csv"
)]
#[command(group = clap::ArgGroup::new("target").required(true))]
pub struct Args {
    /// Model folder that `cellprism import scvi` wrote
    #[arg(long, value_name = "DIR")]
    model: PathBuf,
    /// Sparse autoencoder (SAELens layout)
    #[arg(long, value_name = "DIR")]
    sae: PathBuf,
    /// Cells with raw counts (.h5ad)
    #[arg(long, value_name = "H5AD")]
    cells: PathBuf,
    /// The concept
    #[arg(long, value_name = "N")]
    concept: u32,
    /// Its activation in every cell; 0 takes it away
    #[arg(long, value_name = "VALUE", group = "target", value_parser = not_negative)]
    to: Option<f32>,
    /// A multiple of each cell's own activation
    #[arg(long, value_name = "FACTOR", group = "target", value_parser = not_negative)]
    scale: Option<f32>,
    /// Which cells are steered: its prototypes, or all
    #[arg(long, value_enum, default_value = "prototypes")]
    cells_like: CellsLike,
    /// N_p: most active cells of the concept
    #[arg(long, default_value_t = 10)]
    prototypes: usize,
    /// Attribution of the same concept by `cellprism attribute`, to stand beside the change
    #[arg(long, value_name = "SAFETENSORS")]
    attribution: Option<PathBuf>,
    /// Table to write: genes by size of change
    #[arg(long, value_name = "CSV")]
    out: PathBuf,
    /// cpu, cuda or cuda:N for the embeddings; decoding runs on the processor
    #[arg(long, default_value = "cpu", value_parser = Device::parse)]
    device: Device,
    /// Gene table with aliases (NCBI gene_info or the project's own)
    #[arg(long, value_name = "FILE")]
    gene_info: Option<PathBuf>,
    /// Accept counts that are not whole numbers
    #[arg(long)]
    allow_non_integer: bool,
}

/// Cells that are steered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum CellsLike {
    /// The concept's most active cells
    Prototypes,
    /// Every cell
    All,
}

fn not_negative(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(value) if value.is_finite() && value >= 0.0 => Ok(value),
        _ => Err("an activation is a number of 0 or more".into()),
    }
}

/// Runs the command.
///
/// # Errors
/// If an input cannot be read or does not fit the others, or there is no cell to steer.
pub fn run(args: Args, global: &Global) -> anyhow::Result<()> {
    let target = match (args.to, args.scale) {
        (Some(value), _) => Target::To(value),
        (None, Some(factor)) => Target::Scale(factor),
        (None, None) => bail!("give --to or --scale"),
    };
    let model = Model::open(&args.model)?;
    if model.card.kind != ModelKind::Scvi {
        bail!(
            "{} is a model of kind {:?}: steering asks for expected counts, which only scVI's decoder gives",
            args.model.display(),
            model.card.kind.name()
        );
    }
    let decoder = read_decoder(&model)?;
    let sae = read_dictionary(&args.sae, &model.card)?;
    let (concept, concepts) = (ConceptId(args.concept), sae.config.d_sae);
    if concept.index() >= concepts {
        bail!("--concept {} is not within 0-{}", args.concept, concepts.saturating_sub(1));
    }
    let scores = match &args.attribution {
        Some(path) => {
            Some(Scores::read(path, concept, decoder.genes()).with_context(|| path.display().to_string())?)
        }
        None => None,
    };
    let mut cells = h5ad::open(&args.cells, &Options { allow_non_integer: args.allow_non_integer })?;
    let aliases = match &args.gene_info {
        Some(path) => read_gene_table(path)?.aliases().clone(),
        None => Aliases::none(),
    };
    let map = shared_genes(&model, &cells, &aliases, &args.cells)?;
    let one_hot = counts::covariates(&model.card, &cells)?;
    let progress = Progress::new("embed", cells.len() as u64, "cells", global.quiet);
    let library = global.onnxruntime.as_deref();
    let embedded =
        counts::embed(&model, &[args.device], library, &mut cells, &map, &Shards::none(), &progress)?;
    progress.finish();
    let activations = activations(&sae, &embedded.values);
    let chosen = choose(&args, activations.of(concept), cells.len())?;
    let rows: Vec<usize> = chosen.iter().map(|&(cell, _)| cell.index()).collect();
    let latent = embedded.values.select(Axis(0), &rows);
    let totals = totals(&mut cells, &map)?;
    let totals: Vec<f64> = rows.iter().map(|&row| totals[row]).collect();
    let one_hot: Vec<Vec<u32>> = rows.iter().filter_map(|&row| one_hot.get(row).cloned()).collect();
    let activations: Vec<f32> = chosen.iter().map(|&(_, value)| value).collect();
    let chosen_cells =
        SteeredCells { latent: latent.view(), totals: &totals, one_hot: &one_hot, activations: &activations };
    let steered = steer_concept(&decoder, &sae, concept, chosen_cells, target)?;
    let report =
        Report { concept, target, cells_like: args.cells_like, genes: decoder.genes(), steered, scores };
    atomic::write_file(&args.out, report.table().as_bytes())
        .with_context(|| format!("cannot write {}", args.out.display()))?;
    if !global.quiet {
        eprint!("{}", report.in_words());
    }
    if global.json {
        println!("{}", report.json());
    }
    Ok(())
}

/// Cells to steer with their activations.
fn choose(args: &Args, active: &ActiveCells, cells: usize) -> anyhow::Result<Vec<(CellId, f32)>> {
    if active.is_empty() && (args.cells_like == CellsLike::Prototypes || args.scale.is_some()) {
        bail!(
            "no cell of {} activates concept {}: set it everywhere by --to VALUE --cells-like all",
            args.cells.display(),
            args.concept
        );
    }
    if args.cells_like == CellsLike::Prototypes {
        if args.prototypes == 0 {
            bail!("--prototypes must be at least 1");
        }
        return Ok(active.prototypes(args.prototypes));
    }
    let mut all: Vec<(CellId, f32)> = (0..cells).map(|cell| (CellId::from(cell), 0.0)).collect();
    for (cell, &value) in active.cells.iter().zip(&active.values) {
        all[cell.index()].1 = value;
    }
    Ok(all)
}

/// Each cell's sum of counts over the model's genes: scVI's library size.
fn totals(cells: &mut H5ad, map: &GeneMap) -> anyhow::Result<Vec<f64>> {
    let n = cells.len();
    let mut totals = Vec::with_capacity(n);
    for start in (0..n).step_by(ROWS) {
        totals.extend(map.apply(&cells.rows(start, ROWS.min(n - start))?).row_sums());
    }
    Ok(totals)
}

/// The plain-Rust decoder of an scVI model.
fn read_decoder(model: &Model) -> anyhow::Result<ScviDecoder> {
    let path = model.folder.join("decoder.safetensors");
    let bytes = std::fs::read(&path).with_context(|| {
        format!(
            "cannot read {}: steering needs the decoder's weights, which `cellprism import scvi` writes for models of \
             counts",
            path.display()
        )
    })?;
    ScviDecoder::from_safetensors(&bytes).with_context(|| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn activations_are_not_negative() {
        assert_eq!(not_negative("2.5"), Ok(2.5));
        for text in ["-1", "nan", "inf", "much"] {
            assert!(not_negative(text).is_err(), "{text}");
        }
    }
}
