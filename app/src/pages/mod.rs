//! The pages.

pub mod about;
mod baseline;
pub mod concept;
pub mod evaluation;
pub mod gene;
pub mod list;
pub mod overview;
pub mod pathway;
pub mod search;
pub mod tasks;
pub mod train;
