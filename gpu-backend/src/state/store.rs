//! The database, opened by one process.

use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rusqlite::Connection;

use super::{StateError, migrations};

/// How long another program may hold the database before a change is given up.
const PATIENCE: Duration = Duration::from_secs(5);

/// The database. Cloned, it is the same one.
#[derive(Clone, Debug)]
pub struct Store {
    connection: Arc<Mutex<Connection>>,
}

impl Store {
    /// Opens the file, or makes it, and brings its tables up to date.
    ///
    /// # Errors
    /// If it cannot be read or written, or is of a newer program.
    ///
    /// ```
    /// # use cellprism_gpu_backend::state::Store;
    /// let folder = tempfile::tempdir()?;
    /// let store = Store::open(&folder.path().join("state.sqlite"))?;
    /// assert!(store.datasets()?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn open(path: &Path) -> Result<Self, StateError> {
        let mut connection = Connection::open(path)?;
        connection.busy_timeout(PATIENCE)?;
        // A change is on the disk, the log synchronised, before it is told to anybody.
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", "ON")?;
        migrations::migrate(&mut connection)?;
        Ok(Self { connection: Arc::new(Mutex::new(connection)) })
    }

    /// The connection, for one request to it.
    pub(super) fn connection(&self) -> MutexGuard<'_, Connection> {
        // A request that panicked has rolled its transaction back.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it answers, and can be written to.
    ///
    /// # Errors
    /// If not.
    pub fn check(&self) -> Result<(), StateError> {
        let mut connection = self.connection();
        let all = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        Ok(all.commit()?)
    }
}
