//! `cellprism run`: the whole job.

use std::path::PathBuf;

use anyhow::{Context, bail};
use cellprism_core::bundle::{
    AttributionParameters, EnrichmentParameters, LabelChoice, Parameters, PrototypesFrom, ReadingParameters,
    SaeParameters, SpecificityParameters,
};
use cellprism_core::sae::train::{LEARNING_RATE, TrainOptions};
use clap::Args as ClapArgs;

use super::{
    Global,
    precision::PrecisionArgs,
    runtime::RuntimeArgs,
    screening::{ScreeningArgs, in_words},
    sequence::SequenceArgs,
};
use super::{stderr::errln, stdout::outln};
use crate::{
    jobs::bundle::{self, Job, Report},
    runtime::Device,
};

/// Do the whole job: cells and a model to a bundle of concepts.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  cellprism run --cells cells.h5ad --model model --gene-sets GO_Biological_Process_2025.gmt --out bundle\n\n\
                  The same command goes on where an interrupted one stopped. With --config run.toml:\n\n  \
                  cells = \"cells.h5ad\"\n  model = \"model\"\n  gene-sets = [\"GO_Biological_Process_2025.gmt\"]\n  out = \"bundle\"\n  concepts = 500\n  active = 8"
)]
pub struct Args {
    /// Options of this command in a TOML file, each key the name of one; those on the command line win
    #[arg(long, value_name = "TOML")]
    #[allow(dead_code, reason = "read before the other arguments: see cli::config")]
    config: Option<PathBuf>,
    /// Cells with raw counts (.h5ad)
    #[arg(long, value_name = "H5AD")]
    cells: PathBuf,
    /// Model folder that `cellprism import` wrote, or a checkpoint folder of scvi-tools or scGPT
    #[arg(long, value_name = "DIR")]
    model: PathBuf,
    /// Gene sets (.gmt or .gmt.gz), one or more libraries
    #[arg(long, value_name = "GMT", num_args = 1..)]
    gene_sets: Vec<PathBuf>,
    /// Gene tables with aliases and descriptions (NCBI gene_info or the project's own)
    #[arg(long, value_name = "FILE", num_args = 1..)]
    gene_info: Vec<PathBuf>,
    /// Bundle folder to write
    #[arg(long, value_name = "BUNDLE")]
    out: PathBuf,
    /// Replace what is there already under that name
    #[arg(long)]
    overwrite: bool,
    /// cpu, cuda or cuda:N; a device that is not there is an error
    #[arg(long, default_value = "cpu", value_parser = Device::parse)]
    device: Device,
    #[command(flatten)]
    runtime: RuntimeArgs,
    /// Concepts in the dictionary (default: from the data. 2, 4, 8, 12 and 20 times the embeddings' effective rank are
    /// tried, at most one for ten cells; of those with at most a tenth of dead concepts the smallest whose held-out R² is
    /// within 0.005 of the best)
    #[arg(long)]
    concepts: Option<u32>,
    /// Active concepts per cell (default: concepts / 62.5, at least 3)
    #[arg(long)]
    active: Option<u32>,
    /// Passes over the cells (default: as many as give 4,000 steps, from 20 to 1,400)
    #[arg(long)]
    epochs: Option<u32>,
    /// Adam's learning rate; the paper's 5e-5 to 5e-4 need more epochs
    #[arg(long, default_value_t = LEARNING_RATE)]
    learning_rate: f64,
    /// Seed of training, and of the cells that sizes are tried on
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// A dictionary to describe instead of a newly trained one, of any source in SAELens layout (`sae train`, `sae
    /// consensus`, `sae import`); it must be of this model's embeddings
    #[arg(long, value_name = "DIR", conflicts_with_all = ["concepts", "active", "epochs", "learning_rate", "seed"])]
    sae: Option<PathBuf>,
    /// Metadata columns, the one that names cells first (default: all with several labels, cell types first)
    #[arg(long, value_name = "COL,...", value_delimiter = ',')]
    labels: Vec<String>,
    /// Fewest active cells of a concept that is classified (default: 100; 20 where there are fewer than 10,000 cells)
    #[arg(long)]
    min_cells: Option<u32>,
    /// N_p: most active cells of each concept
    #[arg(long, default_value_t = 10)]
    prototypes: u32,
    /// N_c: counterfactuals of each prototype
    #[arg(long, default_value_t = 3)]
    counterfactuals: u32,
    #[command(flatten)]
    screening: ScreeningArgs,
    /// Which active cells are prototypes: the most active ones, as in the paper, or one from each tenth of their activations
    #[arg(long, value_enum, default_value_t = From::Top)]
    prototypes_from: From,
    /// What is read of a concept: all, or the paper's numbers alone
    #[arg(long, value_enum, default_value_t = ReadingChoice::Full)]
    reading: ReadingChoice,
    /// Further prototypes, next in activation, on which carried genes are counted
    #[arg(long, default_value_t = 10)]
    held_out: u32,
    /// Typical inactive cells that each prototype is compared with beside its nearest ones (default: 10; 0 through models of sequences,
    /// where every swap is a pass of the whole model)
    #[arg(long)]
    typical: Option<u32>,
    /// Concepts of a random dictionary, and as many with permuted activations, that are read to see how many labels survive
    /// where there is nothing to find (default: 20; 0 through models of sequences)
    #[arg(long)]
    calibration: Option<u32>,
    /// Permutations of the enrichment analysis
    #[arg(long, default_value_t = 1000)]
    permutations: u32,
    /// Fewest ranked genes of a gene set
    #[arg(long, default_value_t = 15)]
    min_size: u32,
    /// Most ranked genes of a gene set
    #[arg(long, default_value_t = 500)]
    max_size: u32,
    /// Which gene set is a concept's label: the highest ES of small p (the paper's rule), the highest NES of small p, or
    /// the highest NES of a false-discovery rate up to 0.25
    #[arg(long, value_enum, default_value_t = LabelBy::Es)]
    label_by: LabelBy,
    /// Describe the embedding's own dimensions, too: the baseline that concepts are compared with
    #[arg(long)]
    neurons: bool,
    /// Describe only the N concepts with most active cells (and with --neurons as many of those); of the others the bundle
    /// says which cells activate them (default: all)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    describe: Option<u32>,
    #[command(flatten)]
    sequence: SequenceArgs,
    #[command(flatten)]
    precision: PrecisionArgs,
    /// Short name of the bundle
    #[arg(long)]
    name: Option<String>,
    /// Title of the bundle
    #[arg(long)]
    title: Option<String>,
    /// Accept counts that are not whole numbers
    #[arg(long)]
    allow_non_integer: bool,
}

