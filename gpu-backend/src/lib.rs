//! The backend of cellprism: files, ONNX Runtime, the whole job, and the web server.

pub mod cli;
pub mod files;
pub mod http;
pub mod jobs;
pub mod models;
pub mod runtime;
pub mod site;
pub mod work;
