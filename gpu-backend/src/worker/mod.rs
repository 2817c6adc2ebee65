//! `cellprism worker`: a process that does what the server asks of it, and whose death harms nobody else. Whatever comes from
//! users (cells, checkpoints, gene sets) is parsed here only.
//!
//! The server writes one [`Task`] a line to its stdin and reads one [`Told`] a line from its stdout. When stdin ends, so does
//! the worker, whatever it is doing: a server that was killed leaves nobody behind.
//!
//! | file | idea |
//! |---|---|
//! | `protocol` | [`Task`] and [`Told`] |
//! | `process` | the process: lines in, lines out |
//! | `lines` | progress as lines |
//! | `tasks` | what is done for each task |
//! | `interactive` | small questions about a bundle |
//! | `remedy` | errors in words, with what to do about a full disk |
//! | `look` | cells, gene sets and cards looked at before they are accepted |

mod interactive;
mod lines;
mod look;
mod process;
mod protocol;
mod remedy;
mod tasks;

pub use process::{Settings, run};
pub use protocol::{ModelToMatch, RankingAsked, Seen, SeenGeneSets, SentCounts, Subject, Task, Told};
pub use remedy::with_remedy;
