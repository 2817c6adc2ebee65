//! The book in `docs`: its reference is the program's and the types' own, its links lead somewhere, and what it prints as
//! a command runs as printed. `cargo xtask docs` writes the reference anew.
#![allow(clippy::unwrap_used)] // all of this is tests

mod commands;
mod links;
mod printed;
mod types;

use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// The book's folder.
fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs")
}

/// The page holds this, or is written where `CELLPRISM_WRITE_DOCS` asks for it.
fn is_current(page: &str, expected: &str) {
    let path = docs().join(page);
    if env::var_os("CELLPRISM_WRITE_DOCS").is_some() {
        fs::write(&path, expected).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    let line = found.lines().zip(expected.lines()).position(|(a, b)| a != b);
    assert!(
        found == expected,
        "docs/{page} is stale from line {} on: cargo xtask docs writes it anew",
        line.unwrap_or_else(|| found.lines().count().min(expected.lines().count())) + 1
    );
}

/// The pages of the book, by their paths from its folder.
fn pages() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(docs().join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{folder}{}", entry.file_name().to_string_lossy());
            if entry.file_type().unwrap().is_dir() {
                folders.push(format!("{name}/"));
            } else if name.ends_with(".md") {
                found.push((name, fs::read_to_string(entry.path()).unwrap()));
            }
        }
    }
    found.sort();
    found
}
