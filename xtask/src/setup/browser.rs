//! What the browser tests need: Node.js, Playwright and a Chromium.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Result;

use super::{Cache, distribution, npm};
use crate::step::{program, step};

/// What to do where there is no Chromium.
pub(crate) const CHROMIUM_REMEDY: &str =
    "install Chromium or Chrome (Debian: apt-get install chromium), or set CHROMIUM to where it is";

/// What to do where there is no Node.js.
pub(crate) const NODE_REMEDY: &str =
    "install Node.js 20 or newer with npm (Debian: apt-get install nodejs npm)";

/// A browser and what drives it.
#[derive(Clone, Debug)]
pub(crate) struct Browser {
    node: PathBuf,
    playwright: PathBuf,
    chromium: PathBuf,
}

impl Browser {
    /// Finds or installs it; `Err` of the outer result if an installation fails, the inner one is the reason why it
    /// cannot be tried.
    ///
    /// # Errors
    /// If npm or apt-get fails.
    pub(crate) fn ensure() -> Result<std::result::Result<Self, &'static str>> {
        let (Some(node), Some(_)) = (npm::node(), program("npm")) else { return Ok(Err(NODE_REMEDY)) };
        if chromium().is_none() && distribution::can_install() {
            step("Chromium, from the distribution", || distribution::install(&Cache::open()?, "chromium"))?;
        }
        let Some(chromium) = chromium() else { return Ok(Err(CHROMIUM_REMEDY)) };
        let playwright = npm::install(npm::PLAYWRIGHT)?;
        Ok(Ok(Self { node, playwright, chromium }))
    }

    /// Node.js running a script that finds the browser in its environment.
    pub(crate) fn script(&self, path: &Path) -> Command {
        let mut command = Command::new(&self.node);
        command
            .arg("--test-reporter=spec")
            .arg(path)
            .env("CHROMIUM", &self.chromium)
            .env("PLAYWRIGHT", &self.playwright);
        command
    }
}

/// Where Chromium or Chrome is.
pub(crate) fn chromium() -> Option<PathBuf> {
    let given = env::var_os("CHROMIUM").filter(|path| !path.is_empty()).map(PathBuf::from);
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let bundled = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";
    given
        .or_else(|| names.iter().find_map(|name| program(name)))
        .or_else(|| Some(PathBuf::from(bundled)))
        .filter(|path| path.exists())
}

/// Whether Playwright's package is there.
pub(crate) fn has_playwright() -> bool {
    Cache::location().is_ok_and(|cache| npm::folder(&cache, npm::PLAYWRIGHT).join("node_modules").exists())
}
