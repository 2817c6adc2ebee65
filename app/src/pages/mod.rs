//! The pages.

pub mod about;
pub mod concept;
pub mod concepts;
pub mod gene;
pub mod overview;
