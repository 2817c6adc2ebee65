//! `cellprism sae`: train, apply, measure and compare sparse autoencoders.

mod bench;
mod encode;
mod engine;
mod evaluate;
mod matching;
mod memory;
mod train;
mod work_folder;

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
        Action::Encode(args) => encode::run(&args, global),
        Action::Evaluate(args) => evaluate::run(&args, global),
        Action::Match(args) => matching::run(&args, global),
        Action::Bench(args) => bench::run(&args, global),
    }
}
