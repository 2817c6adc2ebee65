//! The website as a folder.

use std::{collections::BTreeSet, fs, path::Path};

use anyhow::{Context, bail};
use cellprism_core::{
    bundle::{
        BUNDLE_LIST, BUNDLES, BundleEntry, BundleList, File, path,
        verify::{Folder, verify},
    },
    parallel,
};

use super::{
    App,
    greeting::{add_heads, greet},
    names::list,
    packed::{Effort, is_packed_of, packed},
};
use crate::{
    files::bundle::BundleFolder,
    work::{output::OutputFolder, progress::Progress, regular},
};

/// Writes app and bundles to `out`, all or nothing. An older site at `out` is replaced; any other folder that has
/// something in it is left alone.
///
/// # Errors
/// If a bundle is damaged (its file is named), the app already has one of the names, or `out` cannot be written.
pub fn write(
    app: &App,
    bundles: &[&Path],
    out: &Path,
    progress: &dyn Progress,
) -> anyhow::Result<Vec<BundleEntry>> {
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
    let mut app = app.clone();
    if let Some((bundle, manifest)) = opened.first() {
        greet(&mut app, bundle, manifest)?;
        add_heads(&mut app, bundle, manifest)?;
    }
    let files: Vec<(&String, &Vec<u8>)> = app.files.iter().collect();
    let steps = progress.begin("app", files.len() as u64, "files");
    all(files.len(), |i| {
        put_packed(folder.path(), files[i].0, files[i].1, Effort::Most).inspect(|()| steps.advance(1))
    })?;
    steps.finish();
    for (entry, (bundle, _)) in entries.iter().zip(&opened) {
        let files = bundle.list().map_err(anyhow::Error::msg)?;
        let names: BTreeSet<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        // Of a bundle within a site only the bundle's own files.
        let own: Vec<&str> =
            names.iter().copied().filter(|name| !is_packed_of(name, |whole| names.contains(whole))).collect();
        let steps = progress.begin("bundle", own.len() as u64, "files");
        all(own.len(), |i| {
            let name = own[i];
            let content = bundle
                .read(name)
                .map_err(|e| anyhow::anyhow!("{}: {e}", bundle.root().join(name).display()))?;
            put_packed(folder.path(), &format!("{}{name}", entry.path), &content, Effort::Quick)
                .inspect(|()| steps.advance(1))
        })?;
        steps.finish();
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

/// Every piece of work, or the first error in their order.
fn all(n: usize, work: impl Fn(usize) -> anyhow::Result<()> + Sync + Send) -> anyhow::Result<()> {
    parallel::map(n, work).into_iter().collect()
}

/// The file, and its content packed beside it.
fn put_packed(root: &Path, name: &str, content: &[u8], effort: Effort) -> anyhow::Result<()> {
    put(root, name, content)?;
    for (ending, packed) in packed(name, content, effort) {
        put(root, &format!("{name}{ending}"), &packed)?;
    }
    Ok(())
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
    use crate::{site::tests::app, work::progress::Silent};

    #[test]
    fn what_becomes_shorter_is_packed_beside() {
        let work = tempfile::tempdir().unwrap();
        let out = work.path().join("site");
        let mut app = app();
        app.files.insert("long.js".into(), b"let concept = 1; ".repeat(500));
        write(&app, &[], &out, &Silent).unwrap();
        let size = |name: &str| fs::metadata(out.join(name)).map(|found| found.len()).unwrap_or(0);
        assert_eq!(size("long.js"), 8500);
        assert!((1..900).contains(&size("long.js.gz")) && (1..900).contains(&size("long.js.br")));
        assert!(!out.join("start.js.gz").exists(), "too short to gain anything");
    }

    #[test]
    fn an_older_site_is_replaced_and_nothing_else() {
        let work = tempfile::tempdir().unwrap();
        let out = work.path().join("site");
        write(&app(), &[], &out, &Silent).unwrap();
        fs::write(out.join("old.js"), "").unwrap();
        write(&app(), &[], &out, &Silent).unwrap();
        assert!(out.join("start.js").is_file() && !out.join("old.js").exists());

        let thesis = work.path().join("thesis");
        fs::create_dir(&thesis).unwrap();
        fs::write(thesis.join("index.html"), "mine").unwrap();
        let error = format!("{:#}", write(&app(), &[], &thesis, &Silent).unwrap_err());
        assert!(error.contains("exists already"), "{error}");
        assert_eq!(fs::read(thesis.join("index.html")).unwrap(), b"mine");
        assert_eq!(fs::read_dir(work.path()).unwrap().count(), 2, "nothing half-written is left");
    }
}
