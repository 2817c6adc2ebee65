//! `classify`: labels of cells predicted from embeddings or activations by logistic regression, to scikit-learn's optimum.

mod labels;
mod tables;

use std::path::PathBuf;

use anyhow::Context;
use cellprism_core::classification::{Logistic, LogisticOptions, Stop};
use serde::{Deserialize, Serialize};

use crate::{
    files::features,
    work::{output::OutputFolder, progress::Progress, target},
};

/// What is predicted from what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Embeddings, or activations that `sae encode` wrote (safetensors).
    pub features: PathBuf,
    /// Table of cells: cell, label, part (train or test).
    pub labels: PathBuf,
    /// Folder to write.
    pub out: PathBuf,
    /// scikit-learn's C, the inverse of the penalty.
    pub c: f64,
    /// Steps of L-BFGS at most.
    pub max_iterations: usize,
    /// Largest entry of the gradient of the mean loss.
    pub tolerance: f64,
}

impl Default for Options {
    fn default() -> Self {
        let LogisticOptions { c, max_iterations, tolerance } = LogisticOptions::default();
        let none = PathBuf::new;
        Self { features: none(), labels: none(), out: none(), c, max_iterations, tolerance }
    }
}

/// What was fitted and measured: `summary.json`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Share of the test cells whose label is predicted.
    pub accuracy: f64,
    /// Labels among the training cells.
    pub classes: usize,
    /// Cells fitted to.
    pub n_train: usize,
    /// Cells predicted.
    pub n_test: usize,
    /// Test cells whose label no training cell has: they cannot be predicted.
    pub n_test_unseen: usize,
    /// Features of a cell.
    pub features: usize,
    /// Steps of L-BFGS.
    pub iterations: usize,
    /// Whether the optimum was reached.
    pub converged: bool,
    /// Why it ended: gradient (within the tolerance), rounding (no lower value in doubles), iterations (as many as allowed).
    pub stopped: &'static str,
    /// The mean loss with the penalty.
    pub loss: f64,
    /// The largest entry of its gradient.
    pub gradient: f64,
    /// C.
    pub c: f64,
    /// Steps allowed.
    pub max_iterations: usize,
    /// The tolerance.
    pub tolerance: f64,
}

/// Fits, predicts and writes `summary.json`, `predictions.csv`, `coefficients.csv`, `confusion.csv`.
///
/// # Errors
/// If a file cannot be read or written, a cell of the labels is unknown or there twice, a part is neither train nor test, one
/// of the parts is empty, or there is only one label.
pub fn run(options: &Options, progress: &dyn Progress) -> anyhow::Result<Summary> {
    target::for_folder(&options.out)?;
    let found = features::read(&options.features)?;
    let labelled = labels::read(&options.labels, &found.cells)?;
    let folder = OutputFolder::create(&options.out)?;
    let (train, test) = (&labelled.train, &labelled.test);
    let asked = LogisticOptions {
        c: options.c,
        max_iterations: options.max_iterations,
        tolerance: options.tolerance,
    };
    let steps = progress.begin("fit", 1, "regression");
    let fitted = Logistic::fit(&found.features, &train.rows, &train.codes, labelled.classes.len(), &asked)
        .with_context(|| options.labels.display().to_string())?;
    steps.advance(1);
    steps.finish();
    let predicted = fitted.predict(&found.features, &test.rows);
    let right =
        test.labels.iter().zip(&predicted).filter(|(label, at)| **label == labelled.classes[**at]).count();
    let summary = Summary {
        accuracy: right as f64 / test.rows.len() as f64,
        classes: labelled.classes.len(),
        n_train: train.rows.len(),
        n_test: test.rows.len(),
        n_test_unseen: test
            .labels
            .iter()
            .filter(|label| labelled.classes.binary_search(label).is_err())
            .count(),
        features: found.features.width(),
        iterations: fitted.iterations,
        converged: fitted.converged(),
        stopped: match fitted.stop {
            Stop::Gradient => "gradient",
            Stop::Rounding => "rounding",
            Stop::Iterations => "iterations",
        },
        loss: fitted.loss,
        gradient: fitted.gradient,
        c: options.c,
        max_iterations: options.max_iterations,
        tolerance: options.tolerance,
    };
    let files = [
        ("summary.json", serde_json::to_vec_pretty(&summary)?),
        ("predictions.csv", tables::predictions(&found.cells, &labelled, &predicted)),
        ("coefficients.csv", tables::coefficients(&fitted, &labelled.classes, found.features.width())),
        ("confusion.csv", tables::confusion(&labelled, &predicted)),
    ];
    for (name, content) in files {
        std::fs::write(folder.path().join(name), content).with_context(|| format!("cannot write {name}"))?;
    }
    folder.finish()?;
    Ok(summary)
}
