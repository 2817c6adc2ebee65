//! Geneformer on a device: sequences of genes by rank, embeddings of cells, and of cells with genes swapped.
//!
//! | file | idea |
//! |---|---|
//! | `import` | the published files, found in their folder |
//! | `genes` | [`Ranks`]: the dictionary's genes found in a data set |
//! | `model` | [`RankModel`]: sequences through ONNX Runtime |
//! | `embed` | cells through the model, some at a time |
//! | `swaps` | [`GeneformerSwaps`]: exact occlusion, one pass for every sequence that is another |

mod embed;
mod genes;
mod import;
mod model;
mod swaps;

pub use embed::RankEmbedder;
pub use genes::Ranks;
pub use import::import;
pub use model::RankModel;
pub use swaps::GeneformerSwaps;
