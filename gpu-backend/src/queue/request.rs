//! The options of `cellprism run` over HTTP: the same names, with `_` for `-`, and the same defaults.

use std::path::PathBuf;

use cellprism_core::{
    attribution::Screening,
    bundle::{
        AttributionParameters, EnrichmentParameters, LabelChoice, Parameters, PrototypesFrom,
        ReadingParameters, SaeParameters, SpecificityParameters,
    },
    embedding::scgpt::SequenceRule,
    sae::train::{LEARNING_RATE, TrainOptions},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    jobs::bundle::Job,
    models::SequenceOptions,
    runtime::{Device, Place},
};

/// A job: everything but `dataset`, `model` and `gene_sets` may be left out, and is then as `cellprism run` has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JobRequest {
    /// Id of a dataset
    pub dataset: String,
    /// Id of a model
    pub model: String,
    /// Ids of gene set libraries
    #[serde(default)]
    pub gene_sets: Vec<String>,
    /// Concepts in the dictionary; chosen by the data where nothing is said
    #[serde(default)]
    #[schema(minimum = 1)]
    pub concepts: Option<u32>,
    /// Active concepts per cell (concepts / 62.5, at least 3)
    #[serde(default)]
    #[schema(minimum = 1)]
    pub active: Option<u32>,
    /// Passes over the cells; as many as give 4,000 steps, from 20 to 1,400, where nothing is said
    #[serde(default)]
    #[schema(minimum = 1)]
    pub epochs: Option<u32>,
    /// Adam's learning rate
    #[serde(default = "learning_rate")]
    pub learning_rate: f64,
    /// Seed of training, and of the cells that sizes are tried on
    #[serde(default)]
    #[schema(minimum = 0)]
    pub seed: u64,
    /// Metadata columns, the one that names cells first; all with several labels where empty
    #[serde(default)]
    pub labels: Vec<String>,
    /// Fewest active cells of a concept that is classified (100; 20 where there are fewer than 10,000 cells)
    #[serde(default)]
    #[schema(minimum = 0)]
    pub min_cells: Option<u32>,
    /// Most active cells of each concept
    #[serde(default = "ten")]
    #[schema(minimum = 1)]
    pub prototypes: u32,
    /// Counterfactuals of each prototype
    #[serde(default = "three")]
    #[schema(minimum = 1)]
    pub counterfactuals: u32,
    /// Swap every gene, or only those that the gradient puts first and a random sample of the others
    #[serde(default)]
    pub attribution: Attribution,
    /// With `attribution` screened: genes of each concept whose estimates are largest
    #[serde(default = "leading")]
    #[schema(minimum = 0)]
    pub leading: u32,
    /// With `attribution` screened: genes drawn among the others
    #[serde(default = "sample")]
    #[schema(minimum = 0)]
    pub sample: u32,
    /// Which active cells are prototypes
    #[serde(default)]
    pub prototypes_from: PrototypeChoice,
    /// What is read of a concept
    #[serde(default)]
    pub reading: ReadingChoice,
    /// Further prototypes on which carried genes are counted
    #[serde(default = "ten")]
    #[schema(minimum = 0)]
    pub held_out: u32,
    /// Typical inactive cells that each prototype is compared with (10; 0 through models of sequences)
    #[serde(default)]
    #[schema(minimum = 0)]
    pub typical: Option<u32>,
    /// Concepts of a random dictionary that are read for comparison (20; 0 through models of sequences)
    #[serde(default)]
    #[schema(minimum = 0)]
    pub calibration: Option<u32>,
    /// Permutations of the enrichment analysis
    #[serde(default = "permutations")]
    #[schema(minimum = 1)]
    pub permutations: u32,
    /// Fewest ranked genes of a gene set
    #[serde(default = "min_size")]
    #[schema(minimum = 0)]
    pub min_size: u32,
    /// Most ranked genes of a gene set
    #[serde(default = "max_size")]
    #[schema(minimum = 0)]
    pub max_size: u32,
    /// Which gene set is a concept's label
    #[serde(default)]
    pub label_by: LabelBy,
    /// Describe the embedding's own dimensions, too
    #[serde(default)]
    pub neurons: bool,
    /// Describe only so many concepts, those with most active cells
    #[serde(default)]
    #[schema(minimum = 1)]
    pub describe: Option<u32>,
    /// scGPT: `fixed-hvg` or `nonzero`
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub sequence: Option<SequenceRule>,
    /// scGPT: how many highly variable genes (1200)
    #[serde(default)]
    #[schema(minimum = 1, maximum = 20000)]
    pub variable_genes: Option<u32>,
    /// Score genes through a model of half precision all the same
    #[serde(default)]
    pub force_precision: bool,
    /// Accept counts that are not whole numbers
    #[serde(default)]
    pub allow_non_integer: bool,
    /// `cpu`, `cuda` or `cuda:N`, one of those that the server offers
    #[serde(default)]
    #[schema(value_type = String)]
    pub device: Device,
    /// Short name of the bundle
    #[serde(default)]
    pub name: Option<String>,
    /// Title of the bundle
    #[serde(default)]
    pub title: Option<String>,
}

