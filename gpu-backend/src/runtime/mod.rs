//! ONNX Runtime: found, loaded, on a device. [`session`] and [`training`] are the only files that name its crate.

mod device;
mod error;
pub mod library;
pub mod patience;
mod place;
pub mod session;
pub mod training;

pub use device::Device;
pub use error::EngineError;
pub use place::Place;
