//! TopK sparse autoencoders: weights, encode, decode, training and metrics.
//!
//! With embeddings x [n, d], c concepts and k active ones per cell:
//!
//! ```text
//! pre = (x − b_dec) · W_enc + b_enc      (b_dec is subtracted only where `apply_b_dec_to_input` says so)
//! u   = ReLU(TopK(pre, k))               (exactly k candidates, ties to the lowest index)
//! x̂   = u · W_dec + b_dec
//! ```
//!
//! | file | what |
//! |---|---|
//! | `config` | `cfg.json` of the SAELens layout |
//! | `weights` | `sae_weights.safetensors` of the SAELens layout |
//! | `topk` | the k largest of a row |
//! | `linear` | the one dense product, in portable and in fused arithmetic |
//! | `encode` | activations and reconstructions |
//! | `metrics` | three definitions of R², active concepts, sparsity |
//! | `matching` | one-to-one pairs of the concepts of two dictionaries |
//! | `consensus` | concepts that come back from other seeds |
//! | `origin` | which concepts are dead, and of which model's embeddings: what a dictionary says about itself |
//! | `size` | how many concepts, from the data |
//! | `neurons` | the embedding's own dimensions as a dictionary |
//! | `random` | a dictionary that was never trained, the baseline of claims |
//! | `train` | the trainer |
//! | `semi_nmf` | the baseline |

mod config;
pub mod consensus;
mod encode;
mod linear;
pub mod matching;
pub mod metrics;
mod neurons;
mod origin;
mod random;
pub mod semi_nmf;
pub mod size;
mod topk;
pub mod train;
mod weights;

pub use config::{ConfigError, SaeConfig};
pub use encode::{Codes, Encoder};
pub use origin::{Origin, SourceModel, UnfitError};
pub use random::random_dictionary;
pub use weights::{SaeWeights, WeightsError};
