//! Counterfactuals, occlusion attribution, gene rankings and deletion curves (equations 1 to 3 of the paper).
//!
//! | file | idea |
//! |---|---|
//! | `reader` | [`ConceptReader`]: one concept's activation from an embedding, before and after TopK |
//! | `changed` | [`ChangedCell`]: counts with some of them replaced |
//! | `perturb` | [`Perturb`]: embeddings of a cell after genes were swapped |
//! | `scvi` | [`ScviSwaps`]: the exact short cut for scVI and SCimilarity: swaps change the first layer only |
//! | `occlusion` | [`attribute`]: swap one gene at a time, over all pairs of a concept |
//! | `screened` | [`Screened`]: the gradient first, then swaps of the leading genes and of a random sample |
//! | `ranking` | what is told of an attribution: order, spread, concentration |
//! | `deletion` | swap genes one after another |
//! | `parameters`, `detail`, `curves` | what is asked, and what a bundle holds of it |
//! | `naive` | the definition, gene by gene through the whole encoder: the reference of the tests |
//!
//! From embeddings and a dictionary to the genes of a concept:
//!
//! ```
//! use cellprism_core::{
//!     attribution::{ConceptReader, DeletionOptions, DeletionOrder, GeneOrder, ScviSwaps, attribute,
//!         cells_of_concepts, deletion_curves, order_by_score},
//!     bundle::Tensors, cells::CountMatrix, concepts::Activations, embedding::scvi::ScviEncoder, ids::ConceptId,
//!     sae::{SaeConfig, SaeWeights},
//! };
//! use ndarray::{Array1, array};
//!
//! // a model that reads two genes and gives one dimension: more CD79A, more of it
//! let mut file = Tensors::default();
//! file.f32("layers.0.weight", &[2, 2], [1.0, 0.0, 0.0, 1.0]);
//! for (name, value) in [("bias", 0.0), ("scale", 1.0), ("shift", 0.0)] {
//!     file.f32(&format!("layers.0.{name}"), &[2], [value; 2]);
//! }
//! file.f32("mean.weight", &[1, 2], [1.0, 0.0]);
//! file.f32("mean.bias", &[1], [0.0]);
//! file.metadata("card", r#"{"format": 1, "kind": "scvi", "name": "tiny", "genes": ["CD79A", "LYZ"],
//!     "latent": 1, "preprocessing": "log1p", "log1p": true, "precision": "float32"}"#);
//! let encoder = ScviEncoder::from_safetensors(&file.to_bytes()?)?;
//! let counts = CountMatrix::from_dense(3, 2, &[7.0, 1.0, 0.0, 3.0, 0.0, 9.0])?;
//! let embeddings = encoder.encode(&counts, &[])?;
//!
//! // a dictionary of one concept
//! let one = array![[1.0f32]];
//! let sae = SaeWeights { config: SaeConfig::new(1, 1, 1)?, w_enc: one.clone(), b_enc: Array1::zeros(1),
//!     w_dec: one, b_dec: Array1::zeros(1) };
//! let codes = sae.encode(embeddings.view());
//! let activations = Activations::from_codes(3, 1, codes.k, &codes.indices, &codes.values);
//!
//! // the most active cell, the nearest cell without the concept, one gene at a time
//! let concept = ConceptId(0);
//! let cells = cells_of_concepts(&activations, &[concept], embeddings.view(), &[1], |_| {}).remove(0);
//! let model = ScviSwaps::new(&encoder, &counts, &[])?;
//! let reader = ConceptReader::of(&sae);
//! let found = attribute(&model, &reader, concept, &cells, 1)?;
//! assert!(found.scores[0] > 2.0 && found.scores[1] == 0.0);
//!
//! // and in that order one after another
//! let order = GeneOrder { name: DeletionOrder::Attribution, genes: order_by_score(&found.scores) };
//! let curves = deletion_curves(&model, &reader, concept, &cells, &[order], DeletionOptions::default())?;
//! assert_eq!(curves.curves[0].mean, [1.0, 0.0, 0.0]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod changed;
mod curves;
mod deletion;
mod detail;
mod naive;
mod occlusion;
mod parameters;
mod perturb;
mod ranking;
mod reader;
mod screened;
mod scvi;

pub use changed::{ChangedCell, differences};
pub use curves::{DeletionCurve, DeletionCurves, DeletionOrder};
pub use deletion::{DeletionOptions, GeneOrder, deletion_curves, random_order, summary};
pub use detail::{AttributionDetail, GeneAttribution, ScreenOutcome};
pub use naive::occlusion as naive_occlusion;
pub use occlusion::{
    Attribution, ConceptCells, PairScores, PrototypeBase, SwapScore, attribute, cells_near, cells_of_concepts,
};
pub use parameters::{AttributionParameters, PrototypesFrom, Screening};
pub use perturb::{Perturb, PerturbError, Swaps};
pub use ranking::{GeneInfo, describe, order_by_score};
pub use reader::ConceptReader;
pub use screened::{CONFIDENCE, Screened, together};
pub use scvi::ScviSwaps;
