//! `cargo xtask wheel`: the Python package with the program and the page inside.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use crate::{
    app, build, project,
    setup::{Options, maturin, remove},
    step::{say, shown, step},
};

/// Most bytes of a wheel, so that a package index takes it and a user waits seconds.
const MOST: u64 = 40_000_000;

/// Builds the wheel into `target/wheels`; its path.
///
/// # Errors
/// If something cannot be set up or doesn't compile, or the wheel is larger than 40 MB.
pub(crate) fn run(options: Options) -> Result<PathBuf> {
    let maturin = maturin::ensure()?;
    let program = build::binary()?;
    let page = app::build(options)?;
    stage(&program, &page)?;
    let wheels = project::target().join("wheels");
    remove(&wheels)?;
    step("wheel", || {
        let mut command = Command::new(&maturin);
        command
            .args(["build", "--release", "--locked", "--manifest-path"])
            .arg(project::root().join("python/Cargo.toml"))
            .arg("--out")
            .arg(&wheels)
            .current_dir(project::root())
            .env("CARGO_TARGET_DIR", project::target());
        shown(&mut command)
    })?;
    let wheel = only_file(&wheels)?;
    let size = fs::metadata(&wheel)?.len();
    anyhow::ensure!(
        size <= MOST,
        "{} has {} MB; at most {} are allowed",
        wheel.display(),
        size / 1_000_000,
        MOST / 1_000_000
    );
    say(&format!("wheel: {} ({:.1} MB)", wheel.display(), size as f64 / 1e6));
    Ok(wheel)
}

/// What goes into the package beside its Python: the program, and beside its folder the page, where it looks for it.
fn stage(program: &Path, page: &Path) -> Result<()> {
    let package = project::target().join("wheel/cellprism.data/platlib/cellprism");
    remove(&package)?;
    let (programs, pages) = (package.join("bin"), package.join("app"));
    fs::create_dir_all(&programs)?;
    fs::create_dir_all(&pages)?;
    fs::copy(program, programs.join("cellprism"))?;
    for entry in fs::read_dir(page).with_context(|| format!("cannot read {}", page.display()))? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            fs::copy(entry.path(), pages.join(entry.file_name()))?;
        }
    }
    Ok(())
}

fn only_file(folder: &Path) -> Result<PathBuf> {
    let mut files = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    files.pop().with_context(|| format!("maturin left nothing in {}", folder.display()))
}
