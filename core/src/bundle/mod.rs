//! The bundle: the only thing that passes between the parts. The backend writes it, the static site and
//! the command line read it, and it is a plain folder of documented files.
//!
//! | file | type |
//! |---|---|
//! | `manifest.json` | [`Manifest`] |
//! | `files.json` | [`Files`]: size and SHA-256 of every file that the manifest does not list itself |
//! | `cells/metadata.json` | [`CellMetadata`]; the codes are in `cells/metadata.safetensors`, one `u16` tensor a column, named by it |
//! | `cells/numbers.NN.safetensors` | `codes` u16 `[n]`, a measurement; scale in [`CellMetadata::numbers`]; of a large bundle's first cells `cells/numbers.NN.first.safetensors` |
//! | `cells/umap.safetensors` | `xy` u16 [n, 2], quantised; scale in [`CellMetadata::umap`] |
//! | `cells/ids.json` | list of cell names, in row order |
//! | `concepts/index.json` | [`ConceptIndex`] |
//! | `concepts/NNNN.json` | [`ConceptDetail`] |
//! | `concepts/NNNN.safetensors` | `cells` u32 `[j]`, `activations` f32 `[j]`, `scores` f32 `[m]`, `scores_pre_topk` f32 `[m]`, `top_genes` u32 `[g]`, `pair_scores` f32 `[g, pairs]`, and where computed `log2_fold_change`, `p_value` f32 `[m]` |
//! | `samples/NNNN.safetensors` | counts of prototypes and counterfactuals, CSR in model gene order: `cells` u32 `[q]`, `indptr` u32 `[q+1]`, `indices` u16 or u32, `values` u16 or f32; and `prototypes` u32 `[p]`, `counterfactuals` u32 `[p, nc]`, positions in `cells`, nearest first, `u32::MAX` where there are fewer |
//! | `samples/neurons/NNNN.safetensors` | the same of a neuron, where the embedding has at most 128 dimensions |
//! | `genes/index.json` | [`GeneIndex`] |
//! | `cells/first.safetensors`, `cells/first.NN.safetensors`, `concepts/first.json.gz`, `neurons/first.json.gz`, `genes/first.json.gz`, `concepts/NNNN.q8.safetensors`, `concepts/NNNN.first.safetensors` | of a large bundle, what a page loads first: [`FirstView`], [`FirstMap`], [`FirstCodes`], [`FirstIndex`], [`FirstGenes`], [`FirstActivations`], [`FirstConcept`]; everything in them is complete and exact elsewhere |
//! | `genes/expression.NNNN.safetensors` | [`Expression`]: counts of the model's genes, some genes a file, up to a number of counts ([`ExpressionFiles`]) |
//! | `genes/descriptions.NN.json` | map from symbol to [`GeneDescription`] |
//! | `gene_sets/<library>.json` | [`GeneSetFile`] |
//! | `sae/` | SAELens layout |
//! | `model/` | `model.json` (preprocessing card), `encoder.safetensors` and `decoder.safetensors` (scVI only) |
//! | `evaluation/evaluation.json` | [`EvaluationIndex`]: tables, claims, figures beside it, where `cellprism evaluate` put them there |
//! | `evaluation/metrics.json` | [`SaeMetricsRow`] list: Table 3 of the paper |
//!
//! `NNNN` is the concept's number, at least four digits: [`concept_stem`].
//!
//! Every kind of file is written and read by [`File`]; `path` says where it is:
//!
//! ```
//! use cellprism_core::bundle::{File, GeneIndex, path};
//!
//! let genes = GeneIndex { symbols: vec!["CD79A".into()], ..GeneIndex::default() };
//! let bytes = genes.to_bytes()?;
//! assert_eq!(GeneIndex::from_bytes(path::GENE_INDEX, &bytes)?.symbols, ["CD79A"]);
//!
//! let error = GeneIndex::from_bytes(path::GENE_INDEX, b"{}").expect_err("no genes");
//! assert!(error.to_string().starts_with("genes/index.json: missing field"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod cell_codes;
mod cell_map;
mod cell_metadata;
mod cell_names;
mod cell_numbers;
mod cells;
mod checking;
mod concept;
mod concept_arrays;
mod concept_index;
mod concept_row;
mod dictionary;
mod embeddings;
mod evaluation;
mod expression;
mod file;
mod files;
mod first;
mod gene_descriptions;
mod gene_index;
mod gene_sets;
#[cfg(feature = "schema")]
mod json_schema;
mod ladder;
mod list;
mod manifest;
mod metrics;
mod model;
pub mod opening;
mod parameters;
pub mod path;
mod provenance;
mod reading;
mod samples;
mod tensors;
pub mod verify;
mod version;

pub use cell_codes::CellCodes;
pub use cell_map::CellMap;
pub use cell_metadata::{CellMetadata, MapScale, MetadataColumn};
pub use cell_names::CellNames;
pub use cell_numbers::{MOST_NUMBERS, NumberColumn};
pub use concept::{ConceptDetail, Counterfactual, Prototype, concept_stem};
pub use concept_arrays::{ConceptArrays, read_activations};
pub use concept_index::ConceptIndex;
pub use concept_row::{ConceptRow, GeneScore};
pub use embeddings::{EMBEDDINGS_TENSOR, Embeddings};
pub use evaluation::{EvaluationFile, EvaluationFileKind, EvaluationIndex};
pub use expression::{Expression, ExpressionFiles};
pub use file::{File, JsonFile, ReadError, WriteError};
pub use files::{FileEntry, Files};
pub use first::{
    FirstActivations, FirstCodes, FirstConcept, FirstGenes, FirstIndex, FirstMap, FirstView, MOST_FIRST,
};
pub use gene_descriptions::{GeneDescription, GeneDescriptions};
pub use gene_index::GeneIndex;
#[cfg(feature = "schema")]
pub use json_schema::json_schemas;
pub use ladder::{Ladder, LadderRung};
pub use list::{BUNDLE_LIST, BUNDLES, BundleEntry, BundleList, bundle_folder};
pub use manifest::{Counts, Manifest, ModelSummary};
pub use metrics::{Metrics, SaeMetricsRow};
pub use parameters::{Parameters, SaeParameters, TrainingEngine};
pub use provenance::{Input, InputRole, Software, Source, Stage, StageName};
pub use reading::*;
pub use samples::{NEURON_SAMPLES, NEURON_SAMPLES_SINCE, Samples, neuron_samples_kept};
pub use tensors::{TensorError, Tensors, read_f32, read_f64, read_u8, read_u16, read_u32};
pub use version::{SCHEMA_NAME, SCHEMA_VERSION, SchemaVersion};

// What the methods give and a bundle holds, with them where they are computed.
pub use crate::{
    attribution::{
        AttributionDetail, AttributionParameters, DeletionCurve, DeletionCurves, DeletionOrder,
        GeneAttribution, PrototypesFrom,
    },
    cells::GeneAudit,
    concepts::{ColumnSpecificity, ConceptClass, LabelCount, Related, SpecificLabel, SpecificityParameters},
    embedding::card::ModelKind,
    gsea::{
        Convention, EnrichmentDetail, EnrichmentParameters, GeneSetFile, LabelChoice, LabelNull,
        LabelStrength, PathwayLabel, SetResult,
    },
    maybe::Maybe,
};
