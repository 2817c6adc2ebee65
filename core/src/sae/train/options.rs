//! Options of a training and their defaults.

use serde::{Deserialize, Serialize};

use super::{Archetypal, TrainError};
use crate::limits::{self, Limit};

/// Options of a training. Everything that the weights depend on, besides the embeddings, is here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainOptions {
    /// c.
    pub concepts: usize,
    /// k: candidates per cell.
    pub active: usize,
    /// Passes over the training cells.
    pub epochs: u32,
    /// Cells per step; the last batch of an epoch may be smaller.
    pub batch: usize,
    /// Adam's learning rate, [`LEARNING_RATE`] by default.
    pub learning_rate: f64,
    /// How the learning rate changes.
    pub schedule: Schedule,
    /// Seed of initialisation, shuffles, split and resampling.
    pub seed: u64,
    /// Most dead concepts per cell that rebuild the residual; by default 512, at most c/2.
    pub aux_k: Option<usize>,
    /// Weight of the auxiliary loss; 0 switches it off.
    pub aux_coefficient: f64,
    /// Cells without activation after which a concept is dead; by default ten epochs.
    pub dead_window: Option<u64>,
    /// Whether b_dec exists: starts at the mean of the cells, is subtracted before encoding, and is trained.
    pub decoder_bias: bool,
    /// Largest Euclidean norm of all gradients together (after the part along dictionary rows is removed).
    pub clip: Option<f64>,
    /// When to stop before the last epoch.
    pub early_stop: Option<EarlyStop>,
    /// Whether and when dead concepts start anew.
    pub resample: Option<Resample>,
    /// Dictionary rows as mixtures of cells instead of unit rows; for the native engine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archetypal: Option<Archetypal>,
    /// Whether the dictionary stays at its random start and only the encoder and b_dec learn: the baseline of claims about
    /// what training finds; for the native engine.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub frozen_decoder: bool,
    /// Cells that are not trained on, only measured.
    pub test: Split,
    /// How products and sums are rounded.
    pub arithmetic: Arithmetic,
    /// Adam's decay of the gradient.
    pub beta1: f64,
    /// Adam's decay of the squared gradient.
    pub beta2: f64,
    /// Adam's floor of the root of the squared gradient.
    pub epsilon: f64,
}

/// How the learning rate changes over the steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// It does not.
    #[default]
    Constant,
    /// Rises in equal steps over the first share of all steps, then falls along half a cosine to a share of itself.
    Cosine {
        /// Share of all steps that it rises, from 0 to below 1.
        warmup: f64,
        /// Last learning rate over the highest, from 0 to 1.
        floor: f64,
    },
}

/// When to stop before the last epoch: R² (of the test cells, where there are any) has not risen for some epochs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EarlyStop {
    /// Epochs without a rise.
    pub patience: u32,
    /// Smallest rise of R² that counts.
    pub rise: f64,
}

/// Dead concepts start anew in the direction of residuals of badly rebuilt cells.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Resample {
    /// After every so many epochs …
    pub every: u32,
    /// … but not after this share of all epochs.
    pub until: f64,
}

/// Cells kept apart for measuring.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// None.
    #[default]
    None,
    /// A seeded random share.
    Fraction(f64),
    /// These rows, for instance all cells of some donors.
    Rows(Vec<u32>),
}

/// How products and sums are rounded. Every sum has the same fixed order in both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Arithmetic {
    /// Product and sum rounded once: fast where the processor has the instruction (x86-64 since 2013, every ARM64),
    /// the same bits but slow where it does not.
    Fused,
    /// Product and sum rounded each: the same bits in the browser, which has no fused instruction.
    Portable,
}

impl Default for Arithmetic {
    fn default() -> Self {
        if cfg!(target_arch = "wasm32") { Self::Portable } else { Self::Fused }
    }
}

/// Adam's learning rate by default. The paper's 5e-5 to 5e-4 need more steps than the default epochs give: on small data
/// they leave R² up to a tenth lower.
pub const LEARNING_RATE: f64 = 1e-3;
/// Cells per step by default.
pub const BATCH: usize = 1024;
/// Weight of the auxiliary loss by default.
pub const AUX_COEFFICIENT: f64 = 1.0 / 32.0;

impl TrainOptions {
    /// The defaults for c concepts with k active ones per cell; `epochs` as [`default_epochs`] gives it or as wished.
    pub fn new(concepts: usize, active: usize, epochs: u32) -> Self {
        Self {
            concepts,
            active,
            epochs,
            batch: BATCH,
            learning_rate: LEARNING_RATE,
            schedule: Schedule::Constant,
            seed: 0,
            aux_k: None,
            aux_coefficient: AUX_COEFFICIENT,
            dead_window: None,
            decoder_bias: true,
            clip: None,
            early_stop: None,
            resample: None,
            archetypal: None,
            frozen_decoder: false,
            test: Split::None,
            arithmetic: Arithmetic::default(),
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
        }
    }

    /// aux_k with its default filled in; 0 where the auxiliary loss is off.
    pub fn aux_k(&self) -> usize {
        if self.aux_coefficient == 0.0 {
            return 0;
        }
        self.aux_k.unwrap_or_else(|| 512.min(self.concepts / 2))
    }

