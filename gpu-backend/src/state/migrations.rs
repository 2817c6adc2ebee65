//! The tables, version by version: a file of an older program is brought up to date, one of a newer program refused.

use rusqlite::Connection;

use super::StateError;

/// What leads from each version to the next; the first from an empty file. Never changed, only added to.
const STEPS: [&str; 1] = [include_str!("schema_1.sql")];

/// Brings the tables up to date.
///
/// # Errors
/// If the file is of a newer program, or cannot be written.
pub fn migrate(connection: &mut Connection) -> Result<(), StateError> {
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let known = STEPS.len() as i64;
    if found > known {
        return Err(StateError::Newer { found, known });
    }
    for (step, version) in STEPS.iter().zip(1..).skip(found.max(0) as usize) {
        let all = connection.transaction()?;
        all.execute_batch(step)?;
        all.pragma_update(None, "user_version", version)?;
        all.commit()?;
    }
    Ok(())
}
