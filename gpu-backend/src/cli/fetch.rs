//! `cellprism fetch`: public data by name.

use std::path::PathBuf;

use super::{Global, stderr::errln, stdout::outln};
use crate::fetch::{self, Fetched, Options};

/// Fetch public data by name: checked, and gone on with after a broken connection.
#[derive(clap::Args, Clone, Debug)]
#[command(
    after_help = "Examples:\n  cellprism fetch --list\n  cellprism fetch tabula-sapiens-kidney --to data\n\nThe same command goes on where a broken connection or a kill has ended it. A file that is there already is checked and\nleft as it is. Without a network: put the file where the error says, and run the command again, which checks it."
)]
pub struct Args {
    /// What to fetch; `--list` shows the names
    #[arg(value_name = "NAME", required_unless_present = "list")]
    name: Option<String>,
    /// Folder for the files (default: a folder of that name, here)
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    /// Show what can be fetched: name, size, whether its digest is known, what it is for
    #[arg(long, conflicts_with_all = ["name", "to"])]
    list: bool,
    /// Another catalogue, for instance a mirror's (TOML, in the form of core/src/catalogue/catalogue.toml; default: the program's own)
    #[arg(long, value_name = "FILE")]
    catalogue: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// If a file cannot be had, or is not what the catalogue says.
pub fn run(args: Args, global: &Global) -> anyhow::Result<()> {
    let Some(name) = args.name else { return list(&args, global) };
    let options = Options { name, to: args.to, catalogue: args.catalogue };
    let report = fetch::run(&options, &global.progress())?;
    if global.json {
        outln!("{}", serde_json::to_string(&report)?);
    } else if !global.quiet {
        report.files.iter().for_each(tell);
        errln!("licence: {}", report.licence.as_deref().unwrap_or("not known here: ask where it comes from"));
        if let Some(citation) = &report.citation {
            errln!("to cite: {citation}");
        }
    }
    Ok(())
}

fn tell(found: &Fetched) {
    let how = if found.was_there { "was there" } else { "fetched" };
    let checked = if found.checked {
        "as the catalogue says"
    } else {
        "the catalogue knows no digest to compare it with: keep this one"
    };
    errln!("{}: {how}, {} bytes, SHA-256 {} ({checked})", found.file.display(), found.bytes, found.sha256);
}

fn list(args: &Args, global: &Global) -> anyhow::Result<()> {
    let known = fetch::catalogue(args.catalogue.as_deref())?;
    if global.json {
        outln!("{}", serde_json::to_string(&known.items)?);
        return Ok(());
    }
    let width = known.items.iter().map(|item| item.name.len()).max().unwrap_or(0);
    for item in &known.items {
        let size = item.bytes().map_or_else(|| "size unknown".to_owned(), in_units);
        let sum = if item.is_checked() { "digest known" } else { "digest unknown" };
        let how = if item.is_addressed() { "" } else { ", to be brought by hand" };
        outln!("{:width$}  {size:>12}  {sum}{how}", item.name);
        outln!("{:width$}  {}; {}", "", item.title, item.purpose);
        outln!("{:width$}  licence: {}", "", item.licence.as_deref().unwrap_or("not known here"));
    }
    Ok(())
}

fn in_units(bytes: u64) -> String {
    let units = [("GB", 1e9), ("MB", 1e6), ("kB", 1e3)];
    let size = bytes as f64;
    units
        .into_iter()
        .find(|(_, unit)| size >= *unit)
        .map_or_else(|| format!("{bytes} B"), |(name, unit)| format!("{:.1} {name}", size / unit))
}
