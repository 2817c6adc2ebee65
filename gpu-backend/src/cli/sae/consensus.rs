//! `cellprism sae consensus`: the concepts that come back from other seeds.

use std::path::PathBuf;

use super::{archetypal, basics::Basics};
use crate::cli::{
    stderr::errln,
    stdout::{out, outln},
};
use crate::{cli::Global, jobs::sae::consensus};

/// Options of `sae consensus`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Trains one dictionary a seed, pairs the concepts of the first with those of each other one (Hungarian method on\ncosines, concepts that are alive), and keeps those found in at least so many of them. Two concepts are the same where\ntheir cosine is above what 95 % of the matches with random directions reach that have the embeddings' covariance, the\nhighest over the seeds. Interrupted, the same command goes on.\n\nExample:\n  cellprism sae consensus --embeddings embeddings.safetensors --concepts 60 --seeds 0,1,2,3,4 --at-least 3 --out consensus/"
)]
pub struct Args {
    #[command(flatten)]
    basics: Basics,
    /// Folder for seed-N (one sparse autoencoder a seed), sae (the kept concepts), consensus.json, consensus.csv
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Seeds; the concepts are those of the first
    #[arg(long, value_delimiter = ',', default_values_t = [0, 1, 2, 3, 4])]
    seeds: Vec<u64>,
    /// Keep concepts found in so many dictionaries, their own included (default: more than half)
    #[arg(long, value_name = "N")]
    at_least: Option<u32>,
    /// Least cosine at which two concepts are the same (default: the 95 % point of matches with random directions)
    #[arg(long)]
    cosine: Option<f32>,
    #[command(flatten)]
    archetypal: archetypal::Options,
    /// Threads (0: one a core); the result does not depend on it
    #[arg(long, default_value_t = 0)]
    threads: usize,
}

/// Runs the command.
pub fn run(args: Args, global: &Global) -> anyhow::Result<()> {
    let folder = args.out.join("sae");
    let options = consensus::Options {
        basics: args.basics.into(),
        out: args.out,
        seeds: args.seeds,
        at_least: args.at_least,
        cosine: args.cosine,
        archetypal: args.archetypal.get(),
        threads: args.threads,
    };
    let report = consensus::run(&options, &global.progress())?;
    if global.json {
        out!("{}", report.to_json()?);
    } else {
        let (seeds, r2) = (report.seeds.len(), report.r2_of_kept);
        outln!("| found in | concepts |\n| --- | --- |");
        for (times, concepts) in report.found_in.iter().enumerate() {
            outln!("| {} of {seeds} | {concepts} |", times + 1);
        }
        errln!(
            "{}: {} of {} concepts that are alive, found with a cosine of {:.4} in at least {} of {seeds} dictionaries; R² {:.4} of all, {r2:.4} of these",
            folder.display(),
            report.kept,
            report.alive,
            report.cosine,
            report.at_least,
            report.r2
        );
    }
    Ok(())
}
