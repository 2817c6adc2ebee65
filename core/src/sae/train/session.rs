//! The training loop, epoch by epoch, over any engine.

use ndarray::{Array2, Axis};
use serde::{Deserialize, Serialize};

use super::{
    Archetypes, Checkpoint, Engine, Plan, State, StepReport, TrainError,
    progress::Progress,
    random::{Purpose, generator, shuffle},
    resample::resample,
    schedule::learning_rate,
};
use crate::sae::{SaeWeights, metrics};

/// Figures of one epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochMetrics {
    /// From 1.
    pub epoch: u32,
    /// Epochs planned.
    pub epochs: u32,
    /// Steps so far.
    pub step: u64,
    /// Cells seen in this epoch.
    pub cells: u64,
    /// Mean squared error per entry over the epoch's batches, each before its update.
    pub loss: f64,
    /// Mean over steps of the auxiliary mean squared error, before its weight; 0 without dead concepts.
    pub aux: f64,
    /// 1 − the epoch's squared errors / spread of the training cells: R² as the weights change.
    pub r2: f64,
    /// R² of the test cells after the epoch, where there are any.
    pub test_r2: Option<f64>,
    /// Mean number of active concepts per cell.
    pub l0: f64,
    /// Concepts active in the epoch's last batch.
    pub active: u32,
    /// Dead concepts at the end.
    pub dead: u32,
    /// Concepts started anew after this epoch.
    pub resampled: u32,
    /// Learning rate of the last step.
    pub learning_rate: f64,
}

/// A training under way.
pub struct Session<'a> {
    plan: Plan<'a>,
    engine: Box<dyn Engine + 'a>,
    progress: Progress,
    test: Option<Array2<f32>>,
}

impl<'a> Session<'a> {
    /// Starts at the plan's initial state.
    ///
    /// # Errors
    /// If the engine fails.
    pub fn start(plan: Plan<'a>, engine: Box<dyn Engine + 'a>) -> Result<Self, TrainError> {
        let state = plan.initial();
        Self::resume(plan, engine, Checkpoint { state, progress: Progress::default() })
    }

    /// Goes on from a checkpoint of the same plan.
    ///
    /// # Errors
    /// If the sizes differ or the engine fails.
    pub fn resume(
        plan: Plan<'a>,
        mut engine: Box<dyn Engine + 'a>,
        checkpoint: Checkpoint,
    ) -> Result<Self, TrainError> {
        let Checkpoint { state, progress } = checkpoint;
        if (state.d, state.c) != (plan.d(), plan.options.concepts) {
            return Err(TrainError::Checkpoint(super::CheckpointError::OtherRun(format!(
                "it has size {} × {}, this run {} × {}",
                state.d,
                state.c,
                plan.d(),
                plan.options.concepts
            ))));
        }
        let mixed = state.mixture.as_ref().map(|mixture| (mixture.anchors, mixture.scale));
        if mixed != plan.hull.as_ref().map(|hull| (hull.len(), hull.scale)) {
            return Err(TrainError::Checkpoint(super::CheckpointError::OtherRun(
                "its dictionary is not mixed of the same anchors".into(),
            )));
        }
        engine.restore(&state).map_err(|failure| TrainError::Engine { step: progress.step, failure })?;
        let rows: Vec<usize> = plan.test.iter().map(|&row| row as usize).collect();
        let test = (!rows.is_empty()).then(|| plan.data.select(Axis(0), &rows));
        Ok(Self { plan, engine, progress, test })
    }

