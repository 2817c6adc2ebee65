//! What is done for each task: what the command line does, too.

use anyhow::{Context as _, bail};
use serde_json::Value;

use super::{Task, interactive, lines::Lines, look};
use crate::{
    jobs::{bundle, import},
    work::digest,
};

/// Does a task.
///
/// # Errors
/// Whatever was wrong with its inputs, or failed on the way.
pub fn done(task: Task, lines: &Lines) -> anyhow::Result<Value> {
    Ok(match task {
        Task::Run { job, cells } => {
            if digest::of_file(&job.cells)? != cells {
                bail!(
                    "{} has changed, or was damaged, since it became a dataset: make a dataset of it anew",
                    job.cells.file_name().unwrap_or_default().display()
                );
            }
            serde_json::to_value(bundle::run(&job, lines)?)?
        }
        Task::LookAtCells { file, models } => serde_json::to_value(look::at_cells(&file, &models)?)?,
        Task::LookAtGeneSets { file } => serde_json::to_value(look::at_gene_sets(&file)?)?,
        Task::Encode { subject, cells } => interactive::encode(&subject, cells)?,
        Task::Explain { subject, concept, cell, counterfactuals } => {
            interactive::explain(&subject, concept, cell, counterfactuals)?
        }
        Task::Enrich { asked } => interactive::enriched(*asked, lines)?,
        Task::Steer { subject, options } => interactive::steered(&subject, *options, lines)?,
        Task::Import { kind, options } => {
            let card = import::run(&kind, &options)?;
            serde_json::to_value(card.name).context("a card")?
        }
    })
}
