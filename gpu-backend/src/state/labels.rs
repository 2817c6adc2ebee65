//! Shared labels of a bundle, with their history.

use rusqlite::{OptionalExtension as _, Row, TransactionBehavior, params};
use serde_json::Value;

use super::{StateError, Store, now};

/// The labels of a bundle at one time.
#[derive(Clone, Debug, PartialEq)]
pub struct Labels {
    /// Counted from 1; 0 where nobody has written any.
    pub version: u64,
    /// Text by concept.
    pub labels: Value,
    /// The token that wrote them.
    pub author: String,
    /// When.
    pub at: i64,
}

fn read(row: &Row<'_>) -> rusqlite::Result<Labels> {
    let labels: String = row.get(1)?;
    Ok(Labels {
        version: row.get::<_, i64>(0)? as u64,
        labels: serde_json::from_str(&labels).unwrap_or(Value::Null),
        author: row.get(2)?,
        at: row.get(3)?,
    })
}

impl Store {
    /// The newest labels.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn labels(&self, bundle: &str) -> Result<Option<Labels>, StateError> {
        let query =
            "SELECT version, labels, author, at FROM labels WHERE bundle = ? ORDER BY version DESC LIMIT 1";
        Ok(self.connection().query_row(query, [bundle], read).optional()?)
    }

    /// Every version, the newest first.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn label_history(&self, bundle: &str) -> Result<Vec<Labels>, StateError> {
        let connection = self.connection();
        let query = "SELECT version, labels, author, at FROM labels WHERE bundle = ? ORDER BY version DESC LIMIT 1000";
        let mut query = connection.prepare(query)?;
        let found = query.query_map([bundle], read)?.collect::<Result<_, _>>()?;
        Ok(found)
    }

    /// Writes labels after the version that their author has seen; nothing where somebody was faster.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write_labels(
        &self,
        bundle: &str,
        seen: u64,
        labels: &Value,
        author: &str,
    ) -> Result<Option<Labels>, StateError> {
        let mut connection = self.connection();
        let all = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let newest: i64 = all.query_row(
            "SELECT COALESCE(MAX(version), 0) FROM labels WHERE bundle = ?",
            [bundle],
            |row| row.get(0),
        )?;
        if newest as u64 != seen {
            return Ok(None);
        }
        let at = now();
        all.execute(
            "INSERT INTO labels (bundle, version, labels, author, at) VALUES (?, ?, ?, ?, ?)",
            params![bundle, newest + 1, labels.to_string(), author, at],
        )?;
        all.commit()?;
        Ok(Some(Labels { version: newest as u64 + 1, labels: labels.clone(), author: author.into(), at }))
    }
}
