//! Geneformer on a device: sequences of genes by rank, embeddings of cells, and of cells with genes swapped.
//!
//! | file | idea |
//! |---|---|
//! | `checkpoint` | what is published, and the dictionary |
//! | `genes` | [`Ranks`]: the dictionary's genes found in a data set |
//! | `prepared` | what a job knows of it |
//! | `model` | [`RankModel`]: sequences through ONNX Runtime |
//! | `swaps` | [`GeneformerSwapper`]: exact occlusion, one pass for every sequence that is another |

mod checkpoint;
mod genes;
mod model;
mod prepared;
mod swaps;

use std::path::Path;

use cellprism_core::embedding::card::{ModelCard, ModelKind, Pooling};
use cellprism_onnx::geneformer::Reading;

use super::{ImportOptions, Kind, Model, Prepared, Request, Setting, Words, folder};
use crate::files::h5ad::H5ad;

pub use checkpoint::{dictionary, import};
pub use genes::Ranks;
pub use model::RankModel;
pub use swaps::{GeneformerSwapper, GeneformerSwaps};

/// What becomes of a sequence's vectors.
const POOLING: Setting = Setting {
    name: "pooling",
    choices: &["cls", "mean"],
    help: "a cell's embedding: the vector of <cls>, or the mean over its genes",
};
/// Which layer is read.
const LAYER: Setting = Setting {
    name: "layer",
    choices: &["-1", "0"],
    help: "the layer that is read, as Geneformer counts them: -1 the last but one, 0 the last",
};

/// Geneformer, a BERT of genes by rank.
#[derive(Clone, Copy, Debug)]
pub struct Geneformer;

impl Kind for Geneformer {
    fn words(&self) -> &'static Words {
        &Words {
            kind: ModelKind::Geneformer,
            about: "Geneformer: a folder with model.safetensors, config.json, token_dictionary.pkl and gene_median_dictionary.pkl, and \
         gene_name_id_dict.pkl for symbols where it is there",
            checkpoint: "a Geneformer checkpoint",
            example: "geneformer Geneformer-V2-104M --pooling mean --out model",
            settings: &[POOLING, LAYER],
        }
    }

    fn recognises(&self, path: &Path) -> bool {
        checkpoint::is_there(path)
    }

    fn reads(&self, card: &ModelCard) -> usize {
        card.geneformer.as_ref().map_or(0, |sizes| sizes.vocabulary as usize)
    }

    fn import(&self, asked: &ImportOptions) -> anyhow::Result<ModelCard> {
        let pooling = match asked.settings.get(&POOLING) {
            Some("mean") => Pooling::Mean,
            _ => Pooling::Cls,
        };
        let layer = if asked.settings.get(&LAYER) == Some("0") { 0 } else { -1 };
        folder::write(import(&asked.checkpoint, Reading { pooling, layer })?, &asked.out)
    }

    fn prepare(
        &self,
        model: Model,
        cells: &mut H5ad,
        request: &Request<'_>,
    ) -> anyhow::Result<Box<dyn Prepared>> {
        request.sequence.are_not_for(&model)?;
        let ranks = Ranks::find(&model, cells, request)?;
        Ok(Box::new(prepared::PreparedGeneformer { model, ranks }))
    }
}
