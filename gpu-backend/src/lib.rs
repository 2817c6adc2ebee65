//! The backend of cellprism: files, ONNX Runtime, the whole job, and the web server.

pub mod cli;
pub mod engine;
pub mod http;
pub mod io;
pub mod pipeline;
pub mod scgpt;
pub mod site;
