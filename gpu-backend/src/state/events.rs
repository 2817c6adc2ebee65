//! What happened in a job, numbered from 1 without gaps: a reader that names the last one it has goes on from there.

use rusqlite::{Connection, params};
use serde_json::Value;

use super::{StateError, Store, now};

/// Most events that are read at once.
const AT_ONCE: i64 = 500;

/// What an event tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// The job's state has changed.
    State,
    /// A stage has begun, or gone on.
    Progress,
    /// A line for people.
    Log,
}

impl EventKind {
    /// Its name in streams.
    pub fn name(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Progress => "progress",
            Self::Log => "log",
        }
    }
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its number in the job.
    pub id: u64,
    /// `state`, `progress` or `log`.
    pub kind: String,
    /// JSON.
    pub data: String,
    /// When.
    pub at: i64,
}

/// Adds an event within a change of the job.
pub(super) fn add(
    connection: &Connection,
    job: &str,
    kind: EventKind,
    data: &Value,
) -> Result<(), StateError> {
    connection.execute(
        "INSERT INTO events (job, id, kind, data, at) \
         SELECT ?1, COALESCE(MAX(id), 0) + 1, ?2, ?3, ?4 FROM events WHERE job = ?1",
        params![job, kind.name(), data.to_string(), now()],
    )?;
    Ok(())
}

impl Store {
    /// Events of a job after the one with this number, at most some hundred.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn events_after(&self, job: &str, last: u64) -> Result<Vec<Event>, StateError> {
        let connection = self.connection();
        let mut query = connection.prepare_cached(
            "SELECT id, kind, data, at FROM events WHERE job = ? AND id > ? ORDER BY id LIMIT ?",
        )?;
        let last = i64::try_from(last).unwrap_or(i64::MAX);
        let read = |row: &rusqlite::Row<'_>| {
            Ok(Event {
                id: row.get::<_, i64>(0)? as u64,
                kind: row.get(1)?,
                data: row.get(2)?,
                at: row.get(3)?,
            })
        };
        let found = query.query_map(params![job, last, AT_ONCE], read)?.collect::<Result<_, _>>()?;
        Ok(found)
    }
}
