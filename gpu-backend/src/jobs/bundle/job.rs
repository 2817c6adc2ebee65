//! What is asked for.

use std::path::PathBuf;

use cellprism_core::bundle::Parameters;

use crate::{
    cli::{precision::PrecisionArgs, sequence::SequenceArgs},
    runtime::Device,
};

/// Inputs, output and parameters of a run.
#[derive(Clone, Debug)]
pub struct Job {
    /// Cells with raw counts (.h5ad).
    pub cells: PathBuf,
    /// Model folder, or a checkpoint folder of scvi-tools or scGPT.
    pub model: PathBuf,
    /// Folder of a dictionary that is described instead of a newly trained one.
    pub sae: Option<PathBuf>,
    /// Gene set libraries.
    pub gene_sets: Vec<PathBuf>,
    /// Gene tables: aliases, identifiers, descriptions.
    pub gene_info: Vec<PathBuf>,
    /// Bundle to write.
    pub out: PathBuf,
    /// What scGPT reads of a cell.
    pub sequence: SequenceArgs,
    /// Whether genes are scored through a model of half precision.
    pub precision: PrecisionArgs,
    /// Where the model runs.
    pub device: Device,
    /// ONNX Runtime library, where given.
    pub onnxruntime: Option<PathBuf>,
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
    /// No progress on stderr.
    pub quiet: bool,
}
