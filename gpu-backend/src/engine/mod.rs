//! Models on a device. ONNX Runtime is the only implementation; [`ort`] and [`train`] are the only files that name its
//! crate.

pub mod counts;
mod device;
mod error;
pub mod library;
pub mod ort;
pub mod probe;
pub mod swaps;
pub mod train;

pub use device::Device;
pub use error::EngineError;
