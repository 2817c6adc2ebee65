//! `cellprism attribute`: the genes that drive concepts, by counterfactual occlusion.

use std::{path::PathBuf, slice, time::Instant};

use anyhow::{Context, bail};
use cellprism_core::{
    attribution::{
        Attribution, ConceptCells, ConceptReader, Perturb, ScviSwaps, attribute, cells_of_concepts,
    },
    cells::{Aliases, GeneMap},
    concepts::Activations,
    embedding::card::ModelKind,
    ids::ConceptId,
    parallel,
    sae::SaeWeights,
};
use clap::Args as ClapArgs;
use ndarray::Array2;
use serde_json::json;

use super::{Global, Progress, embed::shared_genes, precision::PrecisionArgs, sequence::SequenceArgs};
use crate::{
    files::{
        genes::read_gene_table,
        h5ad::{self, H5ad, Options},
        tensors::Tensors,
    },
    models::{
        counts,
        dictionary::read_dictionary,
        folder::Model,
        onnx::swaps::EncoderEngine,
        scgpt::{self, ScgptSwaps, SequenceModel, Sequences},
    },
    runtime::Device,
    work::{atomic, shards::Shards},
};

/// Score the genes that drive concepts.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  cellprism attribute --model model --sae sae --cells cells.h5ad --concepts 0-99,120 --out attribution.safetensors"
)]
pub struct Args {
    /// Model folder that `cellprism import` wrote
    #[arg(long, value_name = "DIR")]
    model: PathBuf,
    /// Sparse autoencoder (SAELens layout)
    #[arg(long, value_name = "DIR")]
    sae: PathBuf,
    /// Cells with raw counts (.h5ad)
    #[arg(long, value_name = "H5AD")]
    cells: PathBuf,
    /// Concepts, for instance 0-99,120 (default: all that are active)
    #[arg(long, value_name = "LIST")]
    concepts: Option<String>,
    /// N_p: most active cells of each concept
    #[arg(long, default_value_t = 10)]
    prototypes: usize,
    /// N_c: nearest cells that do not activate it, for each prototype
    #[arg(long, default_value_t = 3)]
    counterfactuals: usize,
    /// Also write every pair's scores: "pair_scores" f32 [concepts, prototypes, counterfactuals, genes]
    #[arg(long)]
    pairs: bool,
    /// File to write
    #[arg(long, value_name = "SAFETENSORS")]
    out: PathBuf,
    /// cpu, cuda or cuda:N for the embeddings and for swaps through scGPT or another encoder; swaps through scVI run on
    /// the processor
    #[arg(long, default_value = "cpu", value_parser = Device::parse)]
    device: Device,
    /// Gene table with aliases (NCBI gene_info or the project's own)
    #[arg(long, value_name = "FILE")]
    gene_info: Option<PathBuf>,
    /// Accept counts that are not whole numbers
    #[arg(long)]
    allow_non_integer: bool,
    #[command(flatten)]
    sequence: SequenceArgs,
    #[command(flatten)]
    precision: PrecisionArgs,
}

/// Runs the command.
///
/// # Errors
/// If an input cannot be read or does not fit the others.
pub fn run(args: Args, global: &Global) -> anyhow::Result<()> {
    if args.prototypes == 0 || args.counterfactuals == 0 {
        bail!("--prototypes and --counterfactuals must be at least 1");
    }
    let model = Model::open(&args.model)?;
    args.precision.check(&model.card)?;
    let sae = read_dictionary(&args.sae, &model.card)?;
    let mut cells = h5ad::open(&args.cells, &Options { allow_non_integer: args.allow_non_integer })?;
    let aliases = match &args.gene_info {
        Some(path) => read_gene_table(path)?.aliases().clone(),
        None => Aliases::none(),
    };
    match args.sequence.options(&model)? {
        Some(options) => {
            let sequences = Sequences::choose(&model, &mut cells, &aliases, &options, &args.cells)?;
            through_scgpt(&args, global, &model, &sae, &mut cells, &sequences)
        }
        None => {
            let map = shared_genes(&model, &cells, &aliases, &args.cells)?;
            through_counts(&args, global, &model, &sae, &mut cells, &map)
        }
    }
}

fn through_counts(
    args: &Args,
    global: &Global,
    model: &Model,
    sae: &SaeWeights,
    cells: &mut H5ad,
    map: &GeneMap,
) -> anyhow::Result<()> {
    let progress = Progress::new("embed", cells.len() as u64, "cells", global.quiet);
    let embedded = counts::embed(
        model,
        &[args.device],
        global.onnxruntime.as_deref(),
        cells,
        map,
        &Shards::none(),
        &progress,
    )?;
    progress.finish();
    let one_hot = counts::encoder_covariates(&model.card, cells)?;
    let counts = cells.rows(0, cells.len())?;
    let model_counts = map.apply(&counts);
    if model.card.kind == ModelKind::Onnx {
        let engine = EncoderEngine::open(model, args.device, global.onnxruntime.as_deref())?;
        let swaps = engine.among(&model_counts, &one_hot)?;
        return score(args, global, sae, &embedded, &swaps, (&model.card.genes, &model.card.precision));
    }
    let encoder = model.read_encoder()?;
    let swaps = ScviSwaps::new(&encoder, &model_counts, &one_hot)?;
    score(args, global, sae, &embedded, &swaps, (&model.card.genes, &model.card.precision))
}

