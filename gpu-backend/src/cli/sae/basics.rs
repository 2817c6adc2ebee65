//! What every training is asked for: `sae train` and `sae consensus`.

use std::{num::NonZeroUsize, path::PathBuf};

use cellprism_core::sae::train::{BATCH, LEARNING_RATE};

use crate::jobs::sae;

/// Embeddings, size and pace.
#[derive(clap::Args, Debug)]
pub struct Basics {
    /// Embeddings (safetensors, tensor "embeddings" [n, d])
    #[arg(long, value_name = "FILE")]
    embeddings: PathBuf,
    /// Concepts (c; default: by the embeddings, which are tried with 2 to 20 times their effective rank, as `run` does)
    #[arg(long)]
    concepts: Option<NonZeroUsize>,
    /// Active concepts per cell (k; default: concepts / 62.5, at least 3)
    #[arg(long)]
    active: Option<usize>,
    /// Passes over the cells (default: as many as give 4,000 steps, from 20 to 1,400)
    #[arg(long)]
    epochs: Option<u32>,
    /// Adam's learning rate; the paper's 5e-5 to 5e-4 need more epochs
    #[arg(long, default_value_t = LEARNING_RATE)]
    learning_rate: f64,
    /// Cells per step
    #[arg(long, default_value_t = BATCH)]
    batch: usize,
    /// No decoder bias (default: it starts at the mean cell, is subtracted before encoding, and is trained)
    #[arg(long)]
    no_decoder_bias: bool,
}

impl From<Basics> for sae::Basics {
    fn from(said: Basics) -> Self {
        let Basics { embeddings, concepts, active, epochs, learning_rate, batch, no_decoder_bias } = said;
        let concepts = concepts.map_or(0, NonZeroUsize::get);
        Self { embeddings, concepts, active, epochs, learning_rate, batch, no_decoder_bias }
    }
}
