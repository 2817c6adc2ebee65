//! Where a model runs, and by which library.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Device, EngineError, session::Runtime};

/// A device, and the ONNX Runtime library where one is named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Where.
    pub device: Device,
    /// ONNX Runtime library; looked for in the usual places where not given.
    pub library: Option<PathBuf>,
}

impl Place {
    /// The processor, by the usual library.
    pub fn cpu() -> Self {
        Self::default()
    }

    /// The library, loaded.
    ///
    /// # Errors
    /// If it is not found or cannot be loaded.
    pub fn runtime(&self) -> Result<&'static Runtime, EngineError> {
        Runtime::start(self.library.as_deref())
    }

    /// Whether nothing asks for ONNX Runtime: what has code of its own may run without.
    pub fn prefers_native(&self) -> bool {
        self.device == Device::Cpu && self.library.is_none()
    }
}
