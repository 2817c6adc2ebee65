//! Counterfactuals, occlusion attribution, gene rankings and deletion curves (equations 1 to 3 of the paper).
//!
//! | file | idea |
//! |---|---|
//! | `reader` | [`ConceptReader`]: one concept's activation from an embedding, before and after TopK |
//! | `changed` | [`ChangedCell`]: counts with some of them replaced |
//! | `perturb` | [`Perturb`]: embeddings of a cell after genes were swapped |
//! | `scvi` | [`ScviSwaps`]: the exact short cut for scVI and SCimilarity: swaps change the first layer only |
//! | `scaled` | a cell whose counts are scaled by their sum: genes of one count change alike |
//! | `occlusion` | [`attribute`]: swap one gene at a time, over all pairs of a concept |
//! | `ranking` | what is told of an attribution: order, spread, concentration |
//! | `deletion` | swap genes one after another |
//! | `parameters`, `detail`, `curves` | what is asked, and what a bundle holds of it |
//! | `naive` | the definition, gene by gene through the whole encoder: the reference of the tests |

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
mod scaled;
mod scvi;

pub use changed::{ChangedCell, differences};
pub use curves::{DeletionCurve, DeletionCurves, DeletionOrder};
pub use deletion::{DeletionOptions, GeneOrder, deletion_curves, random_order, summary};
pub use detail::{AttributionDetail, GeneAttribution};
pub use naive::occlusion as naive_occlusion;
pub use occlusion::{
    Attribution, ConceptCells, PairScores, PrototypeBase, SwapScore, attribute, cells_near, cells_of_concepts,
};
pub use parameters::{AttributionParameters, PrototypesFrom};
pub use perturb::{Perturb, PerturbError, Swaps};
pub use ranking::{GeneInfo, describe, order_by_score};
pub use reader::ConceptReader;
pub use scvi::ScviSwaps;
