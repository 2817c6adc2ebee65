//! Models on a device. ONNX Runtime is the only implementation; [`ort`] is the only file that names its crate.

mod device;
mod error;
pub mod library;
pub mod ort;

pub use device::Device;
pub use error::EngineError;
