//! `cargo xtask device-check`: the same work on a graphics card and on the processor, compared and timed.

use anyhow::{Result, bail};

use crate::{build, project, setup::onnxruntime};

/// Which device.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The device: cuda or cuda:N; cpu compares the processor with itself
    #[arg(long, default_value = "cuda")]
    device: String,
    /// Layers of the scGPT, whose weights are drawn; the published model has 12
    #[arg(long, default_value_t = 12)]
    layers: usize,
    /// Its dimensions; the published model has 512
    #[arg(long, default_value_t = 512)]
    width: usize,
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
    cargo.args([
        "--device",
        &args.device,
        "--layers",
        &args.layers.to_string(),
        "--width",
        &args.width.to_string(),
    ]);
    if !cargo.env("CELLPRISM_BINARY", project::binary()).status()?.success() {
        bail!("the device is not the processor's equal: see above");
    }
    Ok(())
}
