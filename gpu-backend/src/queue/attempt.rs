//! One job in one worker.

use std::{
    fs, io,
    path::Path,
    sync::{Arc, PoisonError},
    time::Duration,
};

use tokio::sync::Notify;

use super::{Backend, WorkerError, child::Worker, inputs};
use crate::{
    state::{Job, JobState, StateError},
    worker::{Task, Told, with_remedy},
};

/// How often a worker may die at the same place of a job before that is given up.
const MOST_DEATHS: u32 = 5;
/// Rest after a state could not be written: a full disk, a locked database.
const REST: Duration = Duration::from_secs(2);

/// How an attempt ended.
enum End {
    Done,
    Refused(String),
    Died(String),
    Stopped,
}

/// Does a job that was taken. `there` is told when its bundle is, before anybody can hear that the job is done.
pub async fn make(backend: &Arc<Backend>, job: Job, there: &(impl Fn(&str) + Sync)) {
    let id = job.id.clone();
    let bell = Arc::new(Notify::new());
    backend.running.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), Arc::clone(&bell));
    let end = worked(backend, &job, &bell).await;
    backend.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    let (state, error) = match end {
        End::Done => (JobState::Succeeded, None),
        End::Refused(error) => (JobState::Failed, Some(error)),
        End::Stopped => {
            clear(backend, &id).await;
            (JobState::Cancelled, None)
        }
        End::Died(why) => {
            backend.count(|figures| &figures.deaths, 1);
            tracing::warn!(job = id, "{why}");
            kept(backend, move |all, id| all.store.died(id, MOST_DEATHS, &why).map(|_| ()), &id).await;
            backend.waiting();
            return;
        }
    };
    if state == JobState::Succeeded {
        there(&id);
    }
    tracing::info!(job = id, state = state.name(), error, "a job has ended");
    kept(backend, move |all, id| all.store.end(id, state, error.as_deref()).map(|_| ()), &id).await;
    backend.changed();
}

/// Writes a change of state, however long that takes.
async fn kept(
    backend: &Arc<Backend>,
    change: impl Fn(&Backend, &str) -> Result<(), StateError> + Send + Sync + Clone + 'static,
    id: &str,
) {
    loop {
        let (change, id) = (change.clone(), id.to_owned());
        match backend.ask(move |all| change(all, &id)).await {
            Ok(()) => return,
            Err(error) => {
                tracing::warn!("a job's state cannot be written: {error}");
                tokio::time::sleep(REST).await;
            }
        }
    }
}

async fn worked(backend: &Arc<Backend>, job: &Job, bell: &Notify) -> End {
    let id = job.id.as_str();
    // Asked to stop while the server was down, or before there was a bell to ring.
    let name = job.id.clone();
    let now = backend.ask(move |all| all.store.job(&name)).await;
    if now.is_ok_and(|now| now.is_none_or(|now| now.cancelling)) {
        return End::Stopped;
    }
    let found = loop {
        let (all, name, asked) = (Arc::clone(backend), job.id.clone(), job.asked.clone());
        let prepared = tokio::task::spawn_blocking(move || {
            let found = inputs::find(&all, &name, serde_json::from_value(asked)?)?;
            inputs::place(&found)?;
            anyhow::Ok(found)
        });
        match prepared.await {
            Ok(Ok(found)) => break found,
            // That somebody else holds the database is no fault of the job.
            Ok(Err(error)) if error.downcast_ref::<StateError>().is_some_and(StateError::is_passing) => {
                tracing::warn!(job = id, "it cannot begin yet: {error:#}");
                tokio::time::sleep(REST).await;
            }
            Ok(Err(error)) => return End::Refused(hidden(backend.folder.root(), &with_remedy(&error))),
            Err(error) => return End::Died(error.to_string()),
        }
    };
    let settings = &backend.settings;
    let lock = backend.folder.worker_lock(&job.device);
    let task = Task::Run { job: Box::new(found.job), cells: found.cells_digest };
    let mut worker = match Worker::start(&settings.program, Some(&lock), settings.worker_memory) {
        Ok(worker) => worker,
        Err(error) => return End::Died(error.to_string()),
    };
    tracing::info!(job = id, process = worker.id(), "a worker has begun");
    let work = followed(backend, id, &mut worker, &task);
    let end = tokio::select! {
        end = work => end,
        () = bell.notified() => End::Stopped,
    };
    if matches!(end, End::Stopped) {
        worker.kill().await;
    }
    end
}

/// Gives the task and writes down what is told of it.
async fn followed(backend: &Arc<Backend>, id: &str, worker: &mut Worker, task: &Task) -> End {
    if let Err(error) = worker.give(task).await {
        return End::Died(error.to_string());
    }
    let (mut stage, mut total, mut unit, mut counted) = (String::new(), 0, String::new(), 0);
    loop {
        let told = match worker.next().await {
            Ok(told) => told,
            Err(error @ WorkerError::Refused(_)) => return End::Refused(error.to_string()),
            Err(error) => return End::Died(error.to_string()),
        };
        let job = id.to_owned();
        let written = match told {
            Told::Finished { .. } => return End::Done,
            Told::Failed { error } => return End::Refused(hidden(backend.folder.root(), &error)),
            Told::Begin { stage: next, total: all, unit: of } => {
                (stage, total, unit, counted) = (next, all, of, 0);
                let (stage, unit) = (stage.clone(), unit.clone());
                backend.ask(move |all| all.store.progress(&job, &stage, 0, total, &unit)).await
            }
            Told::Done { done } => {
                if stage == "embed" && unit == "cells" {
                    backend.count(|figures| &figures.cells, done.saturating_sub(counted));
                    counted = done;
                }
                let (stage, unit) = (stage.clone(), unit.clone());
                backend.ask(move |all| all.store.progress(&job, &stage, done, total, &unit)).await
            }
            Told::Say { line } => {
                let line = hidden(backend.folder.root(), &line);
                backend.ask(move |all| all.store.log(&job, &line)).await
            }
        };
        // The work matters more than the words about it.
        if let Err(error) = written {
            tracing::warn!(job = id, "its progress cannot be written: {error}");
        }
        backend.changed();
    }
}

/// Words without the server's own folder in them.
fn hidden(root: &Path, said: &str) -> String {
    said.replace(&format!("{}/", root.display()), "")
}

/// Removes everything that a job has made.
async fn clear(backend: &Arc<Backend>, id: &str) {
    let (all, id) = (Arc::clone(backend), id.to_owned());
    let removed = tokio::task::spawn_blocking(move || all.remove_results(&id)).await;
    if let Ok(Err(error)) = removed {
        tracing::warn!("what a stopped job has left cannot be removed: {error}");
    }
}

impl Backend {
    /// Removes bundle, unfinished bundle and input names of a job.
    ///
    /// # Errors
    /// If one is there and cannot be removed.
    pub fn remove_results(&self, id: &str) -> io::Result<()> {
        // A bundle is never half there: it loses its name first.
        let (bundle, gone) =
            (self.folder.bundle(id), self.folder.root().join("bundles").join(format!("{id}.gone")));
        match fs::rename(&bundle, &gone) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        for folder in [gone, self.folder.partial(id), self.folder.job(id)] {
            match fs::remove_dir_all(&folder) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}
