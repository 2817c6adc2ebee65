//! A small question that waits for its answer.

use serde_json::Value;
use tokio::sync::oneshot;

use super::WorkerError;
use crate::worker::Task;

/// Most questions that wait.
pub const MOST: usize = 64;
/// A question, and where its answer goes.
#[derive(Debug)]
pub struct Question {
    pub(super) task: Task,
    pub(super) answer: oneshot::Sender<Result<Value, WorkerError>>,
}

/// Why a question has no answer.
#[derive(Debug)]
pub enum Unanswered {
    /// Too many wait.
    Full,
    /// The worker has refused it, or died.
    Worker(WorkerError),
}
