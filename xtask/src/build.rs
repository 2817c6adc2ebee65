//! `cargo xtask build`: the program and the app.

use std::path::PathBuf;

use anyhow::Result;

use crate::{
    app::{self, Effort},
    project,
    setup::{Options, onnxruntime},
    step::{say, shown, step},
};

/// What to build.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Only the app, into target/app
    #[arg(long, conflicts_with = "binary_only")]
    app_only: bool,
    /// Only the program, target/release/cellprism
    #[arg(long)]
    binary_only: bool,
    /// A larger and slower app, compiled within seconds after a change; what is published is built without this
    #[arg(long, conflicts_with = "binary_only")]
    quick: bool,
}

/// Builds what is asked for.
///
/// # Errors
/// If something cannot be set up or doesn't compile.
pub(crate) fn run(args: &Args, options: Options) -> Result<()> {
    if !args.app_only {
        onnxruntime::ensure()?;
        let binary = binary()?;
        say(&format!("program: {}", binary.display()));
    }
    if !args.binary_only {
        let folder = app::build(options, if args.quick { Effort::Quick } else { Effort::Full })?;
        say(&format!("app: {}", folder.display()));
    }
    Ok(())
}

/// Builds the program.
///
/// # Errors
/// If it doesn't compile.
pub(crate) fn binary() -> Result<PathBuf> {
    step("program, compiled for this machine", || {
        shown(project::cargo().args([
            "build",
            "--release",
            "--package",
            "cellprism-gpu-backend",
            "--bin",
            "cellprism",
        ]))
    })?;
    Ok(project::binary())
}
