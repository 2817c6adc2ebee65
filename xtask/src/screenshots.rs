//! `cargo xtask screenshots`: the picture of the README, from the real demo.

use anyhow::{Result, anyhow};

use crate::{
    app, build, demo, project,
    setup::{Browser, Options, onnxruntime},
    step::{say, shown},
    test::script_command,
};

/// Takes the pictures.
///
/// # Errors
/// If there is no browser, or the demo cannot be written.
pub(crate) fn run(options: Options) -> Result<()> {
    onnxruntime::ensure()?;
    build::binary()?;
    app::build(options, app::Effort::Full)?;
    demo::write()?;
    let browser = Browser::ensure()?.map_err(|remedy| anyhow!("no browser: {remedy}"))?;
    let picture = project::root().join("docs/concept.png");
    let script = project::root().join("tests/browser/screenshots.mjs");
    shown(script_command(&browser, &script).env("CELLPRISM_README_PICTURE", &picture))?;
    say(&format!("README's picture: {}", picture.display()));
    say(&format!("every page, wide and narrow: {}", project::target().join("screenshots").display()));
    Ok(())
}
