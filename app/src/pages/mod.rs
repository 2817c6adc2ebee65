//! The pages.

pub mod about;
mod baseline;
pub mod concept;
pub mod gene;
pub mod list;
pub mod overview;
pub mod own;
pub mod train;
