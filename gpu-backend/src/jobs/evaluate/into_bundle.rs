//! Copies of the bundles that hold the evaluation: a new tag, and all that was there before.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use cellprism_core::bundle::{File as _, FileEntry, Manifest, path, verify::Folder as _};

use super::{Evidence, output};
use crate::{
    files::bundle::BundleFolder,
    work::{key::Key, output::OutputFolder},
};

/// Under what name the key of a bundle holds its evaluation.
pub const EVALUATION: &str = "evaluation";

/// Writes a copy of every bundle: one bundle as `out` itself, several as folders in it, named by their tags.
///
/// # Errors
/// If a copy exists already or cannot be written.
pub fn write(bundles: &[Evidence], files: &[(String, Vec<u8>)], out: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut written = Vec::new();
    for evidence in bundles {
        let place = if bundles.len() == 1 { out.to_owned() } else { out.join(&evidence.manifest().tag) };
        copy(&evidence.given.folder, evidence.manifest(), files, &place)
            .with_context(|| format!("cannot write {}", place.display()))?;
        written.push(place);
    }
    Ok(written)
}

fn copy(
    from: &BundleFolder,
    manifest: &Manifest,
    files: &[(String, Vec<u8>)],
    out: &Path,
) -> anyhow::Result<()> {
    let folder = OutputFolder::create(out)?;
    let ours = |name: &str| name == path::MANIFEST || is_evaluation(name);
    for (name, _) in from.list()?.into_iter().filter(|(name, _)| !ours(name)) {
        let place = folder.path().join(&name);
        if let Some(parent) = place.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::copy(from.root().join(&name), &place).with_context(|| name.clone())?;
    }
    let manifest = with_evaluation(manifest, files);
    for (name, content) in files {
        output::put(folder.path(), &placed(name), content)?;
    }
    output::put(folder.path(), path::MANIFEST, &manifest.to_bytes()?)?;
    folder.finish()
}

/// Whether a file belongs to an earlier evaluation; the metrics of the dictionary do not.
fn is_evaluation(name: &str) -> bool {
    name.strip_prefix(path::EVALUATION).is_some_and(|rest| rest.starts_with('/')) && name != path::METRICS
}

fn placed(name: &str) -> String {
    format!("{}/{name}", path::EVALUATION)
}

/// The manifest with the evaluation's files and a tag that covers them.
fn with_evaluation(manifest: &Manifest, files: &[(String, Vec<u8>)]) -> Manifest {
    let mut manifest = manifest.clone();
    manifest.files.retain(|name, _| !is_evaluation(name));
    let mut key = Key::from(manifest.key.clone());
    if manifest.key.is_empty() {
        key = key.with("bundle", &manifest.tag);
    }
    let mut digests = String::new();
    for (name, content) in files {
        let entry = FileEntry::of(content);
        digests += &format!("{name} {}\n", entry.sha256);
        manifest.files.insert(placed(name), entry);
    }
    key = key.with_digest(EVALUATION, digests);
    manifest.tag = key.tag();
    manifest.key = key.into();
    manifest
}
