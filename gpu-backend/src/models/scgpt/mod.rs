//! scGPT on a device: which genes a sequence holds, embeddings of cells, and of cells with genes swapped.
//!
//! | file | idea |
//! |---|---|
//! | `checkpoint` | what is published, and the vocabulary |
//! | `choice` | [`Sequences`]: the sequence rule and its genes, chosen for a data set |
//! | `prepared` | what a job knows of it |
//! | `model` | [`SequenceModel`]: batches of sequences through ONNX Runtime |
//! | `native` | [`NativePasses`]: cells near a prototype, by code of our own |
//! | `kept` | embeddings of swapped cells that are asked for again |
//! | `swaps` | [`ScgptSwapper`]: exact occlusion, identical passes shared |

mod checkpoint;
mod choice;
mod kept;
mod model;
mod native;
mod prepared;
mod swaps;

use std::path::Path;

use cellprism_core::embedding::card::{ModelCard, ModelKind};

use super::{ImportOptions, Kind, Model, Prepared, Request, Setting, Words, folder};
use crate::files::h5ad::H5ad;

pub use checkpoint::{import, vocabulary};
pub use choice::{Sequences, read_gene_list};
pub use model::SequenceModel;
pub use native::NativePasses;
pub use swaps::{ScgptSwapper, ScgptSwaps};

/// What the graph computes in.
const PRECISION: Setting = Setting {
    name: "precision",
    choices: &["float32", "float16"],
    help: "what the graph computes in; half precision embeds faster on a GPU, and is refused for scoring genes",
};

/// scGPT, under either naming of its attention weights.
#[derive(Clone, Copy, Debug)]
pub struct Scgpt;

impl Kind for Scgpt {
    fn words(&self) -> &'static Words {
        &Words {
            kind: ModelKind::Scgpt,
            about: "scGPT: a folder with best_model.pt, args.json and vocab.json",
            checkpoint: "an scGPT checkpoint",
            example: "scgpt scGPT_human --out model",
            settings: &[PRECISION],
        }
    }

    fn recognises(&self, path: &Path) -> bool {
        path.join("best_model.pt").exists()
            || (path.is_file() && path.file_name().is_some_and(|name| name == "best_model.pt"))
    }

    fn reads(&self, card: &ModelCard) -> usize {
        card.scgpt.as_ref().map_or(0, |sizes| sizes.vocabulary as usize)
    }

    fn import(&self, asked: &ImportOptions) -> anyhow::Result<ModelCard> {
        let read = import(&asked.checkpoint)?;
        let read =
            if asked.settings.get(&PRECISION) == Some("float16") { read.in_half_precision()? } else { read };
        folder::write(read, &asked.out)
    }

    fn prepare(
        &self,
        model: Model,
        cells: &mut H5ad,
        request: &Request<'_>,
    ) -> anyhow::Result<Box<dyn Prepared>> {
        let sequences = Sequences::choose(&model, cells, request)?;
        Ok(Box::new(prepared::PreparedScgpt { model, sequences }))
    }
}