/// Which active cells are prototypes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum From {
    Top,
    Spread,
}

/// What is read of a concept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum ReadingChoice {
    Full,
    Paper,
}

/// What decides on a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum LabelBy {
    Es,
    Nes,
    Fdr,
}

/// Runs the command.
///
/// # Errors
/// Whatever was wrong with the inputs, or failed on the way.
pub fn run(args: Args, global: &Global) -> anyhow::Result<()> {
    let job = job(args)?;
    let report = bundle::run(&job, &global.progress())?;
    tell(&job, &report, global)
}

/// Tells what came out, in words or as JSON.
///
/// # Errors
/// If stdout cannot be written.
pub fn tell(job: &Job, report: &Report, global: &Global) -> anyhow::Result<()> {
    if global.json {
        outln!("{}", serde_json::to_string(report).context("report")?);
    } else if !global.quiet {
        let chance = report
            .labelled_by_chance
            .map_or_else(String::new, |n| format!(" (chance would label about {n:.1})"));
        errln!(
            "{}{}: R² {:.3}, {} of {} concepts active; {} have a pathway label as in the paper{chance}",
            job.out.display(),
            if report.unchanged { " is up to date" } else { "" },
            report.r2,
            report.active_concepts,
            report.concepts,
            report.labelled,
        );
        if let Some(outcome) = &report.screened {
            errln!("{}", in_words(outcome, job.parameters.attribution.important));
        }
        if !report.verdict.is_empty() {
            errln!("{}", report.verdict);
        }
    }
    Ok(())
}

