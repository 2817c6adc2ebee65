//! What is asked for.

use std::{fs, path::PathBuf};

use anyhow::{bail, ensure};
use serde::{Deserialize, Serialize};

use crate::{runtime::Place, work::target};

/// Bundles, where their inputs lie, and how much is computed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Folders of bundles; of two or more it is asked what they share.
    pub bundles: Vec<PathBuf>,
    /// Folder to write.
    pub out: PathBuf,
    /// Replace what is there already under that name.
    pub overwrite: bool,
    /// Cells (.h5ad) among which those of the bundles are found by their checksums.
    pub cells: Vec<PathBuf>,
    /// Model folders among which those of the bundles are found; a bundle of scVI holds what is needed itself.
    pub models: Vec<PathBuf>,
    /// Gene tables that the bundles were made with, where they were.
    pub gene_info: Vec<PathBuf>,
    /// Gene sets (GMT) with the marker genes of labels, each named like its label.
    pub markers: Vec<PathBuf>,
    /// The cells are simulated: score what is recovered of the planted programs.
    pub truth: bool,
    /// Where copies of the bundles go that hold the report.
    pub into_bundle: Option<PathBuf>,
    /// Seed of everything that is drawn.
    pub seed: u64,
    /// Items of each baseline whose genes and labels are read through the model, the strongest ones; chosen by what a swap
    /// costs where nothing is said.
    pub items: Option<u32>,
    /// Trainings of the same dictionary with other seeds.
    pub seeds: u32,
    /// Tables that are left out, by name.
    pub skip: Vec<String>,
    /// Where the model runs.
    pub place: Place,
}

impl Options {
    /// Refuses what makes no sense.
    ///
    /// # Errors
    /// Says what to change.
    pub fn check(&self, tables: &[&str]) -> anyhow::Result<()> {
        ensure!(!self.bundles.is_empty(), "no bundle is given");
        if let Some(unknown) = self.skip.iter().find(|name| !tables.contains(&name.as_str())) {
            bail!("--skip {unknown}: there is no such table; there are {}", tables.join(", "));
        }
        if let Some(copy) = &self.into_bundle {
            let taken = copy.exists() && !fs::read_dir(copy).is_ok_and(|mut there| there.next().is_none());
            ensure!(!taken, "--into-bundle {}: it exists already; choose another name", copy.display());
        }
        Ok(())
    }

    /// Refuses to write over anything, unless asked to.
    ///
    /// # Errors
    /// If something is there already.
    pub fn check_out(&self) -> anyhow::Result<()> {
        if self.overwrite {
            return target::replaces(&self.out, "evaluation.json", "report");
        }
        let taken =
            self.out.exists() && !fs::read_dir(&self.out).is_ok_and(|mut there| there.next().is_none());
        ensure!(
            !taken,
            "{} exists already: choose another name, or replace it with --overwrite",
            self.out.display()
        );
        Ok(())
    }
}
