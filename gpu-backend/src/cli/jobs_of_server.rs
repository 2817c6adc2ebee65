//! Options of `cellprism serve` about jobs.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;

use crate::{queue::Settings, runtime::Device};

/// Jobs over HTTP.
#[derive(Debug, Args)]
#[command(next_help_heading = "Jobs over HTTP")]
pub struct JobArgs {
    /// Take jobs, and keep uploads, datasets, jobs and results in this folder; without it bundles are shown and nothing else
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Folder of model folders that jobs can name
    #[arg(long, value_name = "DIR", requires = "data_dir")]
    models: Option<PathBuf>,
    /// Folder of .h5ad files that datasets can be made of by their path (default: uploads only)
    #[arg(long, value_name = "DIR", requires = "data_dir")]
    datasets: Option<PathBuf>,
    /// Most jobs that wait; a further one is refused with 429
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    queue: u64,
    /// Devices of jobs: cpu, cuda:N; each has one worker
    #[arg(long, value_name = "DEVICE,...", value_delimiter = ',', default_value = "cpu", value_parser = Device::parse)]
    devices: Vec<Device>,
    /// Most memory of a worker's own, for instance 16G (Linux; default: no limit)
    #[arg(long, value_name = "SIZE", value_parser = size)]
    worker_memory: Option<u64>,
    /// Most that the folder may hold, for instance 500G; an upload beyond is refused with 507 (default: what the disk has)
    #[arg(long, value_name = "SIZE", value_parser = size)]
    quota: Option<u64>,
    /// Largest upload
    #[arg(long, value_name = "SIZE", default_value = "1T", value_parser = size)]
    largest_upload: u64,
    /// Hours that an unfinished upload is kept after its last byte
    #[arg(long, value_name = "HOURS", default_value_t = 24, value_parser = clap::value_parser!(i64).range(1..=100_000))]
    keep_uploads: i64,
    /// Days that a result is kept unless somebody has pinned it (default: always)
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(i64).range(1..=100_000))]
    keep_results: Option<i64>,
    /// How the log is written to stderr
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    log: LogFormat,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl JobArgs {
    /// No jobs are taken.
    pub fn none() -> Self {
        Self {
            data_dir: None,
            models: None,
            datasets: None,
            queue: 16,
            devices: vec![Device::Cpu],
            worker_memory: None,
            quota: None,
            largest_upload: 1 << 40,
            keep_uploads: 24,
            keep_results: None,
            log: LogFormat::Text,
        }
    }

    /// Whether each line of the log is a JSON object.
    pub fn logs_json(&self) -> bool {
        self.log == LogFormat::Json
    }

    /// What the queue is told.
    ///
    /// # Errors
    /// If this program does not know where it is.
    pub fn settings(&self, library: Option<&Path>) -> anyhow::Result<Settings> {
        let mut devices = self.devices.clone();
        devices.dedup();
        let absolute = |path: &PathBuf| std::path::absolute(path).with_context(|| path.display().to_string());
        Ok(Settings {
            models: self.models.as_ref().map(absolute).transpose()?,
            datasets: self.datasets.as_ref().map(absolute).transpose()?,
            queue: self.queue,
            devices,
            library: library.map(|path| absolute(&path.to_owned())).transpose()?,
            worker_memory: self.worker_memory,
            quota: self.quota,
            upload_seconds: self.keep_uploads * 3600,
            result_seconds: self.keep_results.map(|days| days * 24 * 3600),
            largest_upload: self.largest_upload,
            program: std::env::current_exe().context("cannot find this program to start workers")?,
        })
    }
}

/// Bytes: a number, with K, M, G or T for powers of 1024.
fn size(text: &str) -> Result<u64, String> {
    let wrong = || format!("{text:?} is no size: say for instance 500000000, 512M or 16G");
    let (number, power) = match text.char_indices().next_back() {
        Some((at, unit)) if unit.is_ascii_alphabetic() => {
            let power = "KMGT".find(unit.to_ascii_uppercase()).ok_or_else(wrong)?;
            (&text[..at], power as u32 + 1)
        }
        _ => (text, 0),
    };
    let number: u64 = number.parse().map_err(|_| wrong())?;
    1024_u64
        .checked_pow(power)
        .and_then(|unit| number.checked_mul(unit))
        .filter(|&bytes| bytes > 0 && bytes <= 1 << 60)
        .ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_have_units_of_1024() {
        assert_eq!((size("10"), size("2k"), size("3G")), (Ok(10), Ok(2048), Ok(3 << 30)));
        for wrong in ["", "G", "0", "1.5G", "1P", "-1", "99999999999T"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }
}
