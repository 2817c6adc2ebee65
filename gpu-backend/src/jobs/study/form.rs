//! The study as a website that asks: one page, its style, its script. It needs no server of its own, fetches nothing after
//! it has loaded, runs under a policy without inline scripts, and keeps what is answered in the browser.

use std::{fs, path::PathBuf};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::folder::StudyFolder;
use crate::work::output::OutputFolder;

const PAGE: &str = include_str!("form/index.html");
const SCRIPT: &str = include_str!("form/form.js");
const STYLE: &str = include_str!("form/form.css");
/// Colours, type and space of the explorer.
const TOKENS: &str = include_str!("../../../../app/static/tokens.css");
/// Its parts: buttons, panels, the rating form.
const PARTS: &str = include_str!("../../../../app/static/app.css");
/// Light or dark before the first paint.
const THEME: &str = include_str!("../../../../app/static/theme.js");
const ICON: &str = include_str!("../../../../app/static/icon.svg");
/// Where the page holds the study.
const DATA: &str = "{{study}}";

/// What is written where.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// The study that was handed out.
    pub study: PathBuf,
    /// Folder for the site.
    pub out: PathBuf,
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Name of the study.
    pub study: String,
    /// Items that are asked for.
    pub items: usize,
}

/// Writes the site.
///
/// # Errors
/// If the study cannot be read, or there is something at `out` already.
pub fn run(options: &Options) -> anyhow::Result<Report> {
    let StudyFolder { study, sheets, genes } = StudyFolder::read(&options.study)?;
    let data = json!({
        "study": study.study,
        "title": study.title,
        "items": sheets.iter().map(|sheet| json!({"item": sheet.item, "genes": sheet.genes})).collect::<Vec<_>>(),
        "names": genes,
    });
    // Within an HTML page no text may end the element that holds it.
    let data = serde_json::to_string(&data)?.replace('<', "\\u003c");
    let place = || format!("cannot write {}", options.out.display());
    let out = OutputFolder::create(&options.out).with_context(place)?;
    for (name, content) in [
        ("index.html", PAGE.replace(DATA, &data).as_str()),
        ("form.js", SCRIPT),
        ("form.css", STYLE),
        ("tokens.css", TOKENS),
        ("app.css", PARTS),
        ("theme.js", THEME),
        ("icon.svg", ICON),
    ] {
        fs::write(out.path().join(name), content).with_context(place)?;
    }
    out.finish().with_context(place)?;
    Ok(Report { study: study.study, items: study.items.len() })
}