/// How genes are scored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Attribution {
    /// Every gene is swapped.
    #[default]
    Exact,
    /// The gradient is asked first.
    Screened,
}

/// Which active cells are prototypes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PrototypeChoice {
    /// The most active ones.
    #[default]
    Top,
    /// One from each tenth of their activations.
    Spread,
}

/// What is read of a concept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ReadingChoice {
    /// Everything.
    #[default]
    Full,
    /// The paper's numbers alone.
    Paper,
}

/// What decides on a label.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum LabelBy {
    /// The highest ES of small p.
    #[default]
    Es,
    /// The highest NES of small p.
    Nes,
    /// The highest NES of a false-discovery rate up to 0.25.
    Fdr,
}

fn learning_rate() -> f64 {
    LEARNING_RATE
}

fn three() -> u32 {
    3
}

fn ten() -> u32 {
    10
}

fn leading() -> u32 {
    Screening::default().leading
}

fn sample() -> u32 {
    Screening::default().sample
}

fn permutations() -> u32 {
    1000
}

fn min_size() -> u32 {
    15
}

fn max_size() -> u32 {
    500
}

/// What makes no sense, and what to change.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub String);

/// A job's files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    /// Cells.
    pub cells: PathBuf,
    /// Model folder.
    pub model: PathBuf,
    /// Gene sets.
    pub gene_sets: Vec<PathBuf>,
    /// Bundle to write.
    pub out: PathBuf,
    /// ONNX Runtime library, where one is named.
    pub library: Option<PathBuf>,
}

impl JobRequest {
    /// What `run` does for it with these files.
    ///
    /// # Errors
    /// If a parameter makes no sense.
    pub fn job(self, files: Files) -> Result<Job, Refused> {
        if [self.concepts, self.active, self.epochs, self.describe].contains(&Some(0)) {
            return Err(Refused("concepts, active, epochs and describe must be at least 1".into()));
        }
        let screening = Screening { leading: self.leading, sample: self.sample, ..Screening::default() };
        let job = Job {
            parameters: Parameters {
                sae: SaeParameters {
                    concepts: self.concepts.unwrap_or(0),
                    active: self.active.unwrap_or(0),
                    epochs: self.epochs.unwrap_or(0),
                    learning_rate: self.learning_rate,
                    seed: self.seed,
                    aux_k: 512,
                    ..SaeParameters::of(&TrainOptions::new(1, 1, 1))
                },
                specificity: SpecificityParameters {
                    min_cells: self.min_cells.unwrap_or(0),
                    ..SpecificityParameters::default()
                },
                attribution: AttributionParameters {
                    prototypes: self.prototypes,
                    counterfactuals: self.counterfactuals,
                    prototypes_from: match self.prototypes_from {
                        PrototypeChoice::Top => PrototypesFrom::Top,
                        PrototypeChoice::Spread => PrototypesFrom::Spread,
                    },
                    screening: (self.attribution == Attribution::Screened).then_some(screening),
                    ..AttributionParameters::default()
                },
                enrichment: EnrichmentParameters {
                    permutations: self.permutations,
                    min_size: self.min_size,
                    max_size: self.max_size,
                    label: match self.label_by {
                        LabelBy::Es => LabelChoice::Es,
                        LabelBy::Nes => LabelChoice::Nes,
                        LabelBy::Fdr => LabelChoice::Fdr,
                    },
                    ..EnrichmentParameters::default()
                },
                neurons: self.neurons,
                describe: self.describe,
                reading: (self.reading == ReadingChoice::Full)
                    .then(|| ReadingParameters { held_out: self.held_out, ..ReadingParameters::default() }),
            },
            cells: files.cells,
            model: files.model,
            sae: None,
            gene_sets: files.gene_sets,
            gene_info: Vec::new(),
            out: files.out,
            overwrite: false,
            sequence: SequenceOptions {
                sequence: self.sequence,
                genes: None,
                variable_genes: self.variable_genes,
            },
            force_precision: self.force_precision,
            place: Place { device: self.device, library: files.library },
            labels: self.labels,
            typical: self.typical,
            calibration: self.calibration,
            allow_non_integer: self.allow_non_integer,
            name: self.name,
            title: self.title,
        };
        job.check().map_err(|error| Refused(format!("{error:#}")))?;
        Ok(job)
    }
}
