//! What is asked for.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::jobs::bundle::Job;

/// A run to cut.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Options {
    /// The run.
    pub job: Job,
    /// Where the plan and all results go.
    pub folder: PathBuf,
    /// Shares that reading, embedding, activations and descriptions are each cut into.
    pub shares: u32,
    /// Cores that a task is given.
    pub cores: u32,
}

/// Tasks to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunOptions {
    /// The plan's file.
    pub plan: PathBuf,
    /// Names of tasks; all but the last, which merges, where empty.
    pub tasks: Vec<String>,
}
