//! Node.js and packages of its registry, pinned, each in a folder of its own in the cache.

use std::{
    fs,
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

/// A package as it is locked: version, and SHA-512 of what is fetched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Package {
    pub name: &'static str,
    pub version: &'static str,
    /// `package.json` and `package-lock.json` of `xtask/npm/NAME`.
    files: [&'static str; 2],
}

/// What drives the browser.
pub(crate) const PLAYWRIGHT: Package = Package {
    name: "playwright-core",
    version: "1.65.1",
    files: [
        include_str!("../../npm/playwright-core/package.json"),
        include_str!("../../npm/playwright-core/package-lock.json"),
    ],
};

/// wasm-opt.
pub(crate) const BINARYEN: Package = Package {
    name: "binaryen",
    version: "132.0.0",
    files: [
        include_str!("../../npm/binaryen/package.json"),
        include_str!("../../npm/binaryen/package-lock.json"),
    ],
};

/// Where a package lies once installed.
pub(super) fn folder(cache: &Path, package: Package) -> PathBuf {
    cache.join(format!("{}-{}", package.name, package.version))
}

/// Installs exactly what is locked, without running its scripts, unless it is there; gives the folder above `node_modules`.
///
/// # Errors
/// If npm fails, for instance because what it fetched has another checksum.
pub(super) fn install(package: Package) -> Result<PathBuf> {
    let folder_here = folder(&Cache::location()?, package);
    let entry = folder_here.join("node_modules").join(package.name).join("package.json");
    let cache_folder = Cache::open()?;
    if entry.exists() && cache_folder.has(package.name, package.version) {
        return Ok(folder_here);
    }
    step(&format!("{} {}, from npm", package.name, package.version), || {
        fs::create_dir_all(&folder_here)?;
        for (name, content) in ["package.json", "package-lock.json"].iter().zip(package.files) {
            fs::write(folder_here.join(name), content)?;
        }
        let mut npm = Command::new("npm");
        npm.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"]).arg(&folder_here);
        logged(&mut npm, &cache_folder.log(package.name))
    })?;
    cache_folder.stamp(package.name, package.version)?;
    Ok(folder_here)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_package_is_locked_by_hash_and_names_no_registry() {
        for Package { name, version, files: [wanted, lock] } in [PLAYWRIGHT, BINARYEN] {
            assert!(wanted.contains(&format!("\"{name}\": \"{version}\"")), "{wanted}");
            assert!(lock.contains(&format!("\"version\": \"{version}\"")), "{lock}");
            let packages = lock.matches("\"node_modules/").count();
            assert_eq!(lock.matches("\"integrity\": \"sha512-").count(), packages, "{lock}");
            assert!(packages > 0 && !lock.contains("://"), "{lock}");
        }
    }
}
