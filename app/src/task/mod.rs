//! Work for the worker, and what it says. The functions are those that the backend calls, so they also run natively.

pub mod compare;
pub mod dictionary;
pub mod files;
pub mod occlude;
pub mod own;
pub mod place;
pub mod recompute;
pub mod samples;
pub mod steer;
pub mod train;

use cellprism_core::{sae::train::EpochMetrics, steering::SteeredConcept};
use serde::{Deserialize, Serialize};

pub use files::Files;
pub use place::Place;

/// Work for the worker.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Job {
    /// Recompute a concept's readings; files as [`recompute::Request::files`] says.
    Recompute(Box<recompute::Request>),
    /// Swap genes that the reader names; files as [`occlude::Request::files`] says.
    Occlude(occlude::Request),
    /// Set a concept to another value; files as [`steer::Request::files`] says.
    Steer(Box<steer::Request>),
    /// Compare two dictionaries; files as [`compare`] says.
    Compare(compare::Request),
    /// Train a dictionary; files as [`train`] says.
    Train(Box<train::Request>),
    /// Read the reader's own cells or embeddings; files as [`own::Request::files`] says.
    Own(Box<own::Request>),
    /// Test a ranking of the reader's own.
    Rank(Box<own::ranking::Request>),
}

/// What the worker says: any number of the first three, then one of the others.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// Share done, 0 to 1.
    Progress(f64),
    /// An epoch of a training is over.
    Epoch(Box<EpochMetrics>),
    /// How far the reader's own data are.
    Own(Box<own::Step>),
    /// The readings.
    Recomputed(Box<recompute::Answer>),
    /// What is left once genes are swapped.
    Occluded(occlude::Answer),
    /// What steering changed.
    Steered(Box<SteeredConcept>),
    /// Pairs of two dictionaries.
    Compared(Box<compare::Answer>),
    /// The dictionary, with the files of [`train::SAID`].
    Trained(Box<train::Answer>),
    /// What is active in the reader's own cells.
    OwnRead(Box<own::Answer>),
    /// The sets of the reader's own ranking.
    Ranked(Box<own::ranking::Answer>),
    /// Why there is no answer.
    Failed(String),
}

impl Said {
    /// Whether more is to come.
    pub fn is_on_the_way(&self) -> bool {
        matches!(self, Self::Progress(_) | Self::Epoch(_) | Self::Own(_))
    }
}

/// Does a job and gives the last thing to say, with its files; `place` hears what comes before.
pub fn run(job: &Job, files: &Files, place: &mut dyn Place) -> (Said, Files) {
    let say = &mut |said| place.say(said);
    let answer =
        match job {
            Job::Recompute(request) => {
                let mut progress = by_percent(say);
                recompute::run(request, files, &mut progress)
                    .map(|answer| (Said::Recomputed(Box::new(answer)), Files::default()))
            }
            Job::Occlude(request) => {
                occlude::run(request, files).map(|answer| (Said::Occluded(answer), Files::default()))
            }
            Job::Steer(request) => {
                steer::run(request, files).map(|answer| (Said::Steered(Box::new(answer)), Files::default()))
            }
            Job::Compare(request) => compare::run(request, files)
                .map(|answer| (Said::Compared(Box::new(answer)), Files::default())),
            Job::Train(request) => train::run(request, files, say)
                .map(|(answer, files)| (Said::Trained(Box::new(answer)), files)),
            Job::Own(request) => own::run(request, files, place)
                .map(|answer| (Said::OwnRead(Box::new(answer)), Files::default())),
            Job::Rank(request) => own::ranking::run(request, files, place)
                .map(|answer| (Said::Ranked(Box::new(answer)), Files::default())),
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
