//! `cellprism classify`: labels predicted by logistic regression.

use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::{Global, stderr::errln, stdout::outln};
use crate::jobs::classify::{self, Options};

/// Options of `cellprism classify`.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Multinomial logistic regression with an L2 penalty and an intercept that is not penalised, by L-BFGS: the optimum that\n\
    scikit-learn's LogisticRegression has. Two labels: binomial, with the coefficients of the second. It has converged when no entry\n\
    of the gradient of the mean loss exceeds the tolerance, or when doubles hold no lower loss; summary.json says which, and how\n\
    many iterations it took. Cells that the labels leave out take no part.\n\n\
    Writes summary.json, predictions.csv (cell, label, predicted: the test cells), coefficients.csv (class, feature, coefficient;\n\
    feature a number from 0, or \"intercept\") and confusion.csv (label, predicted, count).\n\n\
    Example:\n  cellprism classify --features activations.safetensors --labels labels.csv --out classified"
)]
pub struct Args {
    /// Embeddings ("embeddings" [n, d]) or activations of `sae encode` ("indices" and "values"), with metadata "cells"
    #[arg(long, value_name = "SAFETENSORS")]
    features: PathBuf,
    /// Table with the columns cell, label, part; a part is train or test
    #[arg(long, value_name = "CSV")]
    labels: PathBuf,
    /// Folder to write
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Inverse of the penalty: the loss of all cells counts this many times half the sum of squared coefficients
    #[arg(long, default_value_t = 1.0)]
    c: f64,
    /// Steps of L-BFGS at most
    #[arg(long, value_name = "N", default_value_t = 100)]
    max_iterations: usize,
    /// Largest entry of the gradient that counts as none
    #[arg(long, default_value_t = 1e-4)]
    tolerance: f64,
}

/// Runs the command.
///
/// # Errors
/// If a file cannot be read or written, or the labels do not fit the features.
pub fn run(args: Args, global: &Global) -> anyhow::Result<()> {
    let Args { features, labels, out, c, max_iterations, tolerance } = args;
    let options = Options { features, labels, out, c, max_iterations, tolerance };
    let summary = classify::run(&options, &global.progress())?;
    if global.json {
        outln!("{}", serde_json::to_string(&summary)?);
    } else if !global.quiet {
        let converged = if summary.converged { "converged" } else { "not converged" };
        errln!(
            "{}: accuracy {:.4} on {} cells, {} labels, fitted to {}; {converged} after {} iterations",
            options.out.display(),
            summary.accuracy,
            summary.n_test,
            summary.classes,
            summary.n_train,
            summary.iterations
        );
    }
    Ok(())
}
