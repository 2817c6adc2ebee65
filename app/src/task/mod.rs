//! Work for the worker, and what it says. The functions are those that the backend calls, so they also run natively.

pub mod compare;
pub mod files;
pub mod recompute;
pub mod samples;
pub mod steer;
pub mod train;

use cellprism_core::{sae::train::EpochMetrics, steering::SteeredConcept};
use serde::{Deserialize, Serialize};

pub use files::Files;

/// Work for the worker.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Job {
    /// Recompute a concept's readings; files as [`recompute::Request::files`] says.
    Recompute(Box<recompute::Request>),
    /// Set a concept to another value; files as [`steer::Request::files`] says.
    Steer(Box<steer::Request>),
    /// Compare two dictionaries; files as [`compare`] says.
    Compare(compare::Request),
    /// Train a dictionary; files as [`train`] says.
    Train(Box<train::Request>),
}

/// What the worker says: any number of the first two, then one of the others.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// Share done, 0 to 1.
    Progress(f64),
    /// An epoch of a training is over.
    Epoch(Box<EpochMetrics>),
    /// The readings.
    Recomputed(Box<recompute::Answer>),
    /// What steering changed.
    Steered(Box<SteeredConcept>),
    /// Pairs of two dictionaries.
    Compared(Box<compare::Answer>),
    /// The dictionary, with the files of [`train::SAID`].
    Trained(Box<train::Answer>),
    /// Why there is no answer.
    Failed(String),
}

/// Does a job and gives the last thing to say, with its files; `say` hears what comes before.
pub fn run(job: &Job, files: &Files, say: &mut dyn FnMut(Said)) -> (Said, Files) {
    let answer =
        match job {
            Job::Recompute(request) => {
                let mut progress = by_percent(say);
                recompute::run(request, files, &mut progress)
                    .map(|answer| (Said::Recomputed(Box::new(answer)), Files::default()))
            }
            Job::Steer(request) => {
                steer::run(request, files).map(|answer| (Said::Steered(Box::new(answer)), Files::default()))
            }
            Job::Compare(request) => compare::run(request, files)
                .map(|answer| (Said::Compared(Box::new(answer)), Files::default())),
            Job::Train(request) => train::run(request, files, say)
                .map(|(answer, files)| (Said::Trained(Box::new(answer)), files)),
        };
    answer.unwrap_or_else(|why| (Said::Failed(why), Files::default()))
}

/// Says how far it is, once a percent.
fn by_percent(say: &mut dyn FnMut(Said)) -> impl FnMut(f64) {
    let mut told = 0.0;
    move |share| {
        if share - told >= 0.01 {
            told = share;
            say(Said::Progress(share));
        }
    }
}
