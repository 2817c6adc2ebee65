//! `cargo xtask test --long`: what takes longer than every change has room for. Tests ask `CELLPRISM_LONG` whether they may.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::project;

/// The variable that tests of every language ask; `1` is yes.
pub(super) const VARIABLE: &str = "CELLPRISM_LONG";

/// Where tests are kept, from the repository's root.
const FOLDERS: [&str; 5] = ["core/tests", "gpu-backend/tests", "onnx/tests", "python/tests", "tests"];

/// The files of tests that do more where the variable is set, from the repository's root.
///
/// # Errors
/// If a folder cannot be read.
pub(super) fn files() -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for folder in FOLDERS {
        let folder = project::root().join(folder);
        if folder.is_dir() {
            collect(&folder, &mut found)?;
        }
    }
    found.sort();
    Ok(found.iter().map(|path| path.strip_prefix(project::root()).unwrap_or(path).to_owned()).collect())
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, found)?;
        } else if is_source(&path) && asks(&fs::read_to_string(&path).unwrap_or_default()) {
            found.push(path);
        }
    }
    Ok(())
}

fn is_source(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ["rs", "mjs", "py"].iter().any(|one| ending == *one))
}

/// Whether code, not a comment alone, names the variable.
fn asks(source: &str) -> bool {
    let code = |line: &&str| !["//", "#", "*"].iter().any(|sign| line.trim_start().starts_with(sign));
    source.lines().filter(code).any(|line| line.contains(VARIABLE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_counts() {
        assert!(asks("//! long\nif env::var_os(\"CELLPRISM_LONG\").is_some() {}"));
        assert!(!asks("//! With `CELLPRISM_LONG=1` more.\n# CELLPRISM_LONG\nfn f() {}"));
    }

    #[test]
    fn the_kills_of_the_server_are_among_them() {
        let found = files().unwrap();
        assert!(found.contains(&PathBuf::from("tests/tests/backend/kills.rs")), "{found:?}");
        assert!(found.contains(&PathBuf::from("tests/browser/your-data.test.mjs")), "{found:?}");
    }
}