    /// The plan.
    pub fn plan(&self) -> &Plan<'a> {
        &self.plan
    }

    /// Whether [`Session::epoch`] has nothing more to do.
    pub fn is_done(&self) -> bool {
        self.progress.stopped || self.progress.epoch >= self.plan.options.epochs
    }

    /// How far it is.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Trains one epoch; `None` when all are done. `on_step` is called after every step.
    ///
    /// # Errors
    /// If the engine fails, or the loss or a weight is no longer finite.
    pub fn epoch(
        &mut self,
        on_step: &mut dyn FnMut(&StepReport),
    ) -> Result<Option<EpochMetrics>, TrainError> {
        if self.is_done() {
            return Ok(None);
        }
        let options = &self.plan.options;
        let epoch = self.progress.epoch + 1;
        let mut order = self.plan.train.clone();
        shuffle(&mut generator(options.seed, Purpose::Shuffle(epoch)), &mut order);
        let total = self.plan.steps_per_epoch() * u64::from(options.epochs);
        let (mut sse, mut aux, mut entries, mut steps) = (0.0, 0.0, 0u64, 0u32);
        let (mut last, mut rate) = (StepReport::default(), options.learning_rate);
        for rows in order.chunks(self.plan.batch()) {
            let step = self.progress.step;
            rate = learning_rate(options.schedule, options.learning_rate, step, total);
            last = self
                .engine
                .step(self.plan.data, rows, rate)
                .map_err(|failure| TrainError::Engine { step, failure })?;
            if !(last.sse.is_finite() && last.aux.is_finite()) {
                let what = "the loss".into();
                return Err(TrainError::Diverged { epoch, step: step + 1, what, learning_rate: rate });
            }
            sse += last.sse;
            aux += last.aux;
            entries += last.entries;
            steps += 1;
            self.progress.step += 1;
            on_step(&last);
        }
        self.progress.epoch = epoch;
        let resampled = self.resample(epoch)?;
        let test_r2 = match &self.test {
            Some(test) => {
                let state = checked_state(&mut *self.engine, &self.progress, rate)?;
                let weights = state
                    .to_weights(&self.plan.options)
                    .map_err(|e| TrainError::Embeddings(e.to_string()))?;
                Some(metrics::evaluate(&weights, test.view()).r2)
            }
            None => None,
        };
        let cells = order.len() as f64;
        let metrics = EpochMetrics {
            epoch,
            epochs: self.plan.options.epochs,
            step: self.progress.step,
            cells: order.len() as u64,
            loss: sse / (cells * self.plan.d() as f64),
            aux: aux / f64::from(steps),
            r2: 1.0 - sse / self.plan.spread,
            test_r2,
            l0: entries as f64 / cells,
            active: last.active,
            dead: last.dead,
            resampled,
            learning_rate: rate,
        };
        if let Some(early) = self.plan.options.early_stop {
            self.progress.remember(early, metrics.test_r2.unwrap_or(metrics.r2));
        }
        if self.is_done() {
            checked_state(&mut *self.engine, &self.progress, rate)?;
        }
        Ok(Some(metrics))
    }

    fn resample(&mut self, epoch: u32) -> Result<u32, TrainError> {
        let options = &self.plan.options;
        let Some(rule) = options.resample else { return Ok(0) };
        let before = f64::from(epoch) <= rule.until * f64::from(options.epochs);
        if !epoch.is_multiple_of(rule.every) || !before || epoch == options.epochs {
            return Ok(0);
        }
        let failed = |failure| TrainError::Engine { step: self.progress.step, failure };
        let mut state = self.engine.state().map_err(failed)?;
        let count = resample(&mut state, &self.plan, epoch)?;
        if count > 0 {
            self.engine.restore(&state).map_err(failed)?;
        }
        Ok(count)
    }

    /// Where it could go on from.
    ///
    /// # Errors
    /// If the engine fails or a weight is not finite.
    pub fn checkpoint(&mut self) -> Result<Checkpoint, TrainError> {
        let rate = self.plan.options.learning_rate;
        Ok(Checkpoint {
            state: checked_state(&mut *self.engine, &self.progress, rate)?,
            progress: self.progress.clone(),
        })
    }

    /// Anchors and mixtures of an archetypal dictionary; none of another.
    ///
    /// # Errors
    /// If the engine fails or a weight is not finite.
    pub fn archetypes(&mut self) -> Result<Option<Archetypes>, TrainError> {
        let state = checked_state(&mut *self.engine, &self.progress, self.plan.options.learning_rate)?;
        let Plan { hull, options, data, .. } = &self.plan;
        Ok(match (options.archetypal, hull, &state.mixture) {
            (Some(options), Some(hull), Some(mixture)) => {
                Some(Archetypes::new(options, hull, *data, mixture))
            }
            _ => None,
        })
    }

    /// The weights reached.
    ///
    /// # Errors
    /// If the engine fails or a weight is not finite.
    pub fn weights(&mut self) -> Result<SaeWeights, TrainError> {
        let state = checked_state(&mut *self.engine, &self.progress, self.plan.options.learning_rate)?;
        state.to_weights(&self.plan.options).map_err(|e| TrainError::Embeddings(e.to_string()))
    }
}

/// The engine's state, if all its weights are finite.
fn checked_state(
    engine: &mut dyn Engine,
    progress: &Progress,
    learning_rate: f64,
) -> Result<State, TrainError> {
    let &Progress { epoch, step, .. } = progress;
    let state = engine.state().map_err(|failure| TrainError::Engine { step, failure })?;
    match state.not_finite() {
        Some(name) => {
            Err(TrainError::Diverged { epoch, step, what: format!("a number in {name}"), learning_rate })
        }
        None => Ok(state),
    }
}
