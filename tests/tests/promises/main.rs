//! What is promised of every output: whole or absent, whoever kills the program; written by one run at a time; nobody's
//! file, folder, link or device in its place; and the same bytes after any interruption.
#![allow(clippy::unwrap_used)] // all of this file is tests

mod killed;
mod older;
mod outputs;
mod pairs;
mod places;
mod quiet;
mod setting;
