//! The only changes of a job's state that there are after it came in. Each is one transaction with its event.

use rusqlite::{OptionalExtension as _, TransactionBehavior, params};
use serde_json::json;

use super::{
    EventKind, StateError, Store,
    events::add,
    jobs::{Job, JobState, Submitted, one, tell},
    now,
};

impl Store {
    /// Takes the job for a device that has waited longest: from now on it is running.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn take_next(&self, device: &str) -> Result<Option<Job>, StateError> {
        let mut connection = self.connection();
        let all = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let query = "SELECT id FROM jobs WHERE state = 'queued' AND device = ? ORDER BY place LIMIT 1";
        let Some(id) = all.query_row(query, [device], |row| row.get::<_, String>(0)).optional()? else {
            return Ok(None);
        };
        all.execute(
            "UPDATE jobs SET state = 'running', started = COALESCE(started, ?), error = NULL WHERE id = ?",
            params![now(), id],
        )?;
        tell(&all, &id, JobState::Running, None)?;
        let job = one(&all, &id)?;
        all.commit()?;
        Ok(job)
    }

    /// Notes how far a running job is.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn progress(
        &self,
        id: &str,
        stage: &str,
        done: u64,
        total: u64,
        unit: &str,
    ) -> Result<(), StateError> {
        let mut connection = self.connection();
        let all = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let (done, total) = (done.min(i64::MAX as u64), total.min(i64::MAX as u64));
        let changed = all.execute(
            "UPDATE jobs SET stage = ?, done = ?, total = ? WHERE id = ? AND state = 'running'",
            params![stage, done as i64, total as i64, id],
        )?;
        if changed > 0 {
            let data = json!({"stage": stage, "done": done, "total": total, "unit": unit});
            add(&all, id, EventKind::Progress, &data)?;
        }
        Ok(all.commit()?)
    }

    /// Notes a line of a job for people.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn log(&self, id: &str, line: &str) -> Result<(), StateError> {
        let mut connection = self.connection();
        let all = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if one(&all, id)?.is_some() {
            add(&all, id, EventKind::Log, &json!({"line": line}))?;
        }
        Ok(all.commit()?)
    }

    /// A running job has ended; whether it was still running.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn end(&self, id: &str, state: JobState, error: Option<&str>) -> Result<bool, StateError> {
        let mut connection = self.connection();
        let all = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let changed = all.execute(
            "UPDATE jobs SET state = ?, error = ?, finished = ?, cancelling = 0 WHERE id = ? AND state = 'running'",
            params![state.name(), error, now(), id],
        )?;
        if changed > 0 {
            tell(&all, id, state, error)?;
        }
        all.commit()?;
        Ok(changed > 0)
    }

    /// The worker of a running job has died: the job waits again, at the head of the queue, unless it has died so often
    /// at the same place that it would go on for ever. Whether it waits.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn died(&self, id: &str, most: u32, why: &str) -> Result<bool, StateError> {
        let mut connection = self.connection();
        let all = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let Some(job) = one(&all, id)?.filter(|job| job.state == JobState::Running) else { return Ok(false) };
        let place = format!("{} {}", job.stage, job.done);
        let (deaths, died_at): (i64, String) =
            all.query_row("SELECT deaths, died_at FROM jobs WHERE id = ?", [id], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        let deaths = if died_at == place { deaths + 1 } else { 1 };
        let waits = deaths < i64::from(most);
        let (state, error) = if waits {
            (JobState::Queued, None)
        } else {
            (JobState::Failed, Some(format!("{why}; it died {deaths} times at the same place")))
        };
        all.execute(
            "UPDATE jobs SET state = ?, deaths = ?, died_at = ?, error = ?, finished = ? WHERE id = ?",
            params![state.name(), deaths, place, error, (!waits).then(now), id],
        )?;
        add(&all, id, EventKind::Log, &json!({"line": why}))?;
        tell(&all, id, state, error.as_deref())?;
        all.commit()?;
        Ok(waits)
    }

    /// After a start of the server: jobs that were running wait again, before all others. How many.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn requeue(&self) -> Result<usize, StateError> {
        let mut connection = self.connection();
        let all = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let running: Vec<String> = {
            let mut query = all.prepare("SELECT id FROM jobs WHERE state = 'running'")?;
            query.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?
        };
        for id in &running {
            all.execute("UPDATE jobs SET state = 'queued' WHERE id = ?", [id])?;
            add(&all, id, EventKind::Log, &json!({"line": "the server was started anew; the job goes on"}))?;
            tell(&all, id, JobState::Queued, None)?;
        }
        all.commit()?;
        Ok(running.len())
    }

    /// Somebody wants a job to stop: a waiting one has, a running one is told to. The job as it is then.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn cancel(&self, id: &str) -> Result<Option<Job>, StateError> {
        let mut connection = self.connection();
        let all = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let waiting = all.execute(
            "UPDATE jobs SET state = 'cancelled', finished = ? WHERE id = ? AND state = 'queued'",
            params![now(), id],
        )?;
        if waiting > 0 {
            tell(&all, id, JobState::Cancelled, None)?;
        }
        all.execute("UPDATE jobs SET cancelling = 1 WHERE id = ? AND state = 'running'", [id])?;
        let job = one(&all, id)?;
        all.commit()?;
        Ok(job)
    }

    /// A job that failed or was stopped waits again. The job, or nothing where there is none; its state tells whether it waits.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn retry(&self, id: &str, most_waiting: u64) -> Result<Option<Result<Job, Submitted>>, StateError> {
        let mut connection = self.connection();
        let all = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let Some(job) = one(&all, id)? else { return Ok(None) };
        if !matches!(job.state, JobState::Failed | JobState::Cancelled) {
            return Ok(Some(Ok(job)));
        }
        let waiting: i64 =
            all.query_row("SELECT COUNT(*) FROM jobs WHERE state = 'queued'", [], |row| row.get(0))?;
        if waiting as u64 >= most_waiting {
            return Ok(Some(Err(Submitted::Full)));
        }
        all.execute(
            "UPDATE jobs SET state = 'queued', error = NULL, finished = NULL, cancelling = 0, deaths = 0, \
             stage = '', done = 0, total = 0, place = (SELECT COALESCE(MAX(place), 0) + 1 FROM jobs) WHERE id = ?",
            [id],
        )?;
        tell(&all, id, JobState::Queued, None)?;
        let job = one(&all, id)?;
        all.commit()?;
        Ok(job.map(Ok))
    }
}
