//! What models share that read the counts of a fixed gene list.
//!
//! | file | idea |
//! |---|---|
//! | `graph` | an ONNX graph that is fed counts |
//! | `native` | the page's code, for encoders of linear layers |
//! | `swaps` | exact occlusion through a graph |

mod graph;
mod native;
mod swaps;

use anyhow::{anyhow, bail};
use cellprism_core::{
    cells::{CountMatrix, GeneMap, GeneNames, looks_like_mouse, map_genes},
    embedding::card::{CovariateError, ModelCard},
};

use super::{Embed, Model, Request};
use crate::{files::h5ad::H5ad, work::shards::Shard};

pub use graph::{Graph, fill_row, run_dense};
pub use native::{ENCODER, NativeEncoder, NativeSwapper};
pub use swaps::{GraphSwapper, GraphSwaps};

/// Values that one batch may hold, so that memory stays bounded for any number of genes.
const BATCH_VALUES: usize = 2 << 20;

/// Embeddings of counts in a model's gene order.
pub trait Encode: Send {
    /// Row-major `[cells, latent]`; `one_hot` are the cells' active covariate columns.
    ///
    /// # Errors
    /// If the device fails, or the counts do not fit the model.
    fn encode(&mut self, counts: &CountMatrix, one_hot: &[Vec<u32>]) -> anyhow::Result<Vec<f32>>;

    /// ONNX Runtime's name of the execution provider, or "native".
    fn provider(&self) -> &'static str;

    /// Version of ONNX Runtime, where it is what computes.
    fn runtime(&self) -> Option<String>;
}

/// Embeds cells of a file.
pub struct CountEmbedder<'a> {
    /// What computes.
    pub encode: Box<dyn Encode + 'a>,
    /// What the model reads and gives.
    pub card: &'a ModelCard,
    /// The model's genes in the data.
    pub map: &'a GeneMap,
    /// Active covariate columns of all cells.
    pub one_hot: &'a [Vec<u32>],
}

impl Embed for CountEmbedder<'_> {
    fn rows(&self) -> usize {
        (BATCH_VALUES / self.card.genes.len().max(1)).clamp(1, 4096)
    }

    fn embed(&mut self, counts: &CountMatrix, start: usize, done: &dyn Fn(u64)) -> anyhow::Result<Shard> {
        let matched = self.map.matched_counts(counts);
        let counts = self.map.apply(counts);
        let one_hot = self.one_hot.get(start..start + counts.rows).unwrap_or(&[]);
        let values = self.encode.encode(&counts, one_hot)?;
        done(counts.rows as u64);
        Ok(Shard { values, counts: matched, ..Shard::default() })
    }

    fn provider(&self) -> &'static str {
        self.encode.provider()
    }

    fn runtime(&self) -> Option<String> {
        self.encode.runtime()
    }
}

/// The model's genes in the data.
///
/// # Errors
/// If there is none, or no cell.
pub fn shared_genes(model: &Model, cells: &H5ad, request: &Request<'_>) -> anyhow::Result<GeneMap> {
    let map = map_genes(&model.card.genes, cells.genes(), request.aliases);
    if map.found() == 0 {
        bail!(
            "{} and the model share no gene: the model reads for instance {:?}, the file has {:?}; are both symbols, or both \
             Ensembl identifiers? A column \"feature_name\" in var is read too{}",
            request.path.display(),
            model.card.genes.iter().take(3).collect::<Vec<_>>(),
            cells.genes().index.iter().take(3).collect::<Vec<_>>(),
            mouse_hint(cells.genes(), &model.card.genes)
        );
    }
    if cells.is_empty() {
        bail!("{} has no cell", request.path.display());
    }
    Ok(map)
}

/// Words for mouse symbols met by a model of human ones; none otherwise.
pub fn mouse_hint(data: &GeneNames, model: &[String]) -> &'static str {
    if looks_like_mouse(&data.symbols) && !looks_like_mouse(model) {
        ". The file's look like mouse symbols, the model's do not: name each gene by its human orthologue first, or take a \
         model of mouse cells"
    } else {
        ""
    }
}

/// Active one-hot columns of each cell; empty where the encoder reads no covariate.
///
/// # Errors
/// As [`covariates`].
pub fn encoder_covariates(card: &ModelCard, cells: &H5ad) -> anyhow::Result<Vec<Vec<u32>>> {
    if card.encode_covariates { covariates(card, cells) } else { Ok(Vec::new()) }
}

/// Active one-hot columns of each cell, as a decoder reads them; empty where the model knows no covariate.
///
/// # Errors
/// If a covariate's column is missing from the cells, or a cell has a category that the model does not know.
pub fn covariates(card: &ModelCard, cells: &H5ad) -> anyhow::Result<Vec<Vec<u32>>> {
    card.one_hot(cells.len(), cells.columns()).map_err(|error| match error {
        CovariateError::Column { name, categories } => anyhow!(
            "the model reads the covariate {name:?}, which the cells do not have: add obs[{name:?}] with values of {categories:?}"
        ),
        CovariateError::Label { cell, name, label, categories } => {
            anyhow!("cell {:?} has {name} {label:?}; the model knows {categories:?}", cells.names()[cell])
        }
    })
}
