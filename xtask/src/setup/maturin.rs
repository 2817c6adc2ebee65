//! maturin, which builds wheels; a program in a wheel of its own, no Python runs it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use super::{
    cache::{self, Cache},
    onnxruntime::pip,
};
use crate::step::{logged, step};

/// The version that the wheel is built with.
const VERSION: &str = "1.16.0";

/// SHA-256 of its wheels for Linux (x86-64, ARM).
const WHEELS: [&str; 2] = [
    "837db2f4d93d4899c3ac393fb3cc9eebf35b6002336e5d574f4a4fb6c49fe283",
    "e285ec9eb10243d45d10417178cb2eb76e0cbb184d0aa4378b503489fa12ee78",
];

/// Makes sure that it is there; its path.
///
/// # Errors
/// If there is no pip to fetch it with, or pip fails.
pub(crate) fn ensure() -> Result<PathBuf> {
    let cache = Cache::open()?;
    let folder = cache.path(format!("maturin-{VERSION}"));
    let maturin = folder.join("bin/maturin");
    if !maturin.is_file() {
        let Some(pip) = pip() else { bail!("no pip to fetch maturin with: install Python 3 with pip") };
        step(&format!("maturin {VERSION}, from its Python wheel (about 10 MB)"), || {
            fetch(&cache, &pip, &folder)
        })?;
    }
    maturin.is_file().then_some(maturin).context("the wheel of maturin held no program")
}

fn fetch(cache: &Cache, pip: &[String], folder: &Path) -> Result<()> {
    let work = folder.with_extension("partial");
    cache::remove(&work)?;
    fs::create_dir_all(&work)?;
    let hashes = WHEELS.map(|hash| format!(" --hash=sha256:{hash}")).concat();
    let wanted = work.join("requirements.txt");
    fs::write(&wanted, format!("maturin=={VERSION}{hashes}\n"))?;
    let mut install = Command::new(&pip[0]);
    install
        .args(&pip[1..])
        .args([
            "install",
            "--disable-pip-version-check",
            "--no-deps",
            "--only-binary=:all:",
            "--require-hashes",
        ])
        .arg("--target")
        .arg(&work)
        .arg("-r")
        .arg(&wanted);
    logged(&mut install, &cache.log("maturin"))?;
    cache::remove(folder)?;
    Ok(fs::rename(&work, folder)?)
}
