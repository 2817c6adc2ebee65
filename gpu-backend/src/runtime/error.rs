//! What can go wrong when a model is loaded or run.

use std::{path::PathBuf, time::Duration};

use thiserror::Error;

/// Why a model cannot be loaded or run.
#[derive(Debug, Error)]
pub enum EngineError {
    /// A path that was asked for holds no library.
    #[error(
        "{source_name}: {path} is not an ONNX Runtime library (libonnxruntime.so, or a folder that holds it)"
    )]
    GivenPath {
        /// The path.
        path: PathBuf,
        /// Option or environment variable.
        source_name: &'static str,
    },
    /// The library is nowhere.
    #[error(
        "ONNX Runtime was not found beside this program or in {cache}: run `cargo xtask build` once, which fetches it, \
         or `pip install onnxruntime` (onnxruntime-gpu for CUDA) and point --onnxruntime or ORT_DYLIB_PATH at its \
         onnxruntime/capi/libonnxruntime.so.*",
        cache = cache.display()
    )]
    NotFound {
        /// The cache folder that was searched.
        cache: PathBuf,
    },
    /// The library cannot be used.
    #[error("ONNX Runtime at {path}: {reason}")]
    Load {
        /// The library.
        path: PathBuf,
        /// What it said.
        reason: String,
    },
    /// A second library was asked for in one process.
    #[error("ONNX Runtime is loaded already from {loaded}; {wanted} cannot be loaded beside it")]
    Another {
        /// In use.
        loaded: PathBuf,
        /// Asked for.
        wanted: PathBuf,
    },
    /// The device is not there.
    #[error(
        "device {device} cannot be used: {reason}. It needs an NVIDIA driver, CUDA 12, cuDNN 9 and the onnxruntime-gpu \
         build of the library (--onnxruntime); --device cpu runs without"
    )]
    Device {
        /// Asked for.
        device: String,
        /// What ONNX Runtime said.
        reason: String,
    },
    /// The model file is refused.
    #[error("{model}: {reason}")]
    Model {
        /// The file.
        model: String,
        /// What is wrong.
        reason: String,
    },
    /// A run failed.
    #[error("the model failed while it ran: {0}")]
    Run(String),
    /// A run took too long.
    #[error(
        "the model ran longer than {} s on one batch and was ended: it may hold a loop without end",
        .0.as_secs_f64()
    )]
    Late(Duration),
    /// The cells do not fit the model.
    #[error("{0}")]
    Input(String),
}
