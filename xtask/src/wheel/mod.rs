//! `cargo xtask wheel`: the Python package with the program and the page inside.

mod glibc;
mod stage;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use crate::{
    app::{self, Effort},
    build, project,
    setup::{Options, maturin, remove},
    step::{logged, say, step},
};

/// Most bytes of a wheel, so that a package index takes it and a user waits seconds.
const MOST: u64 = 40_000_000;

/// How the wheel is built.
#[derive(clap::Args, Clone, Copy, Debug, Default)]
pub(crate) struct Args {
    /// Take the page of `cargo xtask build --app-only --quick`: larger and slower, to try the wheel after a change
    #[arg(long)]
    quick: bool,
}

/// Builds the wheel into `target/wheels`; its path.
///
/// # Errors
/// If something cannot be set up or doesn't compile, or the wheel is larger than 40 MB.
pub(crate) fn run(args: Args, options: Options) -> Result<PathBuf> {
    let maturin = maturin::ensure()?;
    let program = build::binary()?;
    let page = app::build(options, if args.quick { Effort::Quick } else { Effort::Full })?;
    stage::write(&program, &page)?;
    let wheels = project::target().join("wheels");
    let partial = project::target().join("wheels.partial");
    remove(&partial)?;
    let mut command = Command::new(&maturin);
    command
        .args(["build", "--release", "--locked", "--manifest-path"])
        .arg(project::root().join("python/Cargo.toml"))
        .arg("--out")
        .arg(&partial)
        .args(compatibility(&program)?)
        .current_dir(project::root())
        .env("CARGO_TARGET_DIR", project::target());
    step("wheel", || logged(&mut command, &project::target().join("wheel/maturin.log")))?;
    let wheel = only_file(&partial)?;
    let size = fs::metadata(&wheel)?.len();
    anyhow::ensure!(
        size <= MOST,
        "{} has {} MB; at most {} are allowed",
        wheel.display(),
        size / 1_000_000,
        MOST / 1_000_000
    );
    remove(&wheels)?;
    fs::rename(&partial, &wheels)?;
    let wheel = only_file(&wheels)?;
    say(&format!("wheel: {} ({:.1} MB)", wheel.display(), size as f64 / 1e6));
    Ok(wheel)
}

/// On Linux the tag names the oldest C library that the program runs with, too: maturin looks at the module only.
fn compatibility(program: &Path) -> Result<Vec<String>> {
    if !cfg!(target_os = "linux") {
        return Ok(Vec::new());
    }
    let content = fs::read(program).with_context(|| format!("cannot read {}", program.display()))?;
    let needed = glibc::needed(&content).context("the program names no version of the C library")?;
    // what Python's packagers call the oldest tag that all installers know
    let minor = needed.max(17);
    Ok(vec!["--compatibility".to_owned(), format!("manylinux_2_{minor}")])
}

fn only_file(folder: &Path) -> Result<PathBuf> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    anyhow::ensure!(files.len() == 1, "{} files in {}, one wheel is expected", files.len(), folder.display());
    files.pop().with_context(|| format!("maturin left nothing in {}", folder.display()))
}
