//! The only place that knows kinds of models.

pub mod counts;
pub mod dictionary;
pub mod folder;
pub mod onnx;
pub mod scgpt;
