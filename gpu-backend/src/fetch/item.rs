//! All files of a name.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, bail, ensure};
use cellprism_core::catalogue::{Catalogue, CatalogueFile, Item};
use reqwest::blocking::Client;
use serde::{Deserialize, Serialize};

use super::{
    transfer::{CONTENT, Wanted, has_room, transfer},
    words::place,
};
use crate::work::{digest, https, key::Key, partial::Partial, progress::Progress, regular};

/// How long nothing may come before a connection counts as broken.
const SILENCE: Duration = Duration::from_secs(60);

/// What to fetch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// The name.
    pub name: String,
    /// Folder for its files; by default one of its name.
    pub to: Option<PathBuf>,
    /// Another list than that of this program.
    pub catalogue: Option<PathBuf>,
}

/// What is there now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The name.
    pub name: String,
    /// Its files.
    pub files: Vec<Fetched>,
    /// Its licence, where it is known.
    pub licence: Option<String>,
    /// What to cite.
    pub citation: Option<String>,
}

/// A file that is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fetched {
    /// Where.
    pub file: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// The digest that it has.
    pub sha256: String,
    /// Whether that is the one of the catalogue; without one there, nothing was compared.
    pub checked: bool,
    /// Whether it was there before.
    pub was_there: bool,
}

/// The list of this program, or another one.
///
/// # Errors
/// If it cannot be read.
pub fn catalogue(file: Option<&Path>) -> anyhow::Result<Catalogue> {
    let Some(file) = file else { return Ok(Catalogue::embedded()?) };
    let read = regular::text(file, regular::SETTINGS).map_err(anyhow::Error::from);
    read.and_then(|text| Ok(Catalogue::from_toml(&text)?)).with_context(|| file.display().to_string())
}

/// Fetches all files of a name that are not there.
///
/// # Errors
/// If there is no such name, a file cannot be had, is another one, or has no address; then it is said where to put it by hand.
pub fn run(options: &Options, progress: &dyn Progress) -> anyhow::Result<Report> {
    let known = catalogue(options.catalogue.as_deref())?;
    let item = known.find(&options.name)?;
    let folder = options.to.clone().unwrap_or_else(|| PathBuf::from(&item.name));
    let mut missing = Vec::new();
    let mut files = Vec::new();
    for file in &item.files {
        match there(file, &folder.join(&file.name))? {
            Some(found) => files.push(found),
            None => missing.push(file),
        }
    }
    let by_hand: Vec<String> = missing
        .iter()
        .filter(|file| file.url.is_none())
        .map(|file| format!("\n  {}", place(file, &folder.join(&file.name))))
        .collect();
    if !by_hand.is_empty() {
        bail!(
            "no address of these files is known, so they are brought by hand: fetch them from {}, put them here{}\nand run the same command again, which \
             checks them",
            item.origin,
            by_hand.concat()
        );
    }
    if !missing.is_empty() {
        let existed = folder.exists();
        fs::create_dir_all(&folder).with_context(|| format!("cannot write {}", folder.display()))?;
        let fetched = fetch(item, &missing, &folder, progress);
        if fetched.is_err() && !existed {
            // Only where nothing was kept.
            let _ = fs::remove_dir(&folder);
        }
        files.extend(fetched?);
    }
    Ok(Report {
        name: item.name.clone(),
        files,
        licence: item.licence.clone(),
        citation: item.citation.clone(),
    })
}

/// A file that is there already, checked.
fn there(file: &CatalogueFile, path: &Path) -> anyhow::Result<Option<Fetched>> {
    if !path.exists() {
        return Ok(None);
    }
    let bytes = regular::open(path).and_then(|found| Ok(found.metadata()?.len()));
    let bytes = bytes.with_context(|| path.display().to_string())?;
    let other = |what: String| {
        format!(
            "{} is there, and is another file: {what}; remove it, or choose another place with --to",
            path.display()
        )
    };
    if let Some(known) = file.bytes {
        ensure!(bytes == known, other(format!("it has {bytes} bytes, the catalogue says {known}")));
    }
    let sha256 = digest::of_file(path)?;
    if let Some(known) = &file.sha256 {
        ensure!(sha256 == *known, other(format!("it has the SHA-256 {sha256}, the catalogue says {known}")));
    }
    let checked = file.sha256.is_some();
    Ok(Some(Fetched { file: path.to_owned(), bytes, sha256, checked, was_there: true }))
}

fn fetch(
    item: &Item,
    missing: &[&CatalogueFile],
    folder: &Path,
    progress: &dyn Progress,
) -> anyhow::Result<Vec<Fetched>> {
    // What begins encrypted stays so, wherever it is redirected to.
    let client = |url: &str| https::client().timeout(SILENCE).https_only(url.starts_with("https://")).build();
    let mut fetched = Vec::new();
    for file in missing {
        let (Some(url), path) = (&file.url, folder.join(&file.name)) else { continue };
        progress.say(&format!("{}: {url}", path.display()));
        let got = one(&client(url)?, file, url, &path, progress).with_context(|| {
            let by_hand = place(file, &path);
            format!("{url} was not fetched (without a network: fetch it elsewhere, put it at {by_hand}, and run the same command again, which checks it; it comes from {})", item.origin)
        })?;
        fetched.push(got);
    }
    Ok(fetched)
}

fn one(
    client: &Client,
    file: &CatalogueFile,
    url: &str,
    path: &Path,
    progress: &dyn Progress,
) -> anyhow::Result<Fetched> {
    let text = |value: Option<String>| value.unwrap_or_else(|| "unknown".to_owned());
    let key = Key::default()
        .with("url", url)
        .with("bytes", text(file.bytes.map(|bytes| bytes.to_string())))
        .with("sha256", text(file.sha256.clone()));
    let mut partial = Partial::open(path, "fetch", &key, progress)?;
    let here = fs::metadata(partial.path(CONTENT)).map_or(0, |found| found.len());
    has_room(&partial, file.bytes.map_or(0, |bytes| bytes.saturating_sub(here)))?;
    let wanted = Wanted { url, bytes: file.bytes, sha256: file.sha256.as_deref() };
    match transfer(client, &wanted, &partial, progress) {
        Ok((bytes, sha256)) => {
            partial.publish_written(CONTENT)?;
            let checked = file.sha256.is_some();
            Ok(Fetched { file: path.to_owned(), bytes, sha256, checked, was_there: false })
        }
        Err(error) => {
            // Nothing is kept of another file, and no empty one.
            let here = fs::metadata(partial.path(CONTENT)).map_or(0, |found| found.len());
            if error.is_other_file() || here == 0 {
                partial.begin_anew()?;
            }
            Err(error.into())
        }
    }
}
