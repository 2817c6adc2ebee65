//! The pages.

pub mod about;
mod baseline;
pub mod compare;
pub mod concept;
pub mod evaluation;
pub mod gene;
mod gene_sets_of;
pub mod jobs;
pub mod labels;
pub mod list;
pub mod overview;
pub mod own;
pub mod pathway;
pub mod search;
pub mod study;
pub mod tasks;
pub mod train;
