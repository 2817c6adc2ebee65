//! `cargo xtask demo`: the whole job on the embedded data, and the result in a browser.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::{
    app, build, project,
    setup::{Options, onnxruntime},
    step::{say, shown, step},
};

/// How the demo is shown.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Stop after writing target/demo/bundle and target/demo/site
    #[arg(long)]
    no_serve: bool,
    /// Where to serve
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    bind: String,
}

/// What the demo leaves behind.
#[derive(Debug)]
pub(crate) struct Written {
    /// Concepts and all that is known about them.
    pub bundle: PathBuf,
    /// The same with the app: a folder for any web server.
    pub site: PathBuf,
}

/// Runs the demo.
///
/// # Errors
/// If something cannot be set up or a step of the job fails.
pub(crate) fn run(args: &Args, options: Options) -> Result<()> {
    say("cellprism demo: 700 blood cells, a small scVI model of them, and the concepts inside that model.");
    say("The first time, Rust compiles the program and the app; that takes minutes. Later it takes seconds.");
    onnxruntime::ensure()?;
    build::binary()?;
    app::build(options, app::Effort::Full)?;
    let Written { bundle, site } = write()?;
    say(&format!("bundle: {}", bundle.display()));
    say(&format!("site:   {}  (copy it to any web server)", site.display()));
    if args.no_serve {
        return Ok(());
    }
    say(&format!("\nOpen http://{}/ in a browser. Ctrl-C ends it.", args.bind));
    shown(
        Command::new(project::binary())
            .arg("serve")
            .arg("--bundle")
            .arg(&bundle)
            .args(["--bind", &args.bind]),
    )
}

/// Writes bundle and site with the program and the app that are built, unless they are there already.
///
/// # Errors
/// If a step of the job fails.
pub(crate) fn write() -> Result<Written> {
    let demo = project::target().join("demo");
    fs::create_dir_all(&demo)?;
    let (bundle, site) = (demo.join("bundle"), demo.join("site"));

    // the program carries the data
    let job = digest(&[&project::binary()])?;
    let parts = ["bundle", "report", "concepts"].map(|name| demo.join(name));
    made(&parts, &job, "job: from cells to concepts, genes and pathways, and what they are worth", || {
        cellprism(&[&"demo", &"--no-serve", &"--out", &demo])
    })?;
    let shown = digest(&[&project::binary(), &project::app()])?;
    made(std::slice::from_ref(&site), &shown, "site: bundle and app, for any web server", || {
        cellprism(&[&"site", &bundle, &"--out", &site])
    })?;
    Ok(Written { bundle, site })
}

/// The program with arguments.
fn cellprism(arguments: &[&dyn AsRef<OsStr>]) -> Command {
    let mut command = Command::new(project::binary());
    command.args(arguments);
    command
}

/// Makes folders with a command, unless they were made from exactly this before; the first has the stamp beside it.
fn made(folders: &[PathBuf], key: &str, what: &str, command: impl FnOnce() -> Command) -> Result<()> {
    let stamp = folders[0].with_extension("made-from");
    let all = folders.iter().all(|folder| folder.is_dir());
    if all && fs::read_to_string(&stamp).is_ok_and(|text| text.trim() == key) {
        return Ok(());
    }
    for folder in folders.iter().filter(|folder| folder.is_dir()) {
        fs::remove_dir_all(folder)
            .with_context(|| format!("cannot remove the older {}", folder.display()))?;
    }
    step(what, || shown(&mut command()))?;
    fs::write(&stamp, format!("{key}\n"))?;
    Ok(())
}

/// SHA-256 over files and folders: names and contents, in order.
fn digest(paths: &[&Path]) -> Result<String> {
    let mut hash = Sha256::new();
    for path in paths {
        add(&mut hash, path)?;
    }
    Ok(format!("{:x}", hash.finalize()))
}

fn add(hash: &mut Sha256, path: &Path) -> Result<()> {
    let read = || format!("cannot read {}", path.display());
    hash.update(path.file_name().unwrap_or_default().as_encoded_bytes());
    if path.is_dir() {
        let entries: std::io::Result<Vec<_>> = fs::read_dir(path).with_context(read)?.collect();
        let mut entries: Vec<PathBuf> = entries.with_context(read)?.iter().map(fs::DirEntry::path).collect();
        entries.sort();
        return entries.iter().try_for_each(|entry| add(hash, entry));
    }
    let content = fs::read(path).with_context(read)?;
    hash.update((content.len() as u64).to_le_bytes());
    hash.update(content);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_made_once_for_the_same_inputs() {
        let folder = tempfile::tempdir().unwrap();
        let (input, output) = (folder.path().join("input"), folder.path().join("output"));
        let make = |times: &mut u32| {
            made(std::slice::from_ref(&output), &digest(&[&input]).unwrap(), "test", || {
                *times += 1;
                let mut command = Command::new("mkdir");
                command.arg(&output);
                command
            })
            .unwrap();
        };
        let mut times = 0;
        fs::write(&input, "one").unwrap();
        make(&mut times);
        make(&mut times);
        assert_eq!(times, 1);
        fs::write(&input, "two").unwrap();
        make(&mut times);
        assert_eq!(times, 2);
    }
}
