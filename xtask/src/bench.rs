//! `cargo xtask bench`: this program beside its peers, on this machine, into BENCHMARKS.md.
//!
//! Each benchmark is `tests/bench/NAME.py` with `tests/bench/NAME.requirements.txt` beside it, which pins the peers.
//! The script prints its table, in Markdown, and finds the program in `CELLPRISM_BINARY`.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crate::{
    build, project,
    setup::{Cache, Options, onnxruntime, remove, wasm_target},
    step::{logged, program, say, shown, step},
};

/// What to measure.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Benchmarks; all of them if none is named
    names: Vec<String>,
    /// Print the tables without changing BENCHMARKS.md
    #[arg(long)]
    dry_run: bool,
}

/// Runs the benchmarks.
///
/// # Errors
/// If there is no such benchmark, its peers cannot be installed, or its script fails.
pub(crate) fn run(args: &Args, options: Options) -> Result<()> {
    let known = known()?;
    if let Some(name) = args.names.iter().find(|name| !known.contains(name)) {
        bail!("no benchmark {name}; there are: {}", known.join(", "));
    }
    onnxruntime::ensure()?;
    build::binary()?;
    for name in if args.names.is_empty() { &known } else { &args.names } {
        let table = measure(name, options)?;
        println!("{table}");
        if !args.dry_run {
            let path = project::root().join("BENCHMARKS.md");
            let text =
                fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            fs::write(&path, with_table(&text, name, &table)?)?;
            say(&format!("written to BENCHMARKS.md, section {name}"));
        }
    }
    Ok(())
}

/// The names of the scripts.
fn known() -> Result<Vec<String>> {
    let folder = folder();
    let entries = fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let name = |path: PathBuf| Some(path.file_name()?.to_str()?.strip_suffix(".py")?.to_owned());
    let mut names: Vec<String> = entries.flatten().filter_map(|entry| name(entry.path())).collect();
    // a script without pinned peers is a part of another
    names.retain(|name| requirements(name).exists());
    names.sort();
    Ok(names)
}

fn folder() -> PathBuf {
    project::root().join("tests/bench")
}

fn requirements(name: &str) -> PathBuf {
    folder().join(format!("{name}.requirements.txt"))
}

fn measure(name: &str, options: Options) -> Result<String> {
    let python = peers(name)?;
    say(&format!("• measuring {name}"));
    let mut script = Command::new(python);
    script
        .arg(folder().join(format!("{name}.py")))
        .current_dir(project::root())
        .env("CELLPRISM_BINARY", project::binary())
        .stderr(Stdio::inherit());
    if let Some(shared) = project::shared() {
        script.env("CELLPRISM_SHARED", shared);
    }
    if let Some(library) = onnxruntime::present() {
        script.env("ORT_DYLIB_PATH", library);
    }
    if folder().join(format!("{name}-browser")).exists() {
        let (native, module) = both(&format!("cellprism-bench-{name}-browser"), options)?;
        script.env("CELLPRISM_BENCH_NATIVE", native).env("CELLPRISM_BENCH_WASM", module);
    }
    if folder().join(format!("{name}-native")).exists() {
        script.env("CELLPRISM_BENCH_NATIVE", native(&format!("cellprism-bench-{name}-native"))?);
    }
    let output = script.output().context("cannot start Python")?;
    if !output.status.success() {
        bail!("{name}.py failed ({})", output.status);
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// A package built as a native program.
fn native(package: &str) -> Result<PathBuf> {
    shown(project::cargo().args(["build", "--release", "--package", package]))?;
    Ok(project::target().join("release").join(format!("{package}{}", std::env::consts::EXE_SUFFIX)))
}

/// A package built as a native program and as a WebAssembly module that gives away `prepare` and `run`.
fn both(package: &str, options: Options) -> Result<(PathBuf, PathBuf)> {
    let toolchain = wasm_target::ensure(options)?;
    let native = native(package)?;
    let target = project::target().join("wasm");
    let mut cargo = toolchain.cargo();
    cargo.args(["build", "--profile", "wasm-release", "--package", package, "--target", wasm_target::TARGET]);
    cargo.arg("--target-dir").arg(&target);
    let flags = ["-Ctarget-feature=+simd128", "-Clink-arg=--export=prepare", "-Clink-arg=--export=run"];
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
    shown(&mut cargo)?;
    Ok((native, target.join(wasm_target::TARGET).join("wasm-release").join(format!("{package}.wasm"))))
}

/// A virtual environment with a benchmark's peers; its Python.
fn peers(name: &str) -> Result<PathBuf> {
    let wanted = requirements(name);
    let key = format!("{:x}", Sha256::digest(fs::read(&wanted)?));
    let cache = Cache::open()?;
    let stamp = format!("bench-{name}");
    let folder = cache.path(&stamp);
    let python = folder.join("bin/python");
    if cache.has(&stamp, &key) && python.exists() {
        return Ok(python);
    }
    let Some(system) = program("python3") else { bail!("benchmarks need Python 3 with venv for the peers") };
    step(&format!("peers of {name}, into a virtual environment of the cache"), || {
        remove(&folder)?;
        logged(Command::new(&system).args(["-m", "venv"]).arg(&folder), &cache.log(&stamp))?;
        let mut pip = Command::new(&python);
        pip.args(["-m", "pip", "install", "--disable-pip-version-check", "-r"]).arg(&wanted);
        logged(&mut pip, &cache.log(&stamp))
    })?;
    cache.stamp(&stamp, &key)?;
    Ok(python)
}

/// The text with the table of a section replaced.
fn with_table(text: &str, name: &str, table: &str) -> Result<String> {
    let (begin, end) = (format!("<!-- bench:{name} -->"), format!("<!-- /bench:{name} -->"));
    let split = text.split_once(&begin).and_then(|(before, rest)| Some((before, rest.split_once(&end)?.1)));
    let (before, after) = split.with_context(|| format!("BENCHMARKS.md has no {begin} … {end}"))?;
    Ok(format!("{before}{begin}\n{table}\n{end}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_named_section_changes() {
        let text =
            "# a\n<!-- bench:x -->\nold\n<!-- /bench:x -->\nend\n<!-- bench:y -->\n<!-- /bench:y -->\n";
        let new = with_table(text, "x", "| new |").unwrap();
        assert_eq!(new, text.replace("old", "| new |"));
        assert!(with_table(text, "z", "").is_err());
    }
}
