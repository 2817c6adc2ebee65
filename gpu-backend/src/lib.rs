//! The backend of cellprism: files, ONNX Runtime, the whole job, and the web server.

// What may be closed by its reader is written to by `cli::stdout` and `cli::stderr` only.
#![cfg_attr(not(test), warn(clippy::print_stdout, clippy::print_stderr))]

pub mod cli;
pub mod client;
pub mod fetch;
pub mod files;
pub mod http;
pub mod jobs;
pub mod models;
pub mod queue;
pub mod runtime;
pub mod site;
pub mod state;
pub mod work;
pub mod worker;
