//! What holds for the server as a whole.

use std::path::PathBuf;

use crate::runtime::Device;

/// What `cellprism serve --data-dir` was told.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Folder of model folders, each named by its id.
    pub models: Option<PathBuf>,
    /// Folder of cells that datasets can be made of by their path.
    pub datasets: Option<PathBuf>,
    /// Most jobs that wait.
    pub queue: u64,
    /// Devices, each with a worker of its own.
    pub devices: Vec<Device>,
    /// ONNX Runtime library, where one is named.
    pub library: Option<PathBuf>,
    /// Most bytes of a worker's memory.
    pub worker_memory: Option<u64>,
    /// Most bytes in the data folder.
    pub quota: Option<u64>,
    /// Seconds that an unfinished upload is kept after its last byte.
    pub upload_seconds: i64,
    /// Seconds that a result is kept which nobody has pinned; always where nothing is said.
    pub result_seconds: Option<i64>,
    /// Most bytes of one upload.
    pub largest_upload: u64,
    /// The program that workers are.
    pub program: PathBuf,
}

impl Default for Settings {
    /// 16 waiting, one worker on the processor, uploads of up to 1 TB kept for a day.
    fn default() -> Self {
        Self {
            models: None,
            datasets: None,
            queue: 16,
            devices: vec![Device::Cpu],
            library: None,
            worker_memory: None,
            quota: None,
            upload_seconds: 24 * 3600,
            result_seconds: None,
            largest_upload: 1 << 40,
            program: PathBuf::from("cellprism"),
        }
    }
}
