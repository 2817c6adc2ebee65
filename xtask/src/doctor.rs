//! `cargo xtask doctor`: what is there, what is missing, and the one line that mends it.

use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::{
    setup::{self, Cache, Options, WasmOpt, browser, distribution, onnxruntime, wasm_target},
    step::{output, program},
};

/// One thing that is needed.
struct Finding {
    what: &'static str,
    /// What was found, or the remedy.
    state: State,
}

enum State {
    There(String),
    /// Fetched by itself when first needed.
    Later(String),
    /// The project works without it, less well.
    Optional(String),
    Missing(String),
}

/// Prints one line for each thing; the exit code is 1 if something needed is missing.
///
/// # Errors
/// If there is no cache folder.
pub(crate) fn run(options: Options) -> Result<ExitCode> {
    let findings = findings(options);
    for Finding { what, state } in &findings {
        let (word, rest) = match state {
            State::There(rest) => ("ok", rest),
            State::Later(rest) => ("later", rest),
            State::Optional(rest) => ("optional", rest),
            State::Missing(rest) => ("missing", rest),
        };
        println!("{word:<9} {what:<22} {rest}");
    }
    println!("cache     {}", Cache::location()?.display());
    let missing = findings.iter().any(|finding| matches!(finding.state, State::Missing(_)));
    Ok(if missing { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn findings(options: Options) -> Vec<Finding> {
    vec![
        Finding { what: "Rust", state: rust() },
        Finding { what: "C linker", state: linker() },
        Finding { what: "WebAssembly target", state: wasm(options) },
        Finding { what: "ONNX Runtime", state: runtime() },
        Finding { what: "Node.js", state: node() },
        Finding { what: "wasm-opt", state: wasm_opt() },
        Finding { what: "Chromium", state: chromium() },
        Finding { what: "Playwright", state: playwright() },
    ]
}

fn rust() -> State {
    match output(Command::new("rustc").arg("-V")) {
        Some(version) => State::There(version),
        None => State::Missing("install Rust from https://rustup.rs".into()),
    }
}

fn linker() -> State {
    match program("cc") {
        Some(path) => State::There(path.display().to_string()),
        None => State::Missing(
            "install a C compiler (Debian: apt-get install gcc; macOS: xcode-select --install)".into(),
        ),
    }
}

fn wasm(options: Options) -> State {
    match wasm_target::present(options) {
        Some(wasm_target::WasmToolchain::Ordinary) => State::There("in the active toolchain".into()),
        Some(wasm_target::WasmToolchain::Linked) => {
            State::There("the distribution's compiler, in the cache".into())
        }
        None if program("rustup").is_some() => {
            State::Later("added when first needed: cargo xtask build".into())
        }
        None => State::Missing(
            "install Rust from https://rustup.rs, or the target from where your Rust is from".into(),
        ),
    }
}

fn runtime() -> State {
    match onnxruntime::present() {
        Some(path) => State::There(path.display().to_string()),
        None if onnxruntime::pip().is_some() => {
            State::Later("fetched with pip when first needed: cargo xtask build".into())
        }
        None if distribution::can_install() => {
            State::Later("fetched with pip, which is installed for it: cargo xtask build".into())
        }
        None => State::Missing(onnxruntime::REMEDY.into()),
    }
}

fn node() -> State {
    match (setup::node_version(), program("npm")) {
        (Some(version), Some(_)) => State::There(version),
        (Some(version), None) => State::Optional(format!(
            "{version}, but no npm (Debian: apt-get install npm): no wasm-opt, no browser tests"
        )),
        (None, _) => State::Optional(
            "install Node.js 20 or newer with npm for a smaller app and the browser tests".into(),
        ),
    }
}

fn wasm_opt() -> State {
    if WasmOpt::is_present() {
        State::There("in the cache".into())
    } else if setup::node().is_some() {
        State::Later("fetched with npm when first needed: cargo xtask build".into())
    } else {
        State::Optional("needs Node.js; without it the app is larger".into())
    }
}

fn chromium() -> State {
    match browser::chromium() {
        Some(path) => State::There(path.display().to_string()),
        None if distribution::can_install() => {
            State::Later("installed when first needed: cargo xtask test".into())
        }
        None => State::Optional(format!("for the browser tests, {}", browser::CHROMIUM_REMEDY)),
    }
}

fn playwright() -> State {
    if browser::has_playwright() {
        State::There("in the cache".into())
    } else if setup::node().is_some() {
        State::Later("fetched with npm when first needed: cargo xtask test".into())
    } else {
        State::Optional(format!("for the browser tests, {}", browser::NODE_REMEDY))
    }
}
