//! The Python package: its wheel, installed into an environment of its own, and what `python/tests` says of it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use super::count::{Count, counted};
use crate::{
    project,
    setup::{Options, remove},
    step::{is_set, logged, program, shown},
    wheel,
};

/// Packages that it is tested beside, each with its version.
const PEERS: &str = "python/tests/requirements.txt";

/// Builds the wheel and tests it.
///
/// # Errors
/// If the tests cannot be started.
pub(super) fn run(count: &mut Count, options: Options) -> Result<()> {
    let Some(python) = program("python3") else {
        count.skip("the Python package: no python3");
        return Ok(());
    };
    let mut built = None;
    count.check("wheel of the Python package", || {
        built = Some(wheel::run(wheel::Args::default(), options)?);
        Ok(())
    });
    let Some(wheel) = built else { return Ok(()) };
    let interpreter = match environment(&python) {
        Ok(interpreter) => interpreter,
        Err(error) if !is_set("CI") => {
            count.skip(&format!("the Python package: the packages of {PEERS} cannot be had: {error:#}"));
            return Ok(());
        }
        Err(error) => {
            count.check("packages that the Python package is tested beside", || Err(error));
            return Ok(());
        }
    };
    count.check("the wheel installs beside them", || {
        shown(pip(&interpreter).args(["install", "-q", "--force-reinstall", "--no-deps"]).arg(&wheel))?;
        shown(pip(&interpreter).arg("check"))
    });
    let mut tests = Command::new(interpreter);
    // isolated: the folders `onnx` and `python` of this checkout are not the packages of these names
    tests
        .args(["-I", "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider"])
        .arg(project::root().join("python/tests"))
        .env("CELLPRISM_BUNDLE", project::target().join("demo/bundle"))
        .env("CELLPRISM_WHEEL", &wheel)
        .current_dir(project::target());
    count.tell(&mut tests, "py")?;
    counted(&mut tests, count)
}

/// An environment with the packages, made anew where their list has changed; its interpreter.
fn environment(python: &Path) -> Result<PathBuf> {
    let list = fs::read(project::root().join(PEERS)).with_context(|| format!("cannot read {PEERS}"))?;
    let digest = format!("{:x}", Sha256::digest(&list));
    let folder = project::target().join("python");
    let (interpreter, stamp) = (folder.join("bin/python"), folder.join("made-from"));
    if fs::read_to_string(&stamp).is_ok_and(|text| text == digest) && interpreter.exists() {
        return Ok(interpreter);
    }
    remove(&folder)?;
    shown(Command::new(python).args(["-m", "venv"]).arg(&folder))
        .context("python3 makes no environment (Debian: apt-get install python3-venv)")?;
    let mut install = pip(&interpreter);
    install.args(["install", "-q", "--only-binary=:all:", "-r"]).arg(project::root().join(PEERS));
    logged(&mut install, &project::target().join("python.log"))?;
    fs::write(stamp, digest)?;
    Ok(interpreter)
}

fn pip(interpreter: &Path) -> Command {
    let mut command = Command::new(interpreter);
    command.args(["-m", "pip", "--disable-pip-version-check"]);
    command
}
