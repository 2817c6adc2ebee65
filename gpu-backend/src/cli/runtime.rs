//! ONNX Runtime, as the commands that use it name it.

use std::path::PathBuf;

use clap::Args;

use crate::runtime::{Device, Place};

/// Which library.
#[derive(Args, Clone, Debug, Default)]
pub struct RuntimeArgs {
    /// ONNX Runtime library (default: ORT_DYLIB_PATH, beside this program, the cache that `cargo xtask` fills); where it is given,
    /// scVI and SCimilarity run in it on the processor, too
    #[arg(long, value_name = "PATH")]
    pub onnxruntime: Option<PathBuf>,
}

impl RuntimeArgs {
    /// A device, and the library where one is named.
    pub fn place(&self, device: Device) -> Place {
        Place { device, library: self.onnxruntime.clone() }
    }
}
