//! ONNX models written from published checkpoints, and safe readers of those checkpoints.
//!
//! | module | what it does |
//! |---|---|
//! | [`checkpoint`] | safe readers of torch and safetensors files: nothing is ever executed |
//! | [`proto`] | the few messages of an ONNX file that are needed |
//! | [`geneformer`] | Geneformer's models |
//! | [`scgpt`] | scGPT's models |
//! | [`scimilarity`] | SCimilarity's models |
//! | [`scvi`] | scvi-tools' models |
//! | `perceptron`, [`transformer`] | layers that several models share |
//! | [`folder`] | the files of a model folder |
//! | [`graph`] | a typed builder of graphs over them |
//! | [`overcomplete`] | sparse autoencoders of the Python library overcomplete |
//! | [`sae_train_step`] | one optimiser step of a sparse autoencoder |
//! | [`sae_infer`] | encoding by a sparse autoencoder |

#![warn(unreachable_pub)]

pub mod checkpoint;
pub mod folder;
pub mod geneformer;
pub mod graph;
mod half;
pub mod overcomplete;
mod perceptron;
pub mod proto;
pub mod sae_infer;
pub mod sae_train_step;
pub mod scgpt;
pub mod scimilarity;
pub mod scvi;
mod settings_file;
pub mod transformer;
