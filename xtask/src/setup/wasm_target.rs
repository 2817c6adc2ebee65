//! A compiler for the browser: the target `wasm32-unknown-unknown`, by rustup where it can download, otherwise from
//! the distribution's packages.

use std::{
    fs,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

pub(crate) use super::target::TARGET;
use super::{Cache, Options, debian, target::LINKED};
use crate::{
    project,
    step::{output, program, say, step},
};

/// How long rustup may try: where there is no way out, it doesn't always say so.
const PATIENCE: Duration = Duration::from_secs(90);

/// A toolchain that can compile for the browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WasmToolchain {
    /// The one that compiles everything else.
    Ordinary,
    /// The distribution's, linked into rustup under the project's own name.
    Linked,
}

impl WasmToolchain {
    /// Its cargo, at the top of the working tree.
    pub(crate) fn cargo(self) -> Command {
        match self {
            Self::Ordinary => project::cargo(),
            Self::Linked => project::cargo_of(LINKED),
        }
    }

    /// Its compiler.
    pub(crate) fn rustc(self) -> Command {
        match self {
            Self::Ordinary => Command::new("rustc"),
            Self::Linked => {
                let mut command = Command::new("rustup");
                command.args(["run", LINKED, "rustc"]);
                command
            }
        }
    }
}

/// The toolchain that is there already, if one is.
pub(crate) fn present(options: Options) -> Option<WasmToolchain> {
    let usable = |toolchain: &WasmToolchain| has_target(&mut toolchain.rustc());
    let linked = || Cache::location().is_ok_and(|cache| debian::is_finished(&cache));
    Some(WasmToolchain::Ordinary)
        .filter(|_| !options.no_rustup)
        .filter(usable)
        .or_else(|| Some(WasmToolchain::Linked).filter(|_| linked()).filter(usable))
}

/// Makes sure that there is one.
///
/// # Errors
/// If neither rustup nor the distribution's packages give one.
pub(crate) fn ensure(options: Options) -> Result<WasmToolchain> {
    if let Some(toolchain) = present(options) {
        return Ok(toolchain);
    }
    let cache = Cache::open()?;
    if let Some(toolchain) = present(options) {
        return Ok(toolchain); // another set-up made it meanwhile
    }
    if program("rustup").is_none() {
        bail!(
            "no {TARGET} standard library beside this rustc, and no rustup to add it: install Rust from https://rustup.rs"
        );
    }
    if !options.no_rustup
        && step(&format!("WebAssembly target, from rustup (at most {} s)", PATIENCE.as_secs()), || {
            add(&cache)
        })?
    {
        return Ok(WasmToolchain::Ordinary);
    }
    say("  rustup gives no WebAssembly target here: the distribution's compiler is used for the app instead");
    debian::install(&cache)?;
    if !has_target(&mut WasmToolchain::Linked.rustc()) {
        bail!(
            "the distribution's compiler has no {TARGET} after all: remove {} and try again",
            cache.path("debian").display()
        );
    }
    Ok(WasmToolchain::Linked)
}

/// `rustup target add`, for a bounded time; false if it didn't work.
fn add(cache: &Cache) -> Result<bool> {
    let log = cache.log("rustup");
    fs::create_dir_all(cache.path("log"))?;
    let file = fs::File::create(&log)?;
    let mut rustup = Command::new("rustup")
        .args(["target", "add", TARGET])
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file)
        .spawn()
        .context("cannot start rustup")?;
    let began = Instant::now();
    let finished = loop {
        if let Some(status) = rustup.try_wait()? {
            break status.success();
        }
        if began.elapsed() > PATIENCE {
            rustup.kill()?;
            rustup.wait()?;
            break false;
        }
        thread::sleep(Duration::from_millis(100));
    };
    Ok(finished && has_target(&mut Command::new("rustc")))
}

/// Whether a compiler has a standard library for the target.
fn has_target(rustc: &mut Command) -> bool {
    let Some(folder) = output(rustc.args(["--print", "target-libdir", "--target", TARGET])) else {
        return false;
    };
    fs::read_dir(folder).is_ok_and(|mut entries| {
        entries
            .any(|entry| entry.is_ok_and(|entry| entry.file_name().to_string_lossy().starts_with("libstd-")))
    })
}
