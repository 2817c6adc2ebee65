//! Jobs, and the only changes of state that there are. Each is one transaction with its event.

use std::fmt;

use rusqlite::{Connection, OptionalExtension as _, Row, TransactionBehavior, params};
use serde_json::{Value, json};

use super::{EventKind, StateError, Store, events::add, ids::fresh, now};

/// Where a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobState {
    /// It waits.
    Queued,
    /// A worker does it.
    Running,
    /// Its bundle is there.
    Succeeded,
    /// It could not be done.
    Failed,
    /// Somebody has stopped it.
    Cancelled,
}

impl JobState {
    /// All, in the order of a job's life.
    pub const ALL: [Self; 5] = [Self::Queued, Self::Running, Self::Succeeded, Self::Failed, Self::Cancelled];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing more happens by itself.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }

    fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

impl fmt::Display for JobState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A job as it is now.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// Its name in addresses, and that of its bundle.
    pub id: String,
    /// Where it is.
    pub state: JobState,
    /// The stage that goes on, empty before the first.
    pub stage: String,
    /// Steps of that stage that are done.
    pub done: u64,
    /// Steps of that stage.
    pub total: u64,
    /// When it was submitted.
    pub created: i64,
    /// When a worker first took it.
    pub started: Option<i64>,
    /// When it ended.
    pub finished: Option<i64>,
    /// Why it failed.
    pub error: Option<String>,
    /// What was asked for, as it was sent.
    pub asked: Value,
    /// Where it runs.
    pub device: String,
    /// The token that submitted it.
    pub owner: String,
    /// Whether somebody wants it to stop.
    pub cancelling: bool,
    /// Whether its result stays when room is made.
    pub pinned: bool,
}

/// A job to be kept.
#[derive(Clone, Copy, Debug)]
pub struct NewJob<'a> {
    /// What is asked for.
    pub asked: &'a Value,
    /// Where it runs.
    pub device: &'a str,
    /// Who asks.
    pub owner: &'a str,
    /// The name under which the same request may be sent again.
    pub idempotency: Option<&'a str>,
    /// Most jobs that may wait.
    pub most_waiting: u64,
    /// Most jobs of one token that wait or run.
    pub most_own: u64,
}

/// What became of a submission.
#[derive(Clone, Debug, PartialEq)]
pub enum Submitted {
    /// It is kept.
    New(Job),
    /// The same request was sent before: its job.
    Again(Job),
    /// Another request had the same name.
    Other,
    /// Too many wait.
    Full,
    /// Too many of this token wait or run.
    TooManyOwn,
}

const COLUMNS: &str = "id, state, stage, done, total, created, started, finished, error, asked, device, owner, cancelling, pinned";

fn read(row: &Row<'_>) -> rusqlite::Result<Job> {
    let (state, asked): (String, String) = (row.get(1)?, row.get(9)?);
    Ok(Job {
        id: row.get(0)?,
        // The table admits no other name.
        state: JobState::of(&state).unwrap_or(JobState::Failed),
        stage: row.get(2)?,
        done: row.get::<_, i64>(3)? as u64,
        total: row.get::<_, i64>(4)? as u64,
        created: row.get(5)?,
        started: row.get(6)?,
        finished: row.get(7)?,
        error: row.get(8)?,
        asked: serde_json::from_str(&asked).unwrap_or(Value::Null),
        device: row.get(10)?,
        owner: row.get(11)?,
        cancelling: row.get(12)?,
        pinned: row.get(13)?,
    })
}

fn one(connection: &Connection, id: &str) -> Result<Option<Job>, StateError> {
    let query = format!("SELECT {COLUMNS} FROM jobs WHERE id = ?");
    Ok(connection.query_row(&query, [id], read).optional()?)
}

fn tell(connection: &Connection, id: &str, state: JobState, error: Option<&str>) -> Result<(), StateError> {
    let mut data = json!({"state": state.name()});
    if let Some(error) = error {
        data["error"] = json!(error);
    }
    if state == JobState::Succeeded {
        data["bundle"] = json!(id);
    }
    add(connection, id, EventKind::State, &data)
}

