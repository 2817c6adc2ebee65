//! The app, compiled for the browser.

use std::{
    env,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use super::effort::{CUT, Effort};
use crate::{
    project,
    setup::wasm_target::{TARGET, WasmToolchain},
    step::{output, shown},
};

/// Compiles the app's programs; gives their WebAssembly files.
///
/// # Errors
/// If they don't compile.
pub(super) fn compile(toolchain: WasmToolchain, bins: &[&str], effort: Effort) -> Result<Vec<PathBuf>> {
    let target = project::target().join("wasm");
    let mut cargo = toolchain.cargo();
    cargo.args(["build", "--target", TARGET, "--profile", effort.profile(), "--target-dir"]);
    cargo.arg(&target);
    // each program is a package of its name: programs of one package would share its level of optimisation
    for bin in bins {
        cargo.args(["--package", bin, "--bin", bin]);
    }
    if effort == Effort::Full {
        cargo.arg("--features").arg(format!("{CUT}/split"));
    }
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags(toolchain)?.join("\u{1f}"));
    shown(&mut cargo)?;
    let folder = target.join(TARGET).join(effort.profile());
    Ok(bins.iter().map(|bin| folder.join(format!("{bin}.wasm"))).collect())
}

/// SIMD, no path of this machine in panic messages, and views whose types are erased: every combination of elements and
/// attributes would be compiled on its own, which makes the page a third larger.
fn flags(toolchain: WasmToolchain) -> Result<Vec<String>> {
    let sysroot =
        output(toolchain.rustc().args(["--print", "sysroot"])).context("the compiler doesn't run")?;
    let home = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(".cargo")));
    let registry = home.map(|home| registry_sources(&home.join("registry/src"))).unwrap_or_default();
    // where several match, the last one wins
    let mut flags = vec!["-Ctarget-feature=+simd128".to_owned(), "--cfg=erase_components".to_owned()];
    flags.push(remap(Path::new(&sysroot), "rust"));
    flags.extend(registry.iter().map(|folder| remap(folder, "crates")));
    flags.push(remap(project::root(), "cellprism"));
    Ok(flags)
}

/// One folder for each registry.
fn registry_sources(sources: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(sources).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

fn remap(folder: &Path, name: &str) -> String {
    format!("--remap-path-prefix={}={name}", folder.display())
}
