//! scGPT on a device: which genes a sequence holds, embeddings of cells, and of cells with genes swapped.
//!
//! | file | idea |
//! |---|---|
//! | `choice` | [`Sequences`]: the sequence rule and its genes, chosen for a data set |
//! | `model` | [`SequenceModel`]: batches of sequences through ONNX Runtime |
//! | `embed` | a whole file, some cells at a time |
//! | `swaps` | [`ScgptSwaps`]: exact occlusion, identical passes shared |

mod choice;
mod embed;
mod model;
mod swaps;

pub use choice::{SequenceOptions, Sequences, read_gene_list};
pub use embed::{bin, embed};
pub use model::SequenceModel;
pub use swaps::ScgptSwaps;
