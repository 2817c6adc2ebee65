//! The next job for each device.

use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

use super::{Backend, attempt, questions, room};
use crate::runtime::Device;

/// How long nobody looks for a job when no bell rings.
const REST: Duration = Duration::from_secs(2);
/// How often room is made.
const TIDY: Duration = Duration::from_secs(60);

/// Starts what goes on by itself: a queue for each device, answers, and making room. It ends with the runtime.
///
/// `ended` is told of every job whose bundle is there, before its state says so.
pub fn start(backend: &Arc<Backend>, ended: impl Fn(&str) + Clone + Send + Sync + 'static) {
    for device in backend.settings.devices.clone() {
        tokio::spawn(queue(Arc::clone(backend), device, ended.clone()));
    }
    let questions = backend.unanswered.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(questions) = questions {
        tokio::spawn(questions::answer(Arc::clone(backend), questions));
    }
    let backend = Arc::clone(backend);
    tokio::spawn(async move {
        loop {
            let all = Arc::clone(&backend);
            let tidied = tokio::task::spawn_blocking(move || room::tidy(&all)).await;
            if let Ok(Err(error)) = tidied {
                tracing::warn!("room could not be made: {error:#}");
            }
            tokio::time::sleep(TIDY).await;
        }
    });
}

async fn queue(backend: Arc<Backend>, device: Device, ended: impl Fn(&str) + Send + Sync) {
    let name = device.to_string();
    loop {
        let bell = backend.bell.notified();
        let wanted = name.clone();
        match backend.ask(move |all| all.store.take_next(&wanted)).await {
            Ok(Some(job)) => {
                backend.changed();
                attempt::make(&backend, job, &ended).await;
            }
            Ok(None) => {
                let _ = tokio::time::timeout(REST, bell).await;
            }
            Err(error) => {
                tracing::warn!("no job can be taken: {error}");
                tokio::time::sleep(REST).await;
            }
        }
    }
}