/// What the options ask for.
///
/// # Errors
/// If a number that has to be chosen is 0, which means "not said" further on.
pub fn job(args: Args) -> anyhow::Result<Job> {
    if args.concepts == Some(0) || args.active == Some(0) || args.epochs == Some(0) {
        bail!("--concepts, --active and --epochs must be at least 1");
    }
    Ok(Job {
        parameters: Parameters {
            sae: SaeParameters {
                concepts: args.concepts.unwrap_or(0),
                active: args.active.unwrap_or(0),
                epochs: args.epochs.unwrap_or(0),
                learning_rate: args.learning_rate,
                seed: args.seed,
                aux_k: 512,
                ..SaeParameters::of(&TrainOptions::new(1, 1, 1))
            },
            specificity: SpecificityParameters {
                min_cells: args.min_cells.unwrap_or(0),
                ..SpecificityParameters::default()
            },
            attribution: AttributionParameters {
                prototypes: args.prototypes,
                counterfactuals: args.counterfactuals,
                prototypes_from: match args.prototypes_from {
                    From::Top => PrototypesFrom::Top,
                    From::Spread => PrototypesFrom::Spread,
                },
                screening: args.screening.into(),
                ..AttributionParameters::default()
            },
            enrichment: EnrichmentParameters {
                permutations: args.permutations,
                min_size: args.min_size,
                max_size: args.max_size,
                label: match args.label_by {
                    LabelBy::Es => LabelChoice::Es,
                    LabelBy::Nes => LabelChoice::Nes,
                    LabelBy::Fdr => LabelChoice::Fdr,
                },
                ..EnrichmentParameters::default()
            },
            neurons: args.neurons,
            describe: args.describe,
            reading: (args.reading == ReadingChoice::Full)
                .then(|| ReadingParameters { held_out: args.held_out, ..ReadingParameters::default() }),
        },
        cells: args.cells,
        model: args.model,
        sae: args.sae,
        gene_sets: args.gene_sets,
        gene_info: args.gene_info,
        out: args.out,
        overwrite: args.overwrite,
        sequence: args.sequence.into(),
        force_precision: args.precision.force_precision,
        place: args.runtime.place(args.device),
        labels: args.labels,
        typical: args.typical,
        calibration: args.calibration,
        allow_non_integer: args.allow_non_integer,
        name: args.name,
        title: args.title,
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::{
        cli::{Cli, Command},
        queue::{Files, JobRequest},
    };

    fn job_of(words: &[&str]) -> Job {
        let fixed =
            ["cellprism", "run", "--cells", "c.h5ad", "--model", "m", "--gene-sets", "g.gmt", "--out", "o"];
        let cli = Cli::try_parse_from(fixed.iter().chain(words)).unwrap();
        let Command::Run(args) = cli.command else { panic!("another command") };
        job(args).unwrap()
    }

    fn of_request(more: serde_json::Value) -> Job {
        let mut asked = serde_json::json!({"dataset": "d", "model": "m", "gene_sets": ["g"]});
        asked.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let request: JobRequest = serde_json::from_value(asked).unwrap();
        let files = Files {
            cells: "c.h5ad".into(),
            model: "m".into(),
            gene_sets: vec!["g.gmt".into()],
            out: "o".into(),
            library: None,
        };
        request.job(files).unwrap()
    }

    #[test]
    fn a_job_over_http_has_the_names_and_defaults_of_this_command() {
        assert_eq!(of_request(serde_json::json!({})), job_of(&[]));
        let words = "--concepts 9 --active 3 --epochs 7 --learning-rate 0.01 --seed 5 --labels a,b --min-cells 4 \
            --prototypes 6 --counterfactuals 2 --attribution screened --leading 8 --sample 11 --prototypes-from spread \
            --held-out 12 --typical 13 --calibration 14 --permutations 15 --min-size 16 --max-size 17 --label-by fdr \
            --neurons --describe 18 --sequence nonzero --variable-genes 19 --force-precision --name n --title t \
            --allow-non-integer --device cuda:1";
        let words: Vec<&str> = words.split_whitespace().collect();
        let asked = serde_json::json!({
            "concepts": 9, "active": 3, "epochs": 7, "learning_rate": 0.01, "seed": 5, "labels": ["a", "b"],
            "min_cells": 4, "prototypes": 6, "counterfactuals": 2, "attribution": "screened", "leading": 8,
            "sample": 11, "prototypes_from": "spread", "held_out": 12, "typical": 13, "calibration": 14,
            "permutations": 15, "min_size": 16, "max_size": 17, "label_by": "fdr", "neurons": true, "describe": 18,
            "sequence": "nonzero", "variable_genes": 19, "force_precision": true, "name": "n", "title": "t",
            "allow_non_integer": true, "device": "cuda:1",
        });
        assert_eq!(of_request(asked), job_of(&words));
        assert_eq!(of_request(serde_json::json!({"reading": "paper"})), job_of(&["--reading", "paper"]));
    }

    #[test]
    fn every_option_can_be_asked_for_over_http() {
        use clap::CommandFactory as _;
        let command = Cli::command();
        let run = command.find_subcommand("run").unwrap();
        // Files of the server, and what is said of them.
        let of_files = ["config", "cells", "gene_info", "out", "overwrite", "onnxruntime", "sae", "genes"];
        let request = serde_json::to_value(
            serde_json::from_str::<JobRequest>(r#"{"dataset": "d", "model": "m"}"#).unwrap(),
        );
        let known = request.unwrap();
        for option in run.get_arguments().filter_map(clap::Arg::get_long) {
            let name = option.replace('-', "_");
            if !of_files.contains(&name.as_str()) {
                assert!(known.get(&name).is_some(), "--{option}");
            }
        }
    }
}
