//! The website as a folder.

use std::{fs, path::Path};

use anyhow::{Context, bail};
use cellprism_core::bundle::{
    BUNDLE_LIST, BUNDLES, BundleEntry, BundleList, File, path,
    verify::{Folder, verify},
};

use super::{App, names::list};
use crate::{
    files::bundle::BundleFolder,
    work::{atomic::OutputFolder, regular},
};

/// Writes app and bundles to `out`, all or nothing. An older site at `out` is replaced; any other folder that has
/// something in it is left alone.
///
/// # Errors
/// If a bundle is damaged (its file is named), the app already has one of the names, or `out` cannot be written.
pub fn write(app: &App, bundles: &[&Path], out: &Path) -> anyhow::Result<Vec<BundleEntry>> {
    let mut opened = Vec::new();
    for root in bundles {
        let (folder, manifest) = BundleFolder::open(root)?;
        let report = verify(&folder);
        if let Some(first) = report.problems.first() {
            bail!(
                "{} is damaged, so no site is made of it: {}: {} (`cellprism verify` lists all {})",
                root.display(),
                first.file,
                first.problem,
                report.problems.len()
            );
        }
        opened.push((folder, manifest));
    }
    let entries = list(opened.iter().map(|(_, manifest)| manifest));
    if let Some(taken) = app.files.keys().find(|name| name.starts_with(BUNDLES)) {
        bail!("the app has a file {taken}, which is where bundles belong");
    }
    let folder = if is_site(out) { OutputFolder::replace(out) } else { OutputFolder::create(out) };
    let folder = folder.with_context(|| format!("cannot write {}", out.display()))?;
    for (name, content) in &app.files {
        put(folder.path(), name, content)?;
    }
    for (entry, (bundle, _)) in entries.iter().zip(&opened) {
        let files = bundle.list().map_err(anyhow::Error::msg)?;
        for (name, _) in files {
            let content = bundle
                .read(&name)
                .map_err(|e| anyhow::anyhow!("{}: {e}", bundle.root().join(&name).display()))?;
            put(folder.path(), &format!("{}{name}", entry.path), &content)?;
        }
    }
    put(folder.path(), BUNDLE_LIST, &serde_json::to_vec_pretty(&entries)?)?;
    folder.finish().with_context(|| format!("cannot write {}", out.display()))?;
    Ok(entries)
}

/// Whether a folder was written by [`write()`].
fn is_site(folder: &Path) -> bool {
    let list = regular::read(&folder.join(BUNDLE_LIST), regular::LIST).ok();
    list.is_some_and(|bytes| BundleList::from_bytes(BUNDLE_LIST, &bytes).is_ok())
        && folder.join("index.html").is_file()
}

fn put(root: &Path, name: &str, content: &[u8]) -> anyhow::Result<()> {
    if !path::is_safe(name) {
        bail!("{name:?} is no name of a file within the site");
    }
    let target = root.join(name);
    let written =
        target.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&target, content));
    written.with_context(|| format!("cannot write {}", target.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::tests::app;

    #[test]
    fn an_older_site_is_replaced_and_nothing_else() {
        let work = tempfile::tempdir().unwrap();
        let out = work.path().join("site");
        write(&app(), &[], &out).unwrap();
        fs::write(out.join("old.js"), "").unwrap();
        write(&app(), &[], &out).unwrap();
        assert!(out.join("start.js").is_file() && !out.join("old.js").exists());

        let thesis = work.path().join("thesis");
        fs::create_dir(&thesis).unwrap();
        fs::write(thesis.join("index.html"), "mine").unwrap();
        let error = format!("{:#}", write(&app(), &[], &thesis).unwrap_err());
        assert!(error.contains("exists already"), "{error}");
        assert_eq!(fs::read(thesis.join("index.html")).unwrap(), b"mine");
        assert_eq!(fs::read_dir(work.path()).unwrap().count(), 2, "nothing half-written is left");
    }
}
