//! The only place that knows kinds of models.

pub mod counts;
pub mod dictionary;
pub mod folder;
pub mod geneformer;
pub mod onnx;
pub mod scgpt;
pub mod scimilarity;
pub mod transformer;
