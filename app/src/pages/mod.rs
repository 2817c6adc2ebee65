//! The pages.

pub mod about;
mod baseline;
pub mod concept;
pub mod concepts;
pub mod gene;
pub mod overview;
pub mod train;
