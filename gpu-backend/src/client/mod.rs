//! A client of `cellprism serve --data-dir`, for the command line and for programs in Rust.
//!
//! | file | idea |
//! |---|---|
//! | `connection` | [`Client`]: requests and answers in JSON |
//! | `error` | [`ClientError`]: what the server, or the network, says |
//! | `upload` | files sent in pieces, gone on with after a broken connection |
//! | `events` | a job followed, gone on with likewise |
//! | `bundle` | a bundle fetched, each file checked |

mod bundle;
mod connection;
mod error;
mod events;
mod upload;

pub use connection::Client;
pub use error::ClientError;
pub use events::Told;
