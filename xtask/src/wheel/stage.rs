//! What goes into the package beside its Python: the program, and beside its folder the page, where it looks for it;
//! and the licences.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::{project, setup::remove};

/// Writes the folder that `python/pyproject.toml` names.
///
/// # Errors
/// If something cannot be copied.
pub(super) fn write(program: &Path, page: &Path) -> Result<()> {
    let package = folder();
    remove(&package)?;
    let programs = package.join("bin");
    fs::create_dir_all(&programs)?;
    fs::copy(program, programs.join("cellprism"))
        .with_context(|| format!("cannot copy {}", program.display()))?;
    for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
        fs::copy(project::root().join(licence), package.join(licence))?;
    }
    copy(page, &package.join("app"))
}

/// Fixed, wherever cargo builds: the package's configuration cannot ask.
fn folder() -> PathBuf {
    project::root().join("target/wheel/cellprism.data/platlib/cellprism")
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
