//! The tests in `tests/browser`: Node.js scripts that click through the demo in a headless Chromium.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use super::count::{Count, outcome};
use crate::{
    project,
    setup::Browser,
    step::{is_set, say},
};

/// Runs them on `target/demo/site`, `target/demo/bundle` and `target/demo/concepts`.
///
/// # Errors
/// If the browser cannot be installed or started.
pub(super) fn run(count: &mut Count) -> Result<()> {
    let browser = match Browser::ensure()? {
        Ok(browser) => browser,
        Err(remedy) if is_set("CI") => {
            count.check("browser tests", || anyhow::bail!("{remedy}"));
            return Ok(());
        }
        Err(remedy) => {
            count.skip(&format!("browser tests: {remedy}"));
            return Ok(());
        }
    };
    for script in scripts()? {
        let name = script.strip_prefix(project::root()).unwrap_or(&script).display().to_string();
        say(&format!("• {name}"));
        let mut command = script_command(&browser, &script);
        count.tell(&mut command, "mjs")?;
        let first = outcome(&mut command)?;
        if first.is_good() {
            count.add(first);
            continue;
        }
        // a browser that another program kept from its work is no fault of the page: what fails twice is one
        say(&format!("• {name}, once more"));
        let second = outcome(&mut command)?;
        if second.is_good() {
            count.add_second(&name, first, second);
        } else {
            count.add(second);
        }
    }
    Ok(())
}

/// Node.js with one of the scripts and the places that it needs to know.
pub(crate) fn script_command(browser: &Browser, script: &Path) -> Command {
    let demo = project::target().join("demo");
    let mut command = browser.script(script);
    command
        .env("CELLPRISM_BINARY", project::binary())
        .env("CELLPRISM_BUNDLE", demo.join("bundle"))
        .env("CELLPRISM_CONCEPTS", demo.join("concepts"))
        .env("CELLPRISM_SITE", demo.join("site"))
        .env("CELLPRISM_SCREENSHOTS", project::target().join("screenshots"));
    command
}

fn scripts() -> Result<Vec<PathBuf>> {
    let folder = project::root().join("tests/browser");
    let entries = fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let is_test = |path: &PathBuf| path.to_string_lossy().ends_with(".test.mjs");
    let mut scripts: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(is_test).collect();
    scripts.sort();
    Ok(scripts)
}
