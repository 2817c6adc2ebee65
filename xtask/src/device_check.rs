//! `cargo xtask device-check`: the same work on a graphics card and on the processor, compared and timed.

use anyhow::{Result, bail};

use crate::{build, project, setup::onnxruntime};

/// What is passed on.
#[derive(clap::Args, Debug)]
#[command(disable_help_flag = true)]
pub(crate) struct Args {
    /// Options of `device-check`, which --help lists: the device, the sizes of the scGPT, its cells
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "OPTIONS")]
    options: Vec<String>,
}

/// Prints a table, or "not run" where there is no such device.
///
/// # Errors
/// If the device computes something else than the processor, or something cannot be built or done.
pub(crate) fn run(args: &Args) -> Result<()> {
    onnxruntime::ensure()?;
    build::binary()?;
    let mut cargo = project::cargo();
    cargo.args([
        "run",
        "--release",
        "--quiet",
        "--package",
        "cellprism-tests",
        "--bin",
        "device-check",
        "--",
    ]);
    cargo.args(&args.options);
    if !cargo.env("CELLPRISM_BINARY", project::binary()).status()?.success() {
        bail!("the device is not the processor's equal: see above");
    }
    Ok(())
}