    /// Bytes that training n embeddings of size d with the native engine needs at most, the embeddings included:
    /// weights with their moments and one other copy, and twice the first when a checkpoint is written.
    pub fn memory(&self, n: u64, d: u64) -> u64 {
        let (c, d_padded) = (self.concepts as u64, d.next_multiple_of(16));
        let matrices = c.saturating_mul(d_padded).saturating_mul(4 * 21);
        let dead_columns = (self.batch.min(usize::try_from(n).unwrap_or(usize::MAX)) as u64)
            .saturating_mul(c)
            .saturating_mul(4);
        let mixtures = self.archetypal.map_or(0, |archetypal| {
            let anchors = (archetypal.anchors as u64).saturating_add(32);
            let rows = c.saturating_mul(anchors.saturating_add(d_padded)).saturating_mul(4 * 11);
            rows.saturating_add(anchors.saturating_mul(d_padded).saturating_mul(4 * 6))
        });
        let embeddings = n.saturating_mul(d).saturating_mul(4);
        embeddings.saturating_add(matrices).saturating_add(dead_columns).saturating_add(mixtures)
    }

    /// Checks every option that does not depend on the embeddings.
    ///
    /// # Errors
    /// The first that makes no sense.
    pub fn validate(&self) -> Result<(), TrainError> {
        let wrong = |option, problem: String| Err(TrainError::Option { option, problem });
        let within = |option, limit: Limit, value: usize| {
            limit.check("", value).map_err(|_| {
                let problem = format!("{value} is not from {} to {}: {}", limit.least, limit.most, limit.why);
                TrainError::Option { option, problem }
            })
        };
        within("concepts", limits::CONCEPTS, self.concepts)?;
        if self.active == 0 || self.active > self.concepts {
            return wrong(
                "active",
                format!(
                    "{} active concepts per cell, but it must be from 1 to the {} concepts",
                    self.active, self.concepts
                ),
            );
        }
        within("active", limits::ACTIVE, self.active)?;
        within("epochs", limits::EPOCHS, self.epochs as usize)?;
        within("batch", limits::BATCH, self.batch)?;
        if !(self.learning_rate > 0.0 && self.learning_rate <= 1.0) {
            return wrong(
                "learning-rate",
                format!(
                    "{} is not above 0 and at most 1; 1e-3 is usual, 5e-5 to 5e-4 in the paper",
                    self.learning_rate
                ),
            );
        }
        if let Schedule::Cosine { warmup, floor } = self.schedule {
            if !(0.0..1.0).contains(&warmup) {
                return wrong("warmup", format!("{warmup} is not from 0 to below 1"));
            }
            if !(0.0..=1.0).contains(&floor) {
                return wrong("floor", format!("{floor} is not from 0 to 1"));
            }
        }
        if self.aux_k.is_some_and(|k| k > self.concepts) {
            return wrong("aux-k", format!("more than the {} concepts", self.concepts));
        }
        if !(self.aux_coefficient >= 0.0 && self.aux_coefficient.is_finite()) {
            return wrong("aux-coefficient", format!("{} is not a number from 0", self.aux_coefficient));
        }
        if self.dead_window == Some(0) {
            return wrong("dead-window", "0 cells: every concept would be dead".into());
        }
        if self.clip.is_some_and(|clip| !(clip > 0.0 && clip.is_finite())) {
            return wrong("clip", "not a number above 0".into());
        }
        if let Some(EarlyStop { patience, rise }) = self.early_stop
            && (patience == 0 || !(0.0..1.0).contains(&rise))
        {
            return wrong("early-stop", "patience is at least 1 and the rise from 0 to below 1".into());
        }
        if let Some(Resample { every, until }) = self.resample
            && (every == 0 || !(0.0..=1.0).contains(&until))
        {
            return wrong("resample", "at least one epoch apart, until a share from 0 to 1".into());
        }
        if let Some(Archetypal { anchors, relaxation, .. }) = self.archetypal {
            within("archetypal", limits::ANCHORS, anchors)?;
            if !(relaxation >= 0.0 && relaxation.is_finite()) {
                return wrong("relaxation", format!("{relaxation} is not a number from 0"));
            }
            if self.frozen_decoder {
                return wrong("frozen-decoder", "archetypal dictionary rows are what is learned".into());
            }
            if self.resample.is_some() {
                return wrong(
                    "resample",
                    "residuals lie outside the cells' hull, where archetypal dictionary rows may not go"
                        .into(),
                );
            }
        }
        if self.frozen_decoder && self.resample.is_some() {
            return wrong("resample", "a dictionary that stays as it is has no concept to start anew".into());
        }
        if let Split::Fraction(share) = self.test
            && !(0.0..1.0).contains(&share)
        {
            return wrong("test-fraction", format!("{share} is not from 0 to below 1"));
        }
        for (option, beta) in [("beta1", self.beta1), ("beta2", self.beta2)] {
            if !(0.0..1.0).contains(&beta) {
                return wrong(option, format!("{beta} is not from 0 to below 1"));
            }
        }
        if !(self.epsilon > 0.0 && self.epsilon.is_finite()) {
            return wrong("epsilon", format!("{} is not a number above 0", self.epsilon));
        }
        Ok(())
    }
}

/// Fewest passes by default.
const LEAST_EPOCHS: u32 = 20;
/// Most passes by default: below 3,000 cells of a batch of 1,024 there are fewer than three steps in each.
const MOST_EPOCHS: u32 = 1400;

/// Epochs that give about 4,000 steps, but at least 20 and at most 1,400.
pub fn default_epochs(cells: usize, batch: usize) -> u32 {
    let steps = cells.div_ceil(batch.max(1)).max(1);
    u32::try_from(4000usize.div_ceil(steps)).unwrap_or(MOST_EPOCHS).clamp(LEAST_EPOCHS, MOST_EPOCHS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_data_get_their_steps_by_more_passes() {
        let epochs = |cells| default_epochs(cells, BATCH);
        assert_eq!([100, 2638, 20_000, 1_000_000].map(epochs), [1400, 1334, 200, 20]);
    }
}
