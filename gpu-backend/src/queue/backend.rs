//! State, folder and who waits for what.

use std::{
    collections::{HashMap, HashSet},
    path::{Component, Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use anyhow::{Context as _, bail};
use serde_json::Value;
use tokio::sync::{Notify, Semaphore, mpsc, watch};

use super::{
    DataFolder, Offered, Settings, WorkerError,
    child::Worker,
    models,
    question::{self, Question},
};
use crate::{
    state::{Dataset, StateError, Store},
    worker::Task,
};

/// Files that are looked at, or checkpoints imported, at a time.
const LOOKS: usize = 2;

/// What every request and every worker shares.
#[derive(Debug)]
pub struct Backend {
    /// What must not be forgotten.
    pub store: Store,
    /// Where everything lies.
    pub folder: DataFolder,
    /// What the server was told.
    pub settings: Settings,
    /// For metrics.
    pub figures: Figures,
    /// Rung when a job waits or is to stop.
    pub(super) bell: Notify,
    /// Counts changes of jobs, for those who follow one.
    pub(super) changes: watch::Sender<u64>,
    /// Bells of the jobs that run.
    pub(super) running: Mutex<HashMap<String, Arc<Notify>>>,
    sending: Mutex<HashSet<String>>,
    looks: Semaphore,
    pub(super) questions: mpsc::Sender<Question>,
    /// Until somebody answers.
    pub(super) unanswered: Mutex<Option<mpsc::Receiver<Question>>>,
}

/// What is counted while the server runs.
#[derive(Debug, Default)]
pub struct Figures {
    /// Cells that jobs have embedded.
    pub cells: AtomicU64,
    /// Workers that died.
    pub deaths: AtomicU64,
    /// Bytes of uploads that came in.
    pub uploaded: AtomicU64,
    /// Events that are being followed.
    pub followed: AtomicU64,
}

impl Backend {
    /// Opens the folder of a server, or makes it. Jobs that were running wait again.
    ///
    /// # Errors
    /// If it cannot be used.
    pub fn open(root: &Path, settings: Settings) -> anyhow::Result<Self> {
        let folder = DataFolder::open(root)?;
        for (option, given) in [("--models", &settings.models), ("--datasets", &settings.datasets)] {
            if let Some(given) = given
                && !given.is_dir()
            {
                bail!("{option} {}: there is no such folder", given.display());
            }
        }
        let store = Store::open(&folder.database())
            .with_context(|| format!("cannot open {}", folder.database().display()))?;
        let again = store.requeue()?;
        if again > 0 {
            tracing::info!(jobs = again, "jobs that were running wait again");
        }
        let (questions, unanswered) = mpsc::channel(question::MOST);
        Ok(Self {
            store,
            folder,
            settings,
            figures: Figures::default(),
            bell: Notify::new(),
            changes: watch::Sender::new(0),
            running: Mutex::default(),
            sending: Mutex::default(),
            looks: Semaphore::new(LOOKS),
            questions,
            unanswered: Mutex::new(Some(unanswered)),
        })
    }

    /// Asks the database where that does not hold up other requests.
    ///
    /// # Errors
    /// What the database says.
    pub async fn ask<T: Send + 'static>(
        self: &Arc<Self>,
        question: impl FnOnce(&Self) -> Result<T, StateError> + Send + 'static,
    ) -> Result<T, StateError> {
        let all = Arc::clone(self);
        let answered = tokio::task::spawn_blocking(move || question(&all)).await;
        answered.unwrap_or_else(|error| Err(StateError::Damaged(error.to_string())))
    }

    /// The models that jobs can name.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn offered(&self) -> Result<Vec<Offered>, StateError> {
        models::offered(&self.settings, &self.folder, &self.store)
    }

    /// Where the cells of a dataset are.
    ///
    /// # Errors
    /// If its file lies below the folder of datasets, and is not there any more.
    pub fn dataset_file(&self, dataset: &Dataset) -> anyhow::Result<PathBuf> {
        match &dataset.path {
            None => Ok(self.folder.file(&dataset.sha256)),
            Some(path) => self.below_datasets(path),
        }
    }

    /// A file below the folder of datasets.
    ///
    /// # Errors
    /// If there is no such folder, no such file, or it leads elsewhere.
    pub fn below_datasets(&self, path: &str) -> anyhow::Result<PathBuf> {
        let Some(root) = &self.settings.datasets else {
            bail!("this server has no folder of datasets (--datasets DIR): upload the file")
        };
        let asked = Path::new(path);
        let plain = asked.components().all(|part| matches!(part, Component::Normal(_)));
        let missing = || format!("there is no file {path:?} below the folder of datasets");
        if !plain || path.is_empty() || path.contains('\0') {
            bail!(missing());
        }
        let root = root.canonicalize().with_context(missing)?;
        let Ok(found) = root.join(asked).canonicalize() else { bail!(missing()) };
        if !found.starts_with(&root) || !found.is_file() {
            bail!(missing());
        }
        Ok(found)
    }

    /// Does a short task in a worker of its own; some at a time.
    ///
    /// # Errors
    /// If it is refused, or the worker dies.
    pub async fn look(&self, task: &Task) -> Result<Value, WorkerError> {
        let _turn = self.looks.acquire().await;
        Worker::start(&self.settings.program, None, self.settings.worker_memory)?.done(task).await
    }

    /// Takes an upload for one request to write to; nothing where another one writes.
    pub fn send(self: &Arc<Self>, id: &str) -> Option<UploadGuard> {
        let mut sending = self.sending.lock().unwrap_or_else(PoisonError::into_inner);
        sending.insert(id.to_owned()).then(|| UploadGuard { backend: Arc::clone(self), id: id.to_owned() })
    }

    /// Something has changed in a job: tells those who follow one.
    pub fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    /// A job waits: tells the workers.
    pub fn waiting(&self) {
        self.changed();
        self.bell.notify_waiters();
    }

    /// A running job is to stop.
    pub fn stop(&self, id: &str) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bell) = running.get(id) {
            bell.notify_one();
        }
        self.changed();
    }

    /// Hears of changes of jobs.
    pub fn listen(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Adds to a figure.
    pub fn count(&self, figure: impl Fn(&Figures) -> &AtomicU64, n: u64) {
        figure(&self.figures).fetch_add(n, Ordering::Relaxed);
    }
}

/// Held by the one request that writes to an upload.
#[derive(Debug)]
pub struct UploadGuard {
    backend: Arc<Backend>,
    id: String,
}

impl Drop for UploadGuard {
    fn drop(&mut self) {
        self.backend.sending.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}
