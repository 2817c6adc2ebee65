//! Sparse autoencoders: trained, applied, measured, compared.
//!
//! | file | idea |
//! |---|---|
//! | `options` | [`Basics`], [`Options`]: what a training is asked for |
//! | `engine` | [`Machine`]: what computes the steps, and where |
//! | `size` | how many concepts, where nobody says |
//! | `train` | [`Training`]: one training, its checkpoints and its files |
//! | `work_folder` | what survives a kill |
//! | the others | one command each |

pub mod bench;
pub mod consensus;
pub mod encode;
mod engine;
pub mod evaluate;
pub mod import;
pub mod matching;
mod options;
pub mod semi_nmf;
mod size;
pub mod sweep;
mod train;
mod work_folder;

pub use engine::{EngineName, Machine};
pub use options::{Basics, Options};
pub use train::{Trained, Training, epochs, train};
pub use work_folder::WorkFolder;
