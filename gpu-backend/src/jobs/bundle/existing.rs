//! A bundle that is there already: up to date, damaged, or another one.

use std::fs;

use anyhow::{Context as _, bail};
use cellprism_core::bundle::{ConceptIndex, File, Manifest, Metrics, path, verify::verify};

use super::{Job, Report, index::screened, inputs::Inputs};
use crate::{
    files::bundle::BundleFolder,
    work::{key::Key, target},
};

/// The report of the same job where its bundle is there already, whole.
///
/// # Errors
/// If what is there is something else and may not be replaced, with what differs; or if it is damaged.
pub fn existing(job: &Job, inputs: &Inputs) -> anyhow::Result<Option<Report>> {
    let out = &job.out;
    target::for_folder(out)?;
    if job.overwrite {
        target::replaces(out, path::MANIFEST, "bundle")?;
        return Ok(None);
    }
    if !out.exists() || fs::read_dir(out).is_ok_and(|mut there| there.next().is_none()) {
        return Ok(None);
    }
    let folder = BundleFolder::at(out)?;
    let bytes = folder.manifest_bytes().ok();
    let Some(manifest) = bytes.and_then(|bytes| Manifest::from_bytes(path::MANIFEST, &bytes).ok()) else {
        bail!("{} exists already and is no bundle: choose another name or remove it", out.display());
    };
    let differs = differences(job, &manifest, &inputs.key);
    if !differs.is_empty() {
        bail!(
            "{} exists already and is another bundle ({}): choose another name, or replace it with --overwrite",
            out.display(),
            differs.join("; ")
        );
    }
    let found = verify(&folder);
    if let Some(problem) = found.problems.first() {
        bail!(
            "{} is there already but damaged ({}: {}): --overwrite makes it again",
            out.display(),
            problem.file,
            problem.problem
        );
    }
    let index = ConceptIndex::from_bytes(path::CONCEPT_INDEX, &fs::read(out.join(path::CONCEPT_INDEX))?)?;
    let metrics = Metrics::from_bytes(path::METRICS, &fs::read(out.join(path::METRICS))?)?;
    Ok(Some(Report {
        active_concepts: manifest.counts.active_concepts as usize,
        concepts: manifest.counts.concepts as usize,
        r2: metrics.first().context("the bundle has no metrics")?.r2,
        labelled: index.labelled,
        labelled_by_chance: index.labelled_by_chance,
        verdict: index.verdict,
        surviving: index.surviving,
        screened: screened(&index.rows),
        tag: manifest.tag,
        unchanged: true,
    }))
}

/// What another bundle was made of, in words.
fn differences(job: &Job, manifest: &Manifest, key: &Key) -> Vec<String> {
    let named = |what: &str, asked: &Option<String>, there: &String| {
        asked.as_ref().filter(|asked| *asked != there).map(|asked| format!("{what}: {there}, now {asked}"))
    };
    let mut found: Vec<String> =
        [named("name", &job.name, &manifest.name), named("title", &job.title, &manifest.title)]
            .into_iter()
            .flatten()
            .collect();
    if manifest.tag != key.tag() {
        let changes = key.changes(&Key::from(manifest.key.clone()));
        let unsaid = || vec!["it was written by another version of cellprism".to_owned()];
        found.extend(if manifest.key.is_empty() { unsaid() } else { changes });
    }
    found
}
