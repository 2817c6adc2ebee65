//! How far a training is.

use serde::{Deserialize, Serialize};

use super::EarlyStop;

/// How far a training is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Epochs done.
    pub epoch: u32,
    /// Steps done.
    pub step: u64,
    /// Highest R² so far, for early stopping.
    pub best: Option<f64>,
    /// Epochs since then.
    pub waited: u32,
    /// Whether early stopping has ended it.
    pub stopped: bool,
}

impl Progress {
    /// Notes an epoch's R² for early stopping.
    pub(super) fn remember(&mut self, early: EarlyStop, r2: f64) {
        if self.best.is_none_or(|best| r2 > best + early.rise) {
            self.best = Some(r2);
            self.waited = 0;
        } else {
            self.waited += 1;
            self.stopped = self.waited >= early.patience;
        }
    }
}
