//! ONNX models written from published checkpoints, and safe readers of those checkpoints.
//!
//! | module | what it does |
//! |---|---|
//! | [`checkpoint`] | safe readers of torch and safetensors files: nothing is ever executed |
//! | [`proto`] | the few messages of an ONNX file that are needed |
//! | [`scvi`] | scvi-tools' models |
//! | [`folder`] | the files of a model folder |
//! | [`graph`] | a typed builder of graphs over them |

pub mod checkpoint;
pub mod folder;
pub mod graph;
pub mod proto;
pub mod scvi;
