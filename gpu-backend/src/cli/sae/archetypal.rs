//! Options of archetypal dictionaries, wherever something is trained.

use cellprism_core::sae::train::Archetypal;

/// Dictionary rows as mixtures of cells.
#[derive(clap::Args, Clone, Copy, Debug)]
pub struct Options {
    /// Dictionary rows are mixtures (shares from 0 that sum to 1) of so many cells, chosen by k-means++, less the mean
    /// cell where there is a decoder bias (Fel et al. 2025); rows no longer have length 1
    #[arg(long, value_name = "N_ANCHORS")]
    archetypal: Option<usize>,
    /// How far an archetypal row may lie off its mixture, in units of the embeddings (default: 0)
    #[arg(long, value_name = "DELTA", requires = "archetypal", allow_negative_numbers = true)]
    relaxation: Option<f64>,
    /// Seed of the choice of anchors (default: 0, whatever --seed is, so that seeds share their anchors)
    #[arg(long, value_name = "SEED", requires = "archetypal")]
    anchor_seed: Option<u64>,
}

impl Options {
    /// As training takes them.
    pub fn get(&self) -> Option<Archetypal> {
        self.archetypal.map(|anchors| Archetypal {
            anchors,
            relaxation: self.relaxation.unwrap_or(0.0),
            anchor_seed: self.anchor_seed.unwrap_or(0),
        })
    }
}
