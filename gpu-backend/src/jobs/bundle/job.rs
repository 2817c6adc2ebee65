//! What is asked for.

use std::path::PathBuf;

use anyhow::bail;
use cellprism_core::bundle::Parameters;
use serde::{Deserialize, Serialize};

use crate::{models::SequenceOptions, runtime::Place};

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
        let Parameters { sae, attribution, enrichment, .. } = &self.parameters;
        if attribution.prototypes == 0 || attribution.counterfactuals == 0 {
            bail!("--prototypes and --counterfactuals must be at least 1");
        }
        if self.sae.is_none() && !(sae.learning_rate.is_finite() && sae.learning_rate > 0.0) {
            bail!("--learning-rate {} is not a number above 0", sae.learning_rate);
        }
        if enrichment.permutations == 0 || enrichment.min_size > enrichment.max_size {
            bail!("--permutations must be at least 1, and --min-size at most --max-size");
        }
        Ok(())
    }
}
