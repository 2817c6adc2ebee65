//! Embedding: the card of a model, the encoders of scVI and SCimilarity in plain Rust, and nearest cells in embedding space.
//!
//! | file | idea |
//! |---|---|
//! | `card` | what a model reads and gives |
//! | `dense` | a linear layer over many rows, the same bits on every machine |
//! | `scvi` | [`scvi::ScviEncoder`], [`scvi::ScviDecoder`]: counts to an embedding and back |
//! | [`geneformer`] | what Geneformer reads of a cell: tokens by falling rank |
//! | [`scgpt`] | what scGPT reads of a cell: tokens, bins, both sequence rules |
//! | `nearest` | nearest cells in embedding space, exact |
//! | [`transformer`] | a transformer on the processor, and sequences with some tokens exchanged |

pub mod card;
pub mod dense;
pub mod geneformer;
pub mod nearest;
pub mod scgpt;
pub mod scvi;
pub mod transformer;
