//! Node.js and packages of its registry, pinned, each in a folder of its own in the cache.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Result;

use super::Cache;
use crate::step::{logged, output, program, step};

/// Where Node.js is.
pub(crate) fn node() -> Option<PathBuf> {
    program("node").or_else(|| program("nodejs"))
}

/// The version of Node.js, as it says it.
pub(crate) fn node_version() -> Option<String> {
    output(Command::new(node()?).arg("--version"))
}

/// Where a package lies once installed.
pub(super) fn folder(cache: &Path, package: &str, version: &str) -> PathBuf {
    cache.join(format!("{package}-{version}"))
}

/// Installs a package without running its scripts, unless it is there; gives the folder above `node_modules`.
///
/// # Errors
/// If npm fails.
pub(super) fn install(package: &str, version: &str) -> Result<PathBuf> {
    let folder_here = folder(&Cache::location()?, package, version);
    let entry = folder_here.join("node_modules").join(package).join("package.json");
    let cache_folder = Cache::open()?;
    if entry.exists() && cache_folder.has(package, version) {
        return Ok(folder_here);
    }
    step(&format!("{package} {version}, from npm"), || {
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"])
            .arg(&folder_here)
            .arg(format!("{package}@{version}"));
        logged(&mut npm, &cache_folder.log(package))
    })?;
    cache_folder.stamp(package, version)?;
    Ok(folder_here)
}
