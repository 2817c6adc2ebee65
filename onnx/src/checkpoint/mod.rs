//! Safe readers of published checkpoints. Nothing in a file is ever executed: the pickle reader knows a short
//! list of names, builds tensors and plain data from them, and refuses every other name or opcode.
//!
//! | module | what it reads |
//! |---|---|
//! | [`zip`] | the stored zip archive of `torch.save` |
//! | [`pickle`] | its `data.pkl` |
//! | `copies` | how much may be copied out of a file |
//! | [`torch`] | both together: plain data and tensors |
//! | [`safetensors`] | the other common container |
//! | `state` | [`StateDict`]: tensors by name |
//! | [`tensor`] | element types and strides, turned into f32 |

mod copies;
mod error;
pub mod pickle;
pub mod safetensors;
mod state;
pub mod tensor;
pub mod torch;
pub mod zip;

pub use error::CheckpointError;
pub use state::StateDict;
pub use tensor::Tensor;
