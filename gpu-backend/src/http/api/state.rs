//! What handlers share.

use std::{sync::Arc, time::Instant};

use super::counted::Metrics;
use crate::{
    http::{shelf::Shelf, status::OnnxRuntime},
    queue::Backend,
};

/// What handlers share.
#[derive(Debug)]
pub struct Api {
    /// State, folder and queue.
    pub backend: Arc<Backend>,
    /// The bundles that are shown.
    pub shelf: Arc<Shelf>,
    /// The library that embeds cells.
    pub runtime: OnnxRuntime,
    /// What is counted.
    pub metrics: Metrics,
    /// When the server began.
    pub started: Instant,
}

impl Api {
    /// What handlers of this server share. The bundles of jobs that are done are shown from now on.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn new(backend: Arc<Backend>, shelf: Arc<Shelf>, runtime: OnnxRuntime) -> anyhow::Result<Self> {
        for job in backend.store.jobs(Some("succeeded"), u32::MAX)?.iter().rev() {
            if let Err(error) = shelf.add(&job.id, &backend.folder.bundle(&job.id)) {
                tracing::warn!(job = job.id, "its bundle cannot be shown: {error:#}");
            }
        }
        Ok(Self { backend, shelf, runtime, metrics: Metrics::default(), started: Instant::now() })
    }
}
