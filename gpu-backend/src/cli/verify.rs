//! `cellprism verify`: whether a bundle is whole.

use std::path::PathBuf;

use anyhow::bail;
use cellprism_core::bundle::verify::verify;
use clap::Args as ClapArgs;

use super::Global;
use super::{stderr::errln, stdout::outln};
use crate::files::bundle::BundleFolder;

/// Check a bundle: checksums, schema, and that all files agree with each other.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cellprism verify bundle")]
pub struct Args {
    /// Bundle folder
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,
}

/// Problems told one by one; a bundle of another program would fill the screen.
const SHOWN: usize = 50;

/// Runs the command.
///
/// # Errors
/// If anything is wrong with the bundle; each file is named on stderr.
pub fn run(args: Args, global: &Global) -> anyhow::Result<()> {
    let folder = BundleFolder::at(&args.bundle)?;
    let report = verify(&folder);
    if global.json {
        outln!("{}", serde_json::to_string(&report)?);
    }
    for found in report.problems.iter().take(SHOWN) {
        errln!("{}: {}", found.file, found.problem);
    }
    if report.problems.len() > SHOWN {
        errln!("and {} more (--json lists all)", report.problems.len() - SHOWN);
    }
    match report.problems.len() {
        0 => {}
        1 => bail!("{} is damaged: one problem", args.bundle.display()),
        n => bail!("{} is damaged: {n} problems", args.bundle.display()),
    }
    if !global.quiet {
        let megabytes = report.bytes as f64 / 1e6;
        errln!("{} is whole: {} files, {megabytes:.1} MB", args.bundle.display(), report.files);
    }
    Ok(())
}
