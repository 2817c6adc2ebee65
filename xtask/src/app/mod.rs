//! The app, from its crate and index.html to a folder that any web server can give out.
//!
//! It does what `trunk build --release` does with the same index.html, without a tool to install first.

mod assemble;
mod bind;
mod compile;
mod cut;
mod effort;
mod index_html;

pub(crate) use assemble::build;
pub(crate) use effort::Effort;
