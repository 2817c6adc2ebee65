//! Results of earlier tasks laid into a work folder, and what a stage has left there taken from it.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use walkdir::WalkDir;

use super::{
    plan::Plan,
    result::{self, Done, Entry, Found},
    task::{Stage, Task},
};
use crate::jobs::bundle::work::{BUNDLE, Work};

/// What a result is made in before it gets its name.
pub const RESULT_FOLDER: &str = "result";

/// The results that a task reads, all of them whole and of each other.
///
/// # Errors
/// Names every one that is missing, damaged, or made of another result than the one that is there, and how to make it.
pub fn needed(plan: &Plan, task: &Task) -> anyhow::Result<BTreeMap<String, Done>> {
    let mut found = BTreeMap::new();
    let mut problems = Vec::new();
    for id in &task.needs {
        let need = plan.task(id)?;
        match result::look(plan, need) {
            Found::Missing => problems.push(format!("{id} is not done")),
            Found::Damaged(file) => problems.push(format!("{id} is damaged ({})", file.display())),
            Found::Whole(done) => match other_need(plan, &done)? {
                Some(other) => problems.push(format!("{id} was made of another {other} than is there now")),
                None => drop(found.insert(id.clone(), done)),
            },
        }
    }
    if let Some(first) = problems.first() {
        let id = first.split(' ').next().unwrap_or_default();
        bail!(
            "{} cannot be done: {}. `cellprism shard run {} --task {id}` makes {}",
            task.id,
            problems.join("; "),
            plan.path.display(),
            if problems.len() == 1 { "it" } else { "the first" }
        );
    }
    Ok(found)
}

/// A need of a result whose content is another now. One that is not there any more is not asked for again.
pub fn other_need(plan: &Plan, done: &Done) -> anyhow::Result<Option<String>> {
    for (id, content) in &done.needs {
        if let Found::Whole(now) = result::listed(plan, plan.task(id)?)
            && now.content != *content
        {
            return Ok(Some(id.clone()));
        }
    }
    Ok(None)
}

/// Lays results where a stage looks for them. Nothing there is written to in place, so links do; what goes into the bundle is
/// copied, since that is its reader's.
///
/// # Errors
/// If a file cannot be laid.
pub fn lay(plan: &Plan, needed: &BTreeMap<String, Done>, work: &Work) -> anyhow::Result<()> {
    for (id, done) in needed {
        let folder = result::folder(plan, plan.task(id)?);
        for name in done.files.keys() {
            let (from, to) = (folder.join(name), work.folder(name));
            let is_bundles = Path::new(name).starts_with(BUNDLE);
            link(&from, &to, is_bundles).with_context(|| format!("cannot write {}", to.display()))?;
        }
    }
    Ok(())
}

/// What a stage has left in its work folder, less what was laid there, in a folder that can get a name.
///
/// # Errors
/// If a file cannot be read, or taken.
pub fn take(
    stage: Stage,
    needed: &BTreeMap<String, Done>,
    work: &Work,
) -> anyhow::Result<BTreeMap<String, Entry>> {
    let to = work.folder(RESULT_FOLDER);
    if to.exists() {
        fs::remove_dir_all(&to)?;
    }
    fs::create_dir_all(&to)?;
    let laid = |name: &str| needed.values().any(|done| done.files.contains_key(name));
    let mut files = BTreeMap::new();
    for (name, path) in left(stage, work)? {
        if !laid(&name) {
            link(&path, &to.join(&name), false).with_context(|| format!("cannot write {}", to.display()))?;
            files.insert(name.clone(), result::entry(stage, &name, &path)?);
        }
    }
    Ok(files)
}

/// Files in what a stage leaves, by their names from the work folder.
fn left(stage: Stage, work: &Work) -> anyhow::Result<Vec<(String, PathBuf)>> {
    let root = work.folder("");
    let mut found = Vec::new();
    for top in stage.leaves().iter().map(|name| work.folder(name)).filter(|top| top.exists()) {
        for item in WalkDir::new(&top) {
            let item = item.with_context(|| format!("cannot read {}", top.display()))?;
            if item.file_type().is_file() {
                let names = item.path().strip_prefix(&root)?.components();
                let names: Vec<_> = names.map(|part| part.as_os_str().to_string_lossy()).collect();
                found.push((names.join("/"), item.into_path()));
            }
        }
    }
    Ok(found)
}

/// The same file under another name; a copy where it must be one, and where the file system links nothing.
fn link(from: &Path, to: &Path, copied: bool) -> io::Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    match fs::remove_file(to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    if !copied && fs::hard_link(from, to).is_ok() {
        return Ok(());
    }
    fs::copy(from, to).map(|_| ())
}
