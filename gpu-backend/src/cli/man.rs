//! `cellprism man`: pages of the manual, one for each command.

use std::{fs, path::PathBuf};

use anyhow::Context;
use clap::{Args as ClapArgs, CommandFactory};

use super::{Cli, Global, stderr::errln};
use crate::work::{atomic::write_file, target};

/// Write pages of the manual, one for each command, into a folder.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  cellprism man ~/.local/share/man/man1 && man cellprism-run\n\nOther files of the folder stay as they are; pages of the same names are replaced."
)]
pub struct Args {
    /// Folder for cellprism.1, cellprism-run.1, …
    #[arg(value_name = "DIR")]
    out: PathBuf,
}

/// Runs the command.
///
/// # Errors
/// If the folder cannot be written to.
pub fn run(args: &Args, global: &Global) -> anyhow::Result<()> {
    target::for_folder(&args.out)?;
    let made = tempfile::tempdir().context("no place for temporary files")?;
    clap_mangen::generate_to(Cli::command(), made.path()).context("cannot write the pages")?;
    let mut pages: Vec<PathBuf> =
        fs::read_dir(made.path())?.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<_>>()?;
    pages.sort();
    for page in &pages {
        let path = args.out.join(page.file_name().context("a page without a name")?);
        write_file(&path, &fs::read(page)?).with_context(|| format!("cannot write {}", path.display()))?;
    }
    if !global.quiet {
        errln!("{}: {} pages", args.out.display(), pages.len());
    }
    Ok(())
}
