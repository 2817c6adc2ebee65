//! Where models run. Asked for a device that is not there, a command fails; it never falls back.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A device for models.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Device {
    /// The processor.
    #[default]
    Cpu,
    /// An NVIDIA GPU, by number.
    Cuda(u32),
}

impl Device {
    /// Reads `cpu`, `cuda` (the first GPU) or `cuda:N`.
    ///
    /// # Errors
    /// For any other text.
    ///
    /// ```
    /// use cellprism_gpu_backend::runtime::Device;
    /// assert_eq!(Device::parse("cuda:1"), Ok(Device::Cuda(1)));
    /// assert!(Device::parse("gpu").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<Self, String> {
        let number = match text.split_once(':') {
            None if text == "cpu" => return Ok(Self::Cpu),
            None if text == "cuda" => Some(0),
            Some(("cuda", number)) => number.parse().ok(),
            _ => None,
        };
        number.map(Self::Cuda).ok_or_else(|| format!("{text:?} is no device: say cpu, cuda or cuda:N"))
    }
}

impl FromStr for Device {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Device {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl From<Device> for String {
    fn from(device: Device) -> Self {
        device.to_string()
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(number) => write!(f, "cuda:{number}"),
        }
    }
}
