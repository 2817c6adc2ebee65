//! Packages of a distribution made from Debian, for those who may install them.

use std::process::Command;

use anyhow::Result;

use super::Cache;
use crate::step::{logged, output, program, say};

/// Whether this user may install packages.
pub(crate) fn can_install() -> bool {
    program("apt-get").is_some() && output(Command::new("id").arg("-u")).as_deref() == Some("0")
}

/// Installs a package; the lists of packages are renewed if it isn't found at once.
///
/// # Errors
/// If it cannot be installed.
pub(crate) fn install(cache: &Cache, package: &str) -> Result<()> {
    let attempt = || {
        let mut command = Command::new("apt-get");
        command
            .args(["install", "-y", "--no-install-recommends", package])
            .env("DEBIAN_FRONTEND", "noninteractive");
        logged(&mut command, &cache.log(package))
    };
    attempt().or_else(|_| {
        say("  once more, with fresh package lists");
        logged(Command::new("apt-get").args(["-q", "update"]), &cache.log("apt-update"))?;
        attempt()
    })
}
