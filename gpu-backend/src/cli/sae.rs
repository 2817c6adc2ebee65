//! `cellprism sae`: train, apply, measure and compare sparse autoencoders.

mod archetypal;
mod basics;
mod bench;
mod consensus;
mod encode;
mod evaluate;
mod import;
mod machine;
mod matching;
mod semi_nmf;
mod sweep;
mod train;

use clap::Subcommand;

use super::Global;

/// Options of `cellprism sae`.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Train on embeddings
    Train(Box<train::Args>),
    /// Activations of embeddings
    Encode(encode::Args),
    /// R², active concepts and sparsity on embeddings
    Evaluate(evaluate::Args),
    /// Train all sizes of a table and print it
    Sweep(sweep::Args),
    /// Semi-NMF of the same embeddings, the baseline
    SemiNmf(semi_nmf::Args),
    /// Read a TopKSAE of the Python library overcomplete
    Import(import::Args),
    /// Train several seeds and keep the concepts that come back
    Consensus(consensus::Args),
    /// One-to-one pairs of the concepts of two dictionaries
    Match(matching::Args),
    /// Time per training step on this machine, on planted data
    Bench(bench::Args),
}

/// Runs the command.
///
/// # Errors
/// Whatever went wrong, with the file, key or row it concerns and the remedy.
pub fn run(args: Args, global: &Global) -> anyhow::Result<()> {
    match args.action {
        Action::Train(args) => train::run(*args, global),
        Action::Encode(args) => encode::run(args, global),
        Action::Evaluate(args) => evaluate::run(args, global),
        Action::Sweep(args) => sweep::run(args, global),
        Action::SemiNmf(args) => semi_nmf::run(args, global),
        Action::Import(args) => import::run(args, global),
        Action::Consensus(args) => consensus::run(args, global),
        Action::Match(args) => matching::run(args, global),
        Action::Bench(args) => bench::run(args, global),
    }
}
