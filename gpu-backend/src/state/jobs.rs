//! Jobs: what is kept of one, how it comes in, and how it is asked for.

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

pub(super) fn one(connection: &Connection, id: &str) -> Result<Option<Job>, StateError> {
    let query = format!("SELECT {COLUMNS} FROM jobs WHERE id = ?");
    Ok(connection.query_row(&query, [id], read).optional()?)
}

pub(super) fn tell(
    connection: &Connection,
    id: &str,
    state: JobState,
    error: Option<&str>,
) -> Result<(), StateError> {
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
