//! What the server must not forget: SQLite in one file, every change on the disk before anybody hears of it.
//!
//! | file | idea |
//! |---|---|
//! | `store` | [`Store`]: the database, opened by one process |
//! | `migrations` | its tables, version by version |
//! | `error` | [`StateError`]: busy, full, damaged |
//! | `ids` | names that nobody can guess |
//! | `clock` | time as it is kept |
//! | `uploads` | what is being sent, and how much of it is on the disk |
//! | `libraries` | datasets, gene sets and imported models |
//! | `jobs` | what is kept of a job |
//! | `transitions` | the only changes of its state that there are |
//! | `events` | what happened in a job, numbered |
//! | `labels` | shared labels of a bundle, with their history |
//! | `audit` | who changed what |

mod audit;
mod clock;
mod error;
mod events;
mod ids;
mod jobs;
mod labels;
mod libraries;
mod migrations;
mod store;
#[cfg(test)]
mod tests;
mod transitions;
mod uploads;

pub use audit::Act;
pub use clock::{in_words, now};
pub use error::StateError;
pub use events::{Event, EventKind};
pub use ids::fresh;
pub use jobs::{Job, JobState, NewJob, Submitted};
pub use labels::Labels;
pub use libraries::{Dataset, GeneSetLibrary, ImportedModel};
pub use store::Store;
pub use uploads::Upload;
