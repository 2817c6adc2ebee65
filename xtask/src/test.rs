//! `cargo xtask test`: everything that can fail, from the formatting to clicks in a browser.

mod browser;
mod count;
mod long;
mod python;

use std::process::ExitCode;

use anyhow::Result;

use crate::{
    app, build, demo, project,
    setup::{Options, onnxruntime, wasm_target},
    step::{is_set, say},
};
pub(crate) use browser::script_command;
use count::{Count, counted};

/// The seed of the cases that properties are tested with.
const CASES: &str = "PROPTEST_RNG_SEED";

/// Which tests to run.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Leave out the tests that need a browser
    #[arg(long)]
    no_browser: bool,
    /// Leave out the tests of the Python package
    #[arg(long)]
    no_python: bool,
    /// Only the tests of the Python package
    #[arg(long, conflicts_with_all = ["no_browser", "no_python", "rust_only", "filter"])]
    python_only: bool,
    /// Only the tests written in Rust: no formatting, lints, documentation or browser
    #[arg(long, conflicts_with_all = ["no_browser", "no_python"])]
    rust_only: bool,
    /// Also what takes longer than every change has room for, up to an hour (CELLPRISM_LONG=1): more kills, larger files
    #[arg(long)]
    long: bool,
    /// Only tests of Rust whose names contain this
    filter: Vec<String>,
}

/// Runs the tests; the last line says how many passed and failed.
///
/// # Errors
/// If something that the tests need cannot be set up.
pub(crate) fn run(args: &Args, options: Options) -> Result<ExitCode> {
    let mut count = Count::new(args.long || is_set(long::VARIABLE));
    if args.python_only {
        build::binary()?;
        app::build(options, app::Effort::Full)?;
        demo::write()?;
        python::run(&mut count, options)?;
        return Ok(count.report());
    }
    let whole = !args.rust_only && args.filter.is_empty();
    onnxruntime::ensure()?;
    let wasm = wasm_target::ensure(options)?;
    if whole {
        lints(&mut count, wasm);
    }
    // whole-system tests use the program and the app
    build::binary()?;
    app::build(options, app::Effort::Full)?;
    rust_tests(&mut count, &args.filter)?;
    if whole {
        documentation(&mut count);
        count.check("the demo writes its bundle and its site", || demo::write().map(|_| ()));
        if args.no_python {
            count.skip("tests of the Python package: left out with --no-python");
        } else {
            python::run(&mut count, options)?;
        }
        if args.no_browser {
            count.skip("browser tests: left out with --no-browser");
        } else if count.failed() == 0 || project::target().join("demo/site/index.html").exists() {
            browser::run(&mut count)?;
        }
    }
    if project::shared().is_none() {
        count.skip("tests on the shared data: neither CELLPRISM_SHARED nor ../shared is a folder");
    }
    Ok(count.report())
}

fn lints(count: &mut Count, wasm: wasm_target::WasmToolchain) {
    let warnings = ["--", "-D", "warnings"];
    count.command("formatting", project::cargo().args(["fmt", "--all", "--check"]));
    let mut native = project::cargo();
    native.args(["clippy", "--workspace", "--all-targets", "--release"]).args(warnings);
    count.command("lints", &mut native);
    let mut browser = wasm.cargo();
    browser.args([
        "clippy",
        "--package",
        "cellprism-app",
        "--package",
        "cellprism-worker",
        "--target",
        wasm_target::TARGET,
        "--release",
        "--features",
        "cellprism-app/split",
        "--target-dir",
    ]);
    browser.arg(project::target().join("wasm")).args(warnings);
    count.command("lints of the app, for the browser", &mut browser);
    if let Some(deny) = crate::step::program("cargo-deny") {
        let mut command = std::process::Command::new(deny);
        command.args(["check", "--hide-inclusion-graph", "bans", "licenses", "sources"]);
        count.command("licences and sources of dependencies", command.current_dir(project::root()));
    } else {
        count.skip("licences of dependencies: cargo install cargo-deny");
    }
}

fn rust_tests(count: &mut Count, filter: &[String]) -> Result<()> {
    say("• tests in Rust");
    let mut cargo = project::cargo();
    cargo.args(["test", "--workspace", "--release", "--no-fail-fast", "--", "--show-output"]).args(filter);
    cargo.env("CELLPRISM_BINARY", project::binary());
    if !count.is_long() && std::env::var_os(CASES).is_none() {
        // a change is judged by the same cases as the one before it; new ones are drawn where there is time to follow them
        cargo.env(CASES, "1");
    }
    count.tell(&mut cargo, "rs")?;
    counted(&mut cargo, count)
}

fn documentation(count: &mut Count) {
    let mut cargo = project::cargo();
    cargo
        .args(["doc", "--workspace", "--no-deps", "--release", "--quiet"])
        .env("RUSTDOCFLAGS", "-D warnings");
    count.command("documentation", &mut cargo);
}
