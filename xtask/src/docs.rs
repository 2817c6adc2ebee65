//! `cargo xtask docs`: the book's reference, from the program and the types; the book itself where it is asked for.

use std::{fs, path::PathBuf, process::Command};

use anyhow::{Result, ensure};

use crate::{
    project,
    setup::Cache,
    step::{logged, say, shown, step},
};

/// The version of mdBook that the book is made with.
const MDBOOK: &str = "0.5.4";

/// What to write.
#[derive(clap::Args, Clone, Copy, Debug)]
pub(crate) struct Args {
    /// Make the book, too, in target/book; mdBook is compiled first, once, which takes minutes
    #[arg(long)]
    book: bool,
}

/// Writes `docs/reference`.
///
/// # Errors
/// If it cannot be compiled or written.
pub(crate) fn run(args: Args) -> Result<()> {
    let mut cargo = project::cargo();
    cargo.args(["test", "--release", "--quiet", "--package", "cellprism-tests", "--test", "docs", "--"]);
    cargo.args(["the_reference_is_what_help_says", "the_fields_are_those_of_the_types"]);
    ensure!(cargo.env("CELLPRISM_WRITE_DOCS", "1").status()?.success(), "docs/reference was not written");
    if args.book {
        let mdbook = mdbook()?;
        shown(Command::new(mdbook).arg("build").arg(project::root().join("docs")))?;
        say(&format!("book: {}", project::target().join("book/index.html").display()));
    }
    Ok(())
}

/// mdBook, compiled into the cache where it is not there yet.
fn mdbook() -> Result<PathBuf> {
    let cache = Cache::open()?;
    let folder = cache.path(format!("mdbook-{MDBOOK}"));
    let program = folder.join("bin/mdbook");
    if !program.is_file() {
        fs::create_dir_all(&folder)?;
        let mut install = project::cargo();
        install.args([
            "install",
            "mdbook",
            "--version",
            MDBOOK,
            "--locked",
            "--no-default-features",
            "--features",
            "search",
        ]);
        install.arg("--root").arg(&folder).arg("--target-dir").arg(cache.path("mdbook.partial"));
        step(&format!("mdBook {MDBOOK}, compiled"), || logged(&mut install, &cache.log("mdbook")))?;
        crate::setup::remove(&cache.path("mdbook.partial"))?;
    }
    Ok(program)
}
