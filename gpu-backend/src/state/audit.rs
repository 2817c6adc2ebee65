//! Who changed what: one row for each request that was not only reading.

use rusqlite::params;

use super::{StateError, Store, now};

/// A request that changed something, or tried to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// When.
    pub at: i64,
    /// Name of the token.
    pub who: String,
    /// The request's own name, as in the logs and in its answer.
    pub request: String,
    /// `POST`, `PUT`, `PATCH` or `DELETE`.
    pub method: String,
    /// Its path.
    pub path: String,
    /// How it was answered.
    pub status: u16,
}

impl Store {
    /// Notes it.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn note(&self, act: &Act) -> Result<(), StateError> {
        self.connection().execute(
            "INSERT INTO audit (at, who, request, method, path, status) VALUES (?, ?, ?, ?, ?, ?)",
            params![act.at, act.who, act.request, act.method, act.path, act.status],
        )?;
        Ok(())
    }

    /// The newest acts, the newest first.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn acts(&self, most: u32) -> Result<Vec<Act>, StateError> {
        let connection = self.connection();
        let mut query = connection.prepare(
            "SELECT at, who, request, method, path, status FROM audit ORDER BY rowid DESC LIMIT ?",
        )?;
        let read = |row: &rusqlite::Row<'_>| {
            Ok(Act {
                at: row.get(0)?,
                who: row.get(1)?,
                request: row.get(2)?,
                method: row.get(3)?,
                path: row.get(4)?,
                status: row.get(5)?,
            })
        };
        let found = query.query_map([most], read)?.collect::<Result<_, _>>()?;
        Ok(found)
    }

    /// Forgets acts that are older than so many seconds.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn forget_acts(&self, seconds: i64) -> Result<(), StateError> {
        self.connection().execute("DELETE FROM audit WHERE at < ?", [now() - seconds])?;
        Ok(())
    }
}
