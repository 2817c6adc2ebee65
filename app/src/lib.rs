//! What the page and its worker share: the messages between them.

pub mod subject;
pub mod task;
