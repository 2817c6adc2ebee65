//! The Python package: its wheel, installed into an environment of its own, and what `python/tests` says of it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use super::count::Count;
use crate::{
    project,
    setup::Options,
    step::{program, shown},
    wheel,
};

/// What the tests read results with, besides the package's own extra.
const PEERS: [&str; 5] = ["pytest>=8", "safetensors>=0.4", "scanpy>=1.10", "gseapy>=1.1", "matplotlib>=3.8"];

/// Builds the wheel and tests it.
pub(super) fn run(count: &mut Count, options: Options) {
    let Some(python) = program("python3") else {
        return count.skip("the Python package: no python3");
    };
    let mut built = None;
    count.check("wheel of the Python package", || {
        built = Some(wheel::run(options)?);
        Ok(())
    });
    let Some(wheel) = built else { return };
    let mut ready = None;
    count.check("the wheel installs, with the packages that it is tested beside", || {
        ready = Some(environment(&python, &wheel)?);
        Ok(())
    });
    let Some(interpreter) = ready else { return };
    let mut tests = Command::new(interpreter);
    // isolated: the folders `onnx` and `python` of this checkout are not the packages of these names
    tests
        .args(["-I", "-m", "pytest", "-q", "-p", "no:cacheprovider"])
        .arg(project::root().join("python/tests"))
        .env("CELLPRISM_BUNDLE", project::target().join("demo/bundle"))
        .current_dir(project::target());
    count.command("tests of the Python package", &mut tests);
}

/// An environment with the wheel in it; its interpreter.
fn environment(python: &Path, wheel: &Path) -> Result<PathBuf> {
    let folder = project::target().join("python");
    let interpreter = folder.join("bin/python");
    if !interpreter.exists() {
        shown(Command::new(python).args(["-m", "venv"]).arg(&folder))
            .context("python3 makes no environment (Debian: apt-get install python3-venv)")?;
    }
    let pip = || {
        let mut command = Command::new(&interpreter);
        command.args(["-m", "pip", "-q", "install", "--disable-pip-version-check"]);
        command
    };
    shown(pip().arg(format!("{}[anndata]", wheel.display())).args(PEERS))?;
    // a wheel of the same version again: the one built just now
    shown(pip().args(["--force-reinstall", "--no-deps"]).arg(wheel))?;
    fs::canonicalize(&folder).context("the environment is gone")?;
    Ok(interpreter)
}
