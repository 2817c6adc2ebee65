//! The bundle: the only thing that passes between the parts. The backend writes it, the static site and
//! the command line read it, and it is a plain folder of documented files.
//!
//! | file | type |
//! |---|---|
//! | `manifest.json` | [`Manifest`] |
//! | `files.json` | [`Files`]: size and SHA-256 of every file that the manifest does not list itself |
//! | `cells/metadata.json` | [`CellMetadata`]; the codes are in `cells/metadata.safetensors`, one `u16` tensor a column, named by it |
//! | `cells/umap.safetensors` | `xy` u16 [n, 2], quantised; scale in [`CellMetadata::umap`] |
//! | `cells/ids.json` | list of cell names, in row order |
//! | `concepts/index.json` | [`ConceptIndex`] |
//! | `concepts/NNNN.json` | [`ConceptDetail`] |
//! | `concepts/NNNN.safetensors` | `cells` u32 `[j]`, `activations` f32 `[j]`, `scores` f32 `[m]`, `scores_pre_topk` f32 `[m]`, `top_genes` u32 `[g]`, `pair_scores` f32 `[g, pairs]`, and where computed `log2_fold_change`, `p_value` f32 `[m]` |
//! | `samples/NNNN.safetensors` | counts of prototypes and counterfactuals, CSR in model gene order: `cells` u32 `[q]`, `indptr` u32 `[q+1]`, `indices` u16 or u32, `values` u16 or f32; and `prototypes` u32 `[p]`, `counterfactuals` u32 `[p, nc]`, positions in `cells`, nearest first, `u32::MAX` where there are fewer |
//! | `genes/index.json` | [`GeneIndex`] |
//! | `genes/descriptions.NN.json` | map from symbol to [`GeneDescription`] |
//! | `gene_sets/<library>.json` | [`GeneSetFile`] |
//! | `sae/` | SAELens layout |
//! | `model/` | `model.json` (preprocessing card), `encoder.safetensors` and `decoder.safetensors` (scVI only) |
//! | `evaluation/metrics.json` | [`SaeMetricsRow`] list: Table 3 of the paper |
//!
//! `NNNN` is the concept's number, at least four digits: [`concept_stem`].

mod dictionary;
mod list;
pub mod path;
mod read;
mod reading;
mod schema;
mod tensors;
pub mod verify;

pub use dictionary::{Ladder, LadderRung};
pub use list::{BUNDLE_LIST, BundleEntry};
pub use read::{ReadError, read_json, read_manifest};
pub use reading::*;
pub use schema::*;
pub use tensors::{TensorError, Tensors, read_f32, read_f64, read_u16, read_u32};
