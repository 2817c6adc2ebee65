//! What is asked of a worker, and what it tells.

use std::path::PathBuf;

use cellprism_core::cells::GeneAudit;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    jobs::{bundle::Job, enrich, steer},
    models::{ImportOptions, SequenceOptions},
    runtime::Place,
};

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case")]
pub enum Task {
    /// The whole job, as `cellprism run` does it.
    Run {
        /// What `run` is asked for.
        job: Box<Job>,
        /// Digest that the cells must still have.
        cells: String,
    },
    /// Look at cells.
    LookAtCells {
        /// The file.
        file: PathBuf,
        /// Models whose genes are looked for in it.
        models: Vec<ModelToMatch>,
    },
    /// Look at gene sets.
    LookAtGeneSets {
        /// The file.
        file: PathBuf,
    },
    /// Import a checkpoint.
    Import {
        /// The kind's name.
        kind: String,
        /// Checkpoint and folder.
        options: ImportOptions,
    },
    /// Activations of cells.
    Encode {
        /// The bundle.
        subject: Subject,
        /// Their counts.
        cells: SentCounts,
    },
    /// Why a cell activates a concept.
    Explain {
        /// The bundle.
        subject: Subject,
        /// The concept.
        concept: u32,
        /// The cell's place in the bundle.
        cell: u32,
        /// How many cells it is compared with.
        counterfactuals: u32,
    },
    /// A ranking tested.
    Enrich {
        /// The ranking and how.
        asked: Box<RankingAsked>,
    },
    /// A concept set to another value.
    Steer {
        /// The bundle.
        subject: Subject,
        /// How; paths are filled in.
        options: Box<steer::Options>,
    },
}

/// A bundle with what computed it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Subject {
    /// The bundle's folder.
    pub bundle: PathBuf,
    /// The model's own folder, or nothing where the bundle holds all that is needed.
    pub model: Option<PathBuf>,
    /// What a model of sequences read.
    pub sequence: SequenceOptions,
    /// The cells of the bundle, where they are here.
    pub cells: Option<PathBuf>,
    /// Whether counts need not be whole numbers.
    pub allow_non_integer: bool,
    /// Where the model runs.
    pub place: Place,
}

/// Cells as they are sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SentCounts {
    /// Names of genes: symbols or Ensembl identifiers.
    pub genes: Vec<String>,
    /// A row of counts for each cell, as long as `genes`.
    pub counts: Vec<Vec<f32>>,
    /// Metadata by column, a label for each cell: covariates that an encoder reads.
    pub columns: Vec<(String, Vec<String>)>,
}

/// A ranking to be tested.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RankingAsked {
    /// Genes and scores.
    pub ranking: Vec<(String, f64)>,
    /// What `cellprism enrich` is told; its paths are filled in.
    pub options: enrich::Options,
    /// Libraries: the names of their files, and where these are.
    pub libraries: Vec<(String, PathBuf)>,
}

/// A model and its folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelToMatch {
    /// Its name in addresses.
    pub id: String,
    /// Its folder.
    pub folder: PathBuf,
}

/// What a worker tells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "told", rename_all = "snake_case")]
pub enum Told {
    /// A stage begins.
    Begin {
        /// Its name.
        stage: String,
        /// Its steps.
        total: u64,
        /// What a step is.
        unit: String,
    },
    /// So many steps of the stage are done.
    Done {
        /// Steps.
        done: u64,
    },
    /// A line for people.
    Say {
        /// The line.
        line: String,
    },
    /// The task is done.
    Finished {
        /// What came out.
        result: Value,
    },
    /// The task cannot be done.
    Failed {
        /// What is wrong, where, and what to do.
        error: String,
    },
}

/// What cells are, as a dataset tells it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// Number of cells.
    pub cells: u64,
    /// Number of measured genes.
    pub genes: u64,
    /// Where the counts are in the file.
    pub counts: String,
    /// Metadata columns that can be used.
    pub columns: Vec<SeenColumn>,
    /// Columns that cannot, with the reason.
    pub skipped_columns: Vec<(String, String)>,
    /// How the genes of each model are found in these cells.
    pub gene_audit: Vec<SeenGenes>,
    /// Digest of the file.
    pub sha256: String,
}

/// A metadata column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenColumn {
    /// Its name.
    pub name: String,
    /// Different labels in it.
    pub labels: u64,
}

/// The genes of a model in cells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeenGenes {
    /// The model's name in addresses.
    pub model: String,
    /// How they were matched; shares are those of the cells that were read.
    pub genes: Option<GeneAudit>,
    /// Why the model cannot be used with these cells.
    pub problem: Option<String>,
}

/// What a library of gene sets is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenGeneSets {
    /// Number of sets.
    pub sets: u64,
    /// Different genes in them.
    pub genes: u64,
    /// Digest of the file.
    pub sha256: String,
}
