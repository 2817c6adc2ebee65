//! Small questions, answered by a worker of their own: those that come while it is busy and are about the same bundle go to
//! the device together.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

use super::{
    Backend, WorkerError,
    child::Worker,
    question::{Question, Unanswered},
};
use crate::worker::{SentCounts, Task};

/// Most cells that are encoded together.
const TOGETHER: usize = 4096;
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(120);

impl Backend {
    /// Asks the worker for small questions.
    ///
    /// # Errors
    /// If too many wait, it is refused, or the worker dies.
    pub async fn question(&self, task: Task) -> Result<Value, Unanswered> {
        let (answer, answered) = oneshot::channel();
        self.questions.try_send(Question { task, answer }).map_err(|_| Unanswered::Full)?;
        let gone = || WorkerError::Died("the server ends".into());
        answered.await.unwrap_or_else(|_| Err(gone())).map_err(Unanswered::Worker)
    }
}

/// Answers questions until the server ends.
pub async fn answer(backend: Arc<Backend>, mut questions: mpsc::Receiver<Question>) {
    let mut worker: Option<Worker> = None;
    while let Some(first) = questions.recv().await {
        let mut waiting = VecDeque::from([first]);
        while let Ok(next) = questions.try_recv() {
            waiting.push_back(next);
        }
        while let Some(group) = next_group(&mut waiting) {
            let parts: Vec<usize> = group.iter().map(|question| cells(&question.task)).collect();
            let (tasks, answers): (Vec<Task>, Vec<_>) =
                group.into_iter().map(|one| (one.task, one.answer)).unzip();
            let Some(task) = together(tasks) else { continue };
            let found = asked(&backend, &mut worker, &task).await;
            if let (Err(WorkerError::Refused(_)), true) = (&found, answers.len() > 1) {
                // One of them was wrong: each for itself, so that the others have their answers.
                let mut start = 0;
                for (part, answer) in parts.into_iter().zip(answers) {
                    let own = slice(&task, start, part);
                    start += part;
                    let _ = answer.send(asked(&backend, &mut worker, &own).await);
                }
                continue;
            }
            let mut start = 0;
            for (part, answer) in parts.into_iter().zip(answers) {
                let own = match &found {
                    Ok(value) => Ok(part_of(value, start, part)),
                    Err(error) => Err(same(error)),
                };
                start += part;
                let _ = answer.send(own);
            }
        }
    }
}

/// The questions at the head that can be answered together, those whose asker is gone left out.
fn next_group(waiting: &mut VecDeque<Question>) -> Option<Vec<Question>> {
    waiting.retain(|question| !question.answer.is_closed());
    let mut group = vec![waiting.pop_front()?];
    let mut total = cells(&group[0].task);
    let mut rest = VecDeque::new();
    while let Some(next) = waiting.pop_front() {
        if can_join(&group[0].task, &next.task) && total + cells(&next.task) <= TOGETHER {
            total += cells(&next.task);
            group.push(next);
        } else {
            rest.push_back(next);
        }
    }
    *waiting = rest;
    Some(group)
}

fn cells(task: &Task) -> usize {
    match task {
        Task::Encode { cells, .. } => cells.counts.len(),
        _ => 0,
    }
}

fn can_join(one: &Task, other: &Task) -> bool {
    match (one, other) {
        (Task::Encode { subject: a, cells: x }, Task::Encode { subject: b, cells: y }) => {
            a == b && x.genes == y.genes && x.columns.is_empty() && y.columns.is_empty()
        }
        _ => false,
    }
}

/// One task of all.
fn together(tasks: Vec<Task>) -> Option<Task> {
    let mut tasks = tasks.into_iter();
    let mut first = tasks.next()?;
    for next in tasks {
        if let (Task::Encode { cells, .. }, Task::Encode { cells: more, .. }) = (&mut first, next) {
            cells.counts.extend(more.counts);
        }
    }
    Some(first)
}

/// The task of some of its cells.
fn slice(task: &Task, start: usize, count: usize) -> Task {
    match task {
        Task::Encode { subject, cells } => {
            let counts = cells.counts.get(start..start + count).unwrap_or_default().to_vec();
            let cells = SentCounts { genes: cells.genes.clone(), counts, columns: Vec::new() };
            Task::Encode { subject: subject.clone(), cells }
        }
        other => other.clone(),
    }
}

/// What concerns some of the cells in an answer about all.
fn part_of(found: &Value, start: usize, count: usize) -> Value {
    let mut own = found.clone();
    for name in ["indices", "values", "embeddings"] {
        let rows = found.get(name).and_then(Value::as_array).and_then(|rows| rows.get(start..start + count));
        if let Some(rows) = rows.filter(|_| count > 0) {
            own[name] = json!(rows);
        }
    }
    own
}

fn same(error: &WorkerError) -> WorkerError {
    match error {
        WorkerError::Refused(what) => WorkerError::Refused(what.clone()),
        WorkerError::Died(how) => WorkerError::Died(how.clone()),
        WorkerError::NotStarted(why) => WorkerError::NotStarted(std::io::Error::other(why.to_string())),
    }
}

/// Asks the worker, starting one where there is none.
async fn asked(backend: &Backend, worker: &mut Option<Worker>, task: &Task) -> Result<Value, WorkerError> {
    let settings = &backend.settings;
    let one = match worker {
        Some(one) => one,
        None => worker.insert(Worker::start(&settings.program, None, settings.worker_memory)?),
    };
    match tokio::time::timeout(PATIENCE, one.done(task)).await {
        Ok(Err(error @ (WorkerError::Died(_) | WorkerError::NotStarted(_)))) => {
            *worker = None;
            Err(error)
        }
        Ok(answer) => answer,
        Err(_) => {
            one.kill().await;
            *worker = None;
            Err(WorkerError::Refused("no answer within 120 s: ask for less, or submit a job".into()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worker::Subject;

    fn encode(bundle: &str, counts: &[f32]) -> (Question, oneshot::Receiver<Result<Value, WorkerError>>) {
        let (answer, answered) = oneshot::channel();
        let subject = Subject {
            bundle: bundle.into(),
            model: None,
            sequence: Default::default(),
            cells: None,
            allow_non_integer: false,
            place: Default::default(),
        };
        let counts = counts.iter().map(|&count| vec![count]).collect();
        let cells = SentCounts { genes: vec!["A".into()], counts, columns: Vec::new() };
        (Question { task: Task::Encode { subject, cells }, answer }, answered)
    }

    #[test]
    fn cells_of_one_bundle_go_together_and_come_back_apart() {
        let (a, _keep_a) = encode("one", &[1.0, 2.0]);
        let (b, _keep_b) = encode("other", &[3.0]);
        let (c, _keep_c) = encode("one", &[4.0]);
        let (gone, _) = encode("one", &[5.0]);
        let mut waiting = VecDeque::from([a, b, c, gone]);
        let group = next_group(&mut waiting).unwrap();
        assert_eq!((group.len(), waiting.len()), (2, 1));
        let task = together(group.into_iter().map(|one| one.task).collect()).unwrap();
        assert_eq!(cells(&task), 3);
        assert_eq!(slice(&task, 2, 1), encode("one", &[4.0]).0.task);
        let all = json!({"active": 1, "values": [[1], [2], [3]], "indices": [[7], [8], [9]]});
        assert_eq!(part_of(&all, 1, 2), json!({"active": 1, "values": [[2], [3]], "indices": [[8], [9]]}));
    }
}
