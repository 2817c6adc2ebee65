//! `cellprism site`: bundles as a folder for any web server.

use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;

use super::Global;
use super::{stderr::errln, stdout::outln};
use crate::site::{self, App};

/// Write a website of bundles that any web server can show.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  cellprism site bundle --out site && python3 -m http.server --directory site\n\nThe folder needs no particular server and works in a sub-path."
)]
pub struct Args {
    /// Bundle folders; the first is shown first
    #[arg(value_name = "BUNDLE", required = true)]
    bundles: Vec<PathBuf>,
    /// Folder to write; a site that was written before is replaced
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The built app (default: CELLPRISM_APP, beside this program, the cache that `cargo xtask` fills)
    #[arg(long, value_name = "DIR")]
    app: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// If a bundle is damaged, the app is not built, or the folder cannot be written.
pub fn run(args: Args, global: &Global) -> anyhow::Result<()> {
    let bundles: Vec<&Path> = args.bundles.iter().map(PathBuf::as_path).collect();
    let app = App::find(args.app.as_deref())?;
    let entries = site::write(&app, &bundles, &args.out, &global.progress())?;
    if global.json {
        outln!("{}", serde_json::json!({"site": args.out, "bundles": entries}));
    } else if !global.quiet {
        errln!("{}: {} for any web server", args.out.display(), titles(&entries));
    }
    Ok(())
}

fn titles(entries: &[cellprism_core::bundle::BundleEntry]) -> String {
    let titles: Vec<String> = entries.iter().map(|entry| format!("{:?}", entry.title)).collect();
    titles.join(", ")
}