fn through_scgpt(
    args: &Args,
    global: &Global,
    model: &Model,
    sae: &SaeWeights,
    cells: &mut H5ad,
    sequences: &Sequences,
) -> anyhow::Result<()> {
    let progress = Progress::new("embed", cells.len() as u64, "cells", global.quiet);
    let library = global.onnxruntime.as_deref();
    let mut scgpt = SequenceModel::open(model, sequences.tokenizer.clone(), args.device, library)?;
    let embedded = scgpt::embed(slice::from_mut(&mut scgpt), sequences, cells, &Shards::none(), &progress)?;
    progress.finish();
    let (binned, _) = scgpt::bin(sequences, &cells.rows(0, cells.len())?);
    let swaps = ScgptSwaps::new(scgpt, binned);
    score(args, global, sae, &embedded, &swaps, (&sequences.genes.names, &model.card.precision))
}

/// Chooses cells and swaps genes, concept by concept.
fn score(
    args: &Args,
    global: &Global,
    sae: &SaeWeights,
    embedded: &counts::Embedded,
    swaps: &impl Perturb,
    (genes, precision): (&[String], &str),
) -> anyhow::Result<()> {
    let activations = activations(sae, &embedded.values);
    let concepts = match &args.concepts {
        Some(list) => parse_concepts(list, sae.config.d_sae)?,
        None => activations.iter().filter(|(_, active)| !active.is_empty()).map(|(id, _)| id).collect(),
    };
    let reader = ConceptReader::of(sae);
    let started = Instant::now();
    let wanted = vec![args.counterfactuals; args.prototypes];
    let progress =
        Progress::new("neighbours", (concepts.len() * args.prototypes) as u64, "prototypes", global.quiet);
    let chosen = cells_of_concepts(&activations, &concepts, embedded.values.view(), &wanted, |prototypes| {
        progress.advance(prototypes as u64);
    });
    progress.finish();
    let progress = Progress::new("attribute", concepts.len() as u64, "concepts", global.quiet);
    let scores = parallel::map(concepts.len(), |i| {
        let scores = attribute(swaps, &reader, concepts[i], &chosen[i], args.counterfactuals);
        progress.advance(1);
        scores
    })
    .into_iter()
    .collect::<Result<Vec<_>, _>>()?;
    let found: Vec<_> = chosen.into_iter().zip(scores).collect();
    let seconds = started.elapsed().as_secs_f64();
    progress.finish();
    write(args, &concepts, &found, swaps.genes(), genes, precision)?;
    if global.json {
        println!("{}", json!({"concepts": concepts.len(), "genes": swaps.genes(), "seconds": seconds}));
    }
    Ok(())
}

/// Activations of all cells.
pub fn activations(sae: &SaeWeights, embeddings: &Array2<f32>) -> Activations {
    let codes = sae.encode(embeddings.view());
    Activations::from_codes(embeddings.nrows(), sae.config.d_sae, codes.k, &codes.indices, &codes.values)
}

fn write(
    args: &Args,
    concepts: &[ConceptId],
    found: &[(ConceptCells, Attribution)],
    genes: usize,
    names: &[String],
    precision: &str,
) -> anyhow::Result<()> {
    let (q, p, c) = (concepts.len(), args.prototypes, args.counterfactuals);
    let mut file = Tensors::default();
    file.u32("concepts", &[q], concepts.iter().map(|id| id.0));
    file.f32("scores", &[q, genes], found.iter().flat_map(|f| f.1.scores.iter().copied()));
    file.f32("scores_pre_topk", &[q, genes], found.iter().flat_map(|f| f.1.scores_pre_topk.iter().copied()));
    let prototype =
        |cells: &ConceptCells, i: usize| cells.prototypes.get(i).map_or(u32::MAX, |found| found.0.0);
    let other = |cells: &ConceptCells, i: usize, j: usize| {
        cells.counterfactuals.get(i).and_then(|near| near.get(j)).map_or(u32::MAX, |near| near.cell.0)
    };
    file.u32(
        "prototypes",
        &[q, p],
        found.iter().flat_map(|(cells, _)| (0..p).map(move |i| prototype(cells, i))),
    );
    file.u32(
        "counterfactuals",
        &[q, p, c],
        found.iter().flat_map(|(cells, _)| (0..p * c).map(move |at| other(cells, at / c, at % c))),
    );
    if args.pairs {
        let mut all = vec![0.0f32; q * p * c * genes];
        for (i, (_, attribution)) in found.iter().enumerate() {
            for pair in &attribution.pairs {
                let start = ((i * p + pair.prototype) * c + pair.counterfactual) * genes;
                for swap in &pair.swaps {
                    all[start + swap.gene as usize] = swap.post;
                }
            }
        }
        file.f32("pair_scores", &[q, p, c, genes], all);
    }
    file.metadata("genes", serde_json::to_string(names)?);
    file.metadata("precision", precision.to_owned());
    atomic::write_file(&args.out, &file.to_bytes()?)
        .with_context(|| format!("cannot write {}", args.out.display()))
}

/// Reads a list such as `0-99,120`.
///
/// # Errors
/// Names the part that is no number or range, or beyond the dictionary.
pub fn parse_concepts(list: &str, concepts: usize) -> anyhow::Result<Vec<ConceptId>> {
    let mut found = Vec::new();
    for part in list.split(',').map(str::trim) {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        let number = |text: &str| {
            text.trim()
                .parse::<u32>()
                .with_context(|| format!("--concepts: {part:?} is no number and no range such as 0-99"))
        };
        let (from, to) = (number(from)?, number(to)?);
        if from > to || to as usize >= concepts {
            bail!("--concepts: {part:?} is not within 0-{}", concepts.saturating_sub(1));
        }
        found.extend((from..=to).map(ConceptId));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_numbers_are_read() {
        let ids: Vec<u32> = parse_concepts("0-2, 7", 8).unwrap().iter().map(|id| id.0).collect();
        assert_eq!(ids, [0, 1, 2, 7]);
        assert!(parse_concepts("8", 8).is_err());
        assert!(parse_concepts("a-b", 8).unwrap_err().to_string().contains("--concepts"));
    }
}
