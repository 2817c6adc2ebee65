//! Public data by name: streamed, gone on with after a broken connection or a kill, checked, and there under its name only when
//! it is whole.
//!
//! | file | idea |
//! |---|---|
//! | `item` | all files of a name |
//! | `transfer` | one file, over as many connections as it takes |
//! | `answer` | what a server says it sends |
//! | `content` | what has come, and its digest |
//! | `words` | where to put a file by hand |
//! | `error` | why a file could not be had |

mod answer;
mod content;
mod error;
mod item;
mod transfer;
mod words;

pub use error::FetchError;
pub use item::{Fetched, Options, Report, catalogue, run};
