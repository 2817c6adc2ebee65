//! A worker process as seen from the server.

use std::{path::Path, process::Stdio};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use crate::worker::{Task, Told};

/// Why a worker gave no result.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The task cannot be done; the text says what is wrong, where, and what to do.
    #[error("{0}")]
    Refused(String),
    /// The process has ended without a word.
    #[error(
        "the worker has died ({0}); if it was out of memory, ask for less or give it more with --worker-memory"
    )]
    Died(String),
    /// The process cannot be started or spoken to.
    #[error("no worker can be started: {0}")]
    NotStarted(std::io::Error),
}

/// A process that waits for tasks, and ends when this value goes.
#[derive(Debug)]
pub struct Worker {
    process: Child,
    stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Worker {
    /// Starts one, which holds `lock` and has so much memory.
    ///
    /// # Errors
    /// If the program cannot be started.
    pub fn start(program: &Path, lock: Option<&Path>, memory: Option<u64>) -> Result<Self, WorkerError> {
        let mut command = Command::new(program);
        command.arg("worker");
        if let Some(lock) = lock {
            command.arg("--lock").arg(lock);
        }
        if let Some(memory) = memory {
            command.arg("--memory").arg(memory.to_string());
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut process = command.spawn().map_err(WorkerError::NotStarted)?;
        let gone = || WorkerError::NotStarted(std::io::Error::other("it has no stdin and stdout"));
        let stdin = process.stdin.take().ok_or_else(gone)?;
        let lines = BufReader::new(process.stdout.take().ok_or_else(gone)?).lines();
        Ok(Self { process, stdin, lines })
    }

    /// Number of the process.
    pub fn id(&self) -> Option<u32> {
        self.process.id()
    }

    /// Gives it something to do.
    ///
    /// # Errors
    /// If it has died.
    pub async fn give(&mut self, task: &Task) -> Result<(), WorkerError> {
        let mut line = serde_json::to_vec(task).map_err(|e| WorkerError::NotStarted(e.into()))?;
        line.push(b'\n');
        let sent = async {
            self.stdin.write_all(&line).await?;
            self.stdin.flush().await
        };
        match sent.await {
            Ok(()) => Ok(()),
            Err(_) => Err(self.death().await),
        }
    }

    /// The next thing that it tells.
    ///
    /// # Errors
    /// If it has died.
    pub async fn next(&mut self) -> Result<Told, WorkerError> {
        loop {
            match self.lines.next_line().await {
                Ok(Some(line)) => {
                    if let Ok(told) = serde_json::from_str(&line) {
                        return Ok(told);
                    }
                    tracing::warn!("a worker said something unknown: {line}");
                }
                Ok(None) | Err(_) => return Err(self.death().await),
            }
        }
    }

    /// Ends it at once.
    pub async fn kill(&mut self) {
        let _ = self.process.kill().await;
    }

    async fn death(&mut self) -> WorkerError {
        match self.process.wait().await {
            Ok(status) => WorkerError::Died(status.to_string()),
            Err(error) => WorkerError::Died(error.to_string()),
        }
    }

    /// Does a short task whose progress nobody follows.
    ///
    /// # Errors
    /// If it is refused, or the worker dies.
    pub async fn done(&mut self, task: &Task) -> Result<Value, WorkerError> {
        self.give(task).await?;
        loop {
            match self.next().await? {
                Told::Finished { result } => return Ok(result),
                Told::Failed { error } => return Err(WorkerError::Refused(error)),
                Told::Begin { .. } | Told::Done { .. } | Told::Say { .. } => {}
            }
        }
    }
}
