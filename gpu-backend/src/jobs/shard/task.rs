//! A stage or a share of one: what it needs, what it leaves, and what it is thought to take.

use cellprism_core::bundle::path;
use serde::{Deserialize, Serialize};

use crate::{
    jobs::bundle::{
        calibration,
        codes::CODES,
        dictionary, embedding, map,
        work::{BUNDLE, rows},
    },
    work::share::Share,
};

/// The task that comes last.
pub const MERGE: &str = "merge";

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Counts of a share of the cells are brought where any can be fetched.
    Read,
    /// A share of the cells is embedded.
    Embed,
    /// The embeddings are put together, and a dictionary is trained on them.
    Train,
    /// The cells are placed on a map.
    Map,
    /// A share of the cells is encoded: which concepts they activate.
    Activate,
    /// A share of the concepts is described.
    Describe,
    /// A share of the neurons is described.
    Neurons,
    /// Concepts that mean nothing are read.
    Calibrate,
    /// The bundle is put together.
    Merge,
}

impl Stage {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Embed => "embed",
            Self::Train => "train",
            Self::Map => "map",
            Self::Activate => "activate",
            Self::Describe => "describe",
            Self::Neurons => "neurons",
            Self::Calibrate => "calibrate",
            Self::Merge => MERGE,
        }
    }

    /// Whether it is cut into shares.
    pub fn is_cut(self) -> bool {
        matches!(self, Self::Read | Self::Embed | Self::Activate | Self::Describe | Self::Neurons)
    }

    /// Files and folders that it leaves in its work folder.
    pub fn leaves(self) -> Vec<String> {
        let named = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        match self {
            Self::Read => named(&[embedding::COUNTS]),
            Self::Embed => named(&[embedding::PARTS, embedding::BY]),
            Self::Train => {
                named(&[embedding::EMBEDDINGS, embedding::NOTE, dictionary::WEIGHTS, dictionary::TRAINED])
            }
            Self::Map => named(&[map::STAGE]),
            Self::Activate => named(&[CODES]),
            Self::Describe | Self::Neurons => vec![rows(self.folder()), BUNDLE.to_owned()],
            Self::Calibrate => named(&[calibration::KEPT]),
            Self::Merge => Vec::new(),
        }
    }

    /// The folder in the bundle that it describes.
    pub fn folder(self) -> &'static str {
        if self == Self::Neurons { path::NEURONS } else { path::CONCEPTS }
    }
}

/// One task of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// Its name, for instance `embed-2-of-8`.
    pub id: String,
    /// What is done.
    pub stage: Stage,
    /// Which share of it.
    #[serde(flatten)]
    pub share: Share,
    /// Names of the tasks whose results it reads.
    pub needs: Vec<String>,
    /// Folder of its result, from that of the plan; nothing for the last one, which writes the bundle.
    pub result: Option<String>,
    /// What it is thought to take.
    #[serde(flatten)]
    pub takes: Takes,
}

/// What a task is thought to take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Takes {
    /// Cores that it makes use of.
    pub cores: u32,
    /// Memory at most, in MiB.
    pub memory_mb: u64,
    /// Devices.
    pub gpus: u32,
    /// Seconds at most: a limit to give to a scheduler.
    pub seconds: u64,
}

/// The name of a task.
pub fn name(stage: Stage, share: Share) -> String {
    if stage.is_cut() { format!("{}-{share}", stage.name()) } else { stage.name().to_owned() }
}
