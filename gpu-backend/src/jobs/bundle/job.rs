//! What is asked for.

use std::path::PathBuf;

use anyhow::bail;
use cellprism_core::{bundle::Parameters, limits};
use serde::{Deserialize, Serialize};

use crate::{jobs::inputs::pairs, models::SequenceOptions, runtime::Place};

/// Inputs, output and parameters of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Job {
    /// Cells with raw counts (.h5ad).
    pub cells: PathBuf,
    /// Model folder, or a checkpoint folder.
    pub model: PathBuf,
    /// Folder of a dictionary that is described instead of a newly trained one.
    pub sae: Option<PathBuf>,
    /// Gene set libraries.
    pub gene_sets: Vec<PathBuf>,
    /// Gene tables: aliases, identifiers, descriptions.
    pub gene_info: Vec<PathBuf>,
    /// Bundle to write.
    pub out: PathBuf,
    /// Replace a bundle that is there already.
    pub overwrite: bool,
    /// What a model of sequences reads.
    pub sequence: SequenceOptions,
    /// Score genes through a model of half precision all the same.
    pub force_precision: bool,
    /// Where the model runs.
    pub place: Place,
    /// Metadata columns, the primary one first; all usable ones where empty.
    pub labels: Vec<String>,
    /// Accept counts that are not whole numbers.
    pub allow_non_integer: bool,
    /// Short name of the bundle.
    pub name: Option<String>,
    /// Title of the bundle.
    pub title: Option<String>,
    /// Typical inactive cells compared with each prototype; chosen by what a swap costs where nothing is said.
    pub typical: Option<u32>,
    /// Concepts of a random dictionary, and shuffled ones, read for comparison; chosen by what a swap costs likewise.
    pub calibration: Option<u32>,
    /// Parameters as asked for; 0 in `sae.concepts`, `sae.active`, `sae.epochs` and `specificity.min_cells` means
    /// "choose by the data". Those of `sae` mean nothing where a dictionary is given.
    pub parameters: Parameters,
}

impl Job {
    /// Refuses parameters that make no sense.
    ///
    /// # Errors
    /// Says which to change.
    pub fn check(&self) -> anyhow::Result<()> {
        let Parameters { sae, specificity, attribution, enrichment, reading, .. } = &self.parameters;
        pairs(attribution.prototypes as usize, attribution.counterfactuals as usize)?;
        limits::PERMUTATIONS_OF_CONCEPTS.check("--permutations", enrichment.permutations)?;
        let held_out = reading.as_ref().map_or(0, |reading| reading.held_out);
        limits::FURTHER_CELLS.check("--held-out", held_out)?;
        limits::FURTHER_CELLS.check("--typical", self.typical.unwrap_or_default())?;
        limits::CALIBRATION.check("--calibration", self.calibration.unwrap_or_default())?;
        if self.sae.is_none() {
            // 0 means "choose by the data".
            limits::CONCEPTS.check("--concepts", sae.concepts.max(1))?;
            limits::ACTIVE.check("--active", sae.active.max(1))?;
            limits::EPOCHS.check("--epochs", sae.epochs.max(1))?;
        }
        if self.sae.is_none() && !(sae.learning_rate.is_finite() && sae.learning_rate > 0.0) {
            bail!("--learning-rate {} is not a number above 0", sae.learning_rate);
        }
        limits::SET_SIZE.check("--min-size", enrichment.min_size)?;
        limits::SET_SIZE.check("--max-size", enrichment.max_size)?;
        limits::MIN_CELLS.check("--min-cells", specificity.min_cells)?;
        if enrichment.min_size > enrichment.max_size {
            bail!("--min-size {} is larger than --max-size {}", enrichment.min_size, enrichment.max_size);
        }
        Ok(())
    }
}
