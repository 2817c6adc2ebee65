//! `cellprism demo`: the whole job on embedded cells, and its page.

use std::{ffi::OsString, path::PathBuf};

use clap::{Args as ClapArgs, Parser};

use super::{Cli, Global, serve, stderr::errln};
use crate::jobs::demo;

/// Do the whole job on 700 embedded blood cells and show the page.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  cellprism demo\n  cellprism demo --no-serve --out demo\n\nThe folder gets data/ (cells, model, gene sets, and where they are from), concepts/ (what `run` makes of them), report/\n(what `evaluate` says of the concepts beside baselines) and bundle/ (concepts and report, which is shown). Both commands\nare printed: they work on cells of your own, too."
)]
pub struct Args {
    /// Folder for data and bundle; a bundle that is there already and of the same making is shown as it is
    #[arg(long, value_name = "DIR", default_value = "cellprism-demo")]
    out: PathBuf,
    /// Stop when the bundle is written
    #[arg(long)]
    no_serve: bool,
    /// Address and port of the page; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    bind: String,
    /// The built app (default: CELLPRISM_APP, beside this program, the cache that `cargo xtask` fills)
    #[arg(long, value_name = "DIR")]
    app: Option<PathBuf>,
}

/// Runs the command, until Ctrl-C unless `--no-serve` is said.
///
/// # Errors
/// If the folder cannot be written, a bundle of another making is there, or the address cannot be used.
pub fn run(args: Args, global: &Global) -> anyhow::Result<()> {
    demo::write(&args.out)?;
    follow(&demo::run(&args.out), global)?;
    if !demo::is_evaluated(&args.out)? {
        follow(&demo::evaluate(&args.out), global)?;
    }
    if args.no_serve {
        return Ok(());
    }
    serve::run(serve::Args::of(vec![args.out.join(demo::BUNDLE)], args.bind, args.app), global)
}

/// Prints a command of this program, and does it.
fn follow(words: &[OsString], global: &Global) -> anyhow::Result<()> {
    if !global.quiet {
        errln!("cellprism {}", shown(words));
    }
    let parsed =
        Cli::try_parse_from(std::iter::once(OsString::from("cellprism")).chain(words.iter().cloned()))?;
    super::run(Cli { global: *global, ..parsed })
}

/// Words as a shell takes them.
fn shown(words: &[OsString]) -> String {
    let quoted = |word: &OsString| {
        let word = word.to_string_lossy();
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
        if word.chars().all(plain) { word.into_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
    };
    words.iter().map(quoted).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_printed_command_is_one_that_a_shell_takes() {
        assert_eq!(
            shown(&["run".into(), "--title".into(), "it's 7 cells".into()]),
            "run --title 'it'\\''s 7 cells'"
        );
        let folder = std::path::Path::new("a folder");
        let words = shown(&demo::run(folder));
        assert!(
            words.starts_with("run --cells 'a folder/data/cells.h5ad' --model 'a folder/data/scvi'"),
            "{words}"
        );
    }

    #[test]
    fn the_data_are_those_of_the_fixtures() {
        let folder = tempfile::tempdir().unwrap();
        demo::write(folder.path()).unwrap();
        demo::write(folder.path()).unwrap(); // again, over the first
        let fixtures = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/demo");
        for (ours, theirs) in [(demo::CELLS, "cells.h5ad"), ("data/scvi/model.pt", "scvi/model.pt")] {
            let read = |path| std::fs::read(path).unwrap();
            assert!(read(folder.path().join(ours)) == read(fixtures.join(theirs)), "{ours}");
        }
    }
}
