//! Any encoder of counts as a ready ONNX file.

pub mod import;
pub mod probe;
pub mod swaps;