impl Store {
    /// Keeps a job, or says why not; with a name of its own the same request makes one job, however often it is sent.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn submit(&self, new: &NewJob<'_>) -> Result<Submitted, StateError> {
        let mut connection = self.connection();
        let all = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if let Some(name) = new.idempotency {
            let query = format!("SELECT {COLUMNS} FROM jobs WHERE owner = ? AND idempotency = ?");
            let known = all.query_row(&query, [new.owner, name], read).optional()?;
            if let Some(job) = known {
                return Ok(if job.asked == *new.asked { Submitted::Again(job) } else { Submitted::Other });
            }
        }
        let count = |query: &str, of: Option<&str>| -> Result<u64, StateError> {
            Ok(all.query_row(query, [of], |row| row.get::<_, i64>(0))? as u64)
        };
        if count("SELECT COUNT(*) FROM jobs WHERE state = 'queued' AND ?1 IS NULL", None)? >= new.most_waiting
        {
            return Ok(Submitted::Full);
        }
        let own = "SELECT COUNT(*) FROM jobs WHERE state IN ('queued', 'running') AND owner = ?1";
        if count(own, Some(new.owner))? >= new.most_own {
            return Ok(Submitted::TooManyOwn);
        }
        let id = fresh()?;
        all.execute(
            "INSERT INTO jobs (id, place, state, created, asked, device, owner, idempotency) \
             VALUES (?1, (SELECT COALESCE(MAX(place), 0) + 1 FROM jobs), 'queued', ?2, ?3, ?4, ?5, ?6)",
            params![id, now(), new.asked.to_string(), new.device, new.owner, new.idempotency],
        )?;
        tell(&all, &id, JobState::Queued, None)?;
        let job =
            one(&all, &id)?.ok_or_else(|| StateError::Damaged("a job that was just kept is gone".into()))?;
        all.commit()?;
        Ok(Submitted::New(job))
    }

    /// A job.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn job(&self, id: &str) -> Result<Option<Job>, StateError> {
        one(&self.connection(), id)
    }

    /// Jobs, the newest first.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn jobs(&self, state: Option<&str>, most: u32) -> Result<Vec<Job>, StateError> {
        let connection = self.connection();
        let query =
            format!("SELECT {COLUMNS} FROM jobs WHERE ?1 IS NULL OR state = ?1 ORDER BY rowid DESC LIMIT ?2");
        let mut query = connection.prepare(&query)?;
        let found = query.query_map(params![state, most], read)?.collect::<Result<_, _>>()?;
        Ok(found)
    }

    /// How many jobs are in each state.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn jobs_by_state(&self) -> Result<Vec<(JobState, u64)>, StateError> {
        let connection = self.connection();
        let mut query = connection.prepare_cached("SELECT COUNT(*) FROM jobs WHERE state = ?")?;
        JobState::ALL
            .into_iter()
            .map(|state| Ok((state, query.query_row([state.name()], |row| row.get::<_, i64>(0))? as u64)))
            .collect()
    }

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

    /// Whether a job's result stays when room is made; whether there is such a job.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn pin(&self, id: &str, pinned: bool) -> Result<bool, StateError> {
        Ok(self.connection().execute("UPDATE jobs SET pinned = ? WHERE id = ?", params![pinned, id])? > 0)
    }

    /// Forgets a job that waits no more; whether it is gone.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn forget_job(&self, id: &str) -> Result<bool, StateError> {
        let query = "DELETE FROM jobs WHERE id = ? AND state IN ('succeeded', 'failed', 'cancelled')";
        Ok(self.connection().execute(query, [id])? > 0)
    }

    /// Whether a job that waits or runs was asked for with this dataset, model or library.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn is_needed(&self, id: &str) -> Result<bool, StateError> {
        // Names are random: one stands in a request only where it was meant.
        let query =
            "SELECT EXISTS (SELECT 1 FROM jobs WHERE state IN ('queued', 'running') AND instr(asked, ?) > 0)";
        Ok(self.connection().query_row(query, [format!("\"{id}\"")], |row| row.get(0))?)
    }
}
