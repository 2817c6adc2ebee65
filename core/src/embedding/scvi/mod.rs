//! scVI in plain Rust, so that the page can run it too: counts to an embedding, an embedding to expected counts.
//! SCimilarity's encoder is of the same build and runs here, too.
//!
//! Hidden layer: linear, batch normalisation by running statistics (folded to a scale and a shift), ReLU (for SCimilarity
//! with a slope below zero).
//! Arithmetic is f32 in a fixed order (see [`super::dense`]).
//!
//! | file | idea |
//! |---|---|
//! | `layers` | layers and how they are read from a file |
//! | `encoder` | [`ScviEncoder`]: counts to the mean of q(z\|x) |
//! | `decoder` | [`ScviDecoder`]: latent values to the share of each gene |

mod decoder;
mod encoder;
mod layers;

pub use decoder::ScviDecoder;
#[cfg(test)]
pub(crate) use decoder::tests::small_decoder;
#[cfg(test)]
pub(crate) use encoder::tests::random_encoder;
pub use encoder::{ActiveCovariates, ScviEncoder};
pub use layers::{EncoderError, HiddenLayer};
