//! Training a dictionary, with the sizes that the data suggest where none are given.

use std::ops::ControlFlow;

use cellprism_core::sae::{
    SaeWeights,
    size::{active_by_default, choose, climb, effective_rank, rungs, sample},
    train::{BATCH, EpochMetrics, LEARNING_RATE, TrainOptions, default_epochs, train},
};
use ndarray::{ArrayView2, Axis};
use pyo3::{prelude::*, types::PyDict};

use crate::errors;

/// What is asked for; the rest are the program's defaults.
pub(crate) struct Wish {
    pub(crate) concepts: Option<usize>,
    pub(crate) active: Option<usize>,
    pub(crate) epochs: Option<u32>,
    pub(crate) batch: Option<usize>,
    pub(crate) learning_rate: Option<f64>,
    pub(crate) seed: u64,
}

impl Wish {
    fn options(&self, concepts: usize, active: usize, cells: usize) -> TrainOptions {
        let batch = self.batch.unwrap_or(BATCH);
        TrainOptions {
            batch,
            learning_rate: self.learning_rate.unwrap_or(LEARNING_RATE),
            seed: self.seed,
            ..TrainOptions::new(concepts, active, self.epochs.unwrap_or_else(|| default_epochs(cells, batch)))
        }
    }

    /// c and k.
    fn sizes(&self, x: ArrayView2<'_, f32>) -> PyResult<(usize, usize)> {
        match self.concepts {
            Some(concepts) => Ok((concepts, self.active.unwrap_or_else(|| active_by_default(concepts)))),
            None => self.climbed(x),
        }
    }

    /// The chosen rung of the ladder that `cellprism run` climbs.
    fn climbed(&self, x: ArrayView2<'_, f32>) -> PyResult<(usize, usize)> {
        let cells = sample(x.nrows(), self.seed);
        let data = x.select(Axis(0), &cells);
        let sizes = rungs(effective_rank(data.view()), x.nrows(), self.active);
        let mut tried = Vec::new();
        for &(concepts, active) in &sizes {
            Python::attach(|py| py.check_signals())?;
            let options = self.options(concepts, active, data.nrows());
            let rung = climb(data.view(), &options, &mut |_| {}).map_err(|error| errors::value(&error))?;
            tried.push(rung);
        }
        Ok(choose(&tried).map_or((1, 1), |chosen| sizes[chosen]))
    }
}

/// Trains; the interpreter's lock is taken after every epoch only.
///
/// # Errors
/// If options or embeddings make no sense, training diverges, or `progress` raises.
pub(crate) fn fit(x: ArrayView2<'_, f32>, wish: &Wish, progress: Option<&Py<PyAny>>) -> PyResult<SaeWeights> {
    let (concepts, active) = wish.sizes(x)?;
    let options = wish.options(concepts, active, x.nrows());
    let mut raised = None;
    let trained = train(x, &options, &mut |epoch| match told(epoch, progress) {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => {
            raised = Some(error);
            ControlFlow::Break(())
        }
    });
    if let Some(error) = raised {
        return Err(error);
    }
    let mut weights = trained.map_err(|error| errors::value(&error))?;
    weights.note_origin(x, None).map_err(|error| errors::value(&error))?;
    Ok(weights)
}

fn told(epoch: &EpochMetrics, progress: Option<&Py<PyAny>>) -> PyResult<()> {
    Python::attach(|py| {
        py.check_signals()?;
        let Some(progress) = progress else { return Ok(()) };
        let metrics = PyDict::new(py);
        metrics.set_item("epoch", epoch.epoch)?;
        metrics.set_item("epochs", epoch.epochs)?;
        metrics.set_item("loss", epoch.loss)?;
        metrics.set_item("r2", epoch.r2)?;
        metrics.set_item("l0", epoch.l0)?;
        metrics.set_item("dead", epoch.dead)?;
        progress.call1(py, (metrics,)).map(|_| ())
    })
}
