//! The database, opened by one process.

use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::sleep,
    time::{Duration, Instant},
};

use rusqlite::Connection;

use super::{StateError, migrations};

/// How long another program may hold the database before a change is given up.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long, where one was given up a moment ago: changes wait for each other, and each would wait for all before it.
const LESS_PATIENCE: Duration = Duration::from_millis(100);
/// What a moment is.
const MOMENT: Duration = Duration::from_secs(2);
/// How often it is looked whether the other program has let go.
const LOOK: Duration = Duration::from_millis(20);

/// Answers SQLite, which asks the `n`-th time for the same change whether it should try again.
fn patient() -> impl FnMut(i32) -> bool {
    // When a change was last given up.
    let mut given_up = None::<Instant>;
    move |n| {
        let waited = LOOK * n.unsigned_abs();
        let again = given_up.is_some_and(|when| when.elapsed() < MOMENT + waited);
        if waited >= if again { LESS_PATIENCE } else { PATIENCE } {
            given_up = Some(Instant::now());
            return false;
        }
        sleep(LOOK);
        true
    }
}

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
        connection.busy_handler(Some(patient()))?;
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
