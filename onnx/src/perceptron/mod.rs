//! Networks of linear layers with batch normalisation: what scVI's and SCimilarity's have in common.
//!
//! | file | idea |
//! |---|---|
//! | `weights` | layers read from a state dictionary, batch normalisation as a scale and a shift |
//! | `graph` | the same layers as ONNX operators, batch normalisation folded in f64 |

mod graph;
mod weights;

pub(crate) use graph::{covariates, hidden, linear, log1p};
pub(crate) use weights::{Layer, Linear, batch_norm, named};
