//! The lists of files against the folder: sizes, checksums, what is missing, what is in no list.

use std::collections::{BTreeMap, BTreeSet};

use super::{Folder, Report};
use crate::{
    bundle::{File, FileEntry, Files, Manifest, path},
    parallel,
};

/// Paths of the files that are as listed. The rest is reported.
pub(super) fn check(folder: &dyn Folder, manifest: &Manifest, report: &mut Report) -> BTreeSet<String> {
    let present: BTreeMap<String, u64> = match folder.list() {
        Ok(files) => files.into_iter().collect(),
        Err(error) => {
            report.note(path::MANIFEST, error.to_string());
            return BTreeSet::new();
        }
    };
    let mut listed = manifest.files.clone();
    match folder.read(path::FILES).map(|bytes| Files::from_bytes(path::FILES, &bytes)) {
        Ok(Ok(more)) => {
            for (name, entry) in more {
                if listed.insert(name.clone(), entry).is_some() {
                    report.note(&name, "listed twice, in manifest.json and in files.json");
                }
            }
        }
        Ok(Err(error)) => report.note(path::FILES, error.to_string()),
        Err(error) => report.note(path::FILES, error.to_string()),
    }
    for name in present.keys() {
        let is_ours = |name: &str| listed.contains_key(name) || name == path::MANIFEST;
        // In a site some files stand beside themselves, packed.
        let packed = [".gz", ".br"].iter().filter_map(|ending| name.strip_suffix(ending)).any(is_ours);
        let known = is_ours(name) || packed;
        report.expect(known, name, || "in no list of this bundle's files".into());
    }
    let names: Vec<(&String, &FileEntry)> = listed.iter().collect();
    let outcomes = parallel::map(names.len(), |i| {
        let (name, entry) = names[i];
        compare(folder, name, entry, present.get(name.as_str()).copied())
    });
    let mut intact = BTreeSet::new();
    for ((name, entry), outcome) in names.into_iter().zip(outcomes) {
        report.files += 1;
        report.bytes += entry.bytes.min(present.get(name).copied().unwrap_or(0));
        match outcome {
            Ok(()) => {
                intact.insert(name.clone());
            }
            Err(problem) => report.note(name, problem),
        }
    }
    intact
}

fn compare(folder: &dyn Folder, name: &str, entry: &FileEntry, size: Option<u64>) -> Result<(), String> {
    if !path::is_safe(name) {
        return Err("a path that leaves the bundle".into());
    }
    let size = size.ok_or("missing: listed, but not there")?;
    if size != entry.bytes {
        return Err(format!("damaged: {size} bytes, but {} when it was written", entry.bytes));
    }
    let digest = FileEntry::of(&folder.read(name).map_err(|error| error.to_string())?).sha256;
    if digest != entry.sha256 {
        return Err(format!("damaged: its SHA-256 is {digest}, but {} when it was written", entry.sha256));
    }
    Ok(())
}
