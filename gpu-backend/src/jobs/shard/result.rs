//! What a task has left: a folder with its files and a list of them, `result.json`.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{
    plan::Plan,
    task::{Stage, Task},
};
use crate::{
    jobs::bundle::{dictionary, embedding},
    work::{digest, key::Key, regular},
};

/// The list.
pub const RESULT: &str = "result.json";
const SCHEMA: &str = "cellprism-shard-result";

/// What a task has left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Done {
    /// What this file is.
    schema: String,
    /// The task.
    pub task: String,
    /// How long it took.
    pub seconds: f64,
    /// Memory at most, in MiB, where the system says.
    pub memory_mb: Option<u64>,
    /// What it was made of: tasks with the digests of their content.
    pub needs: BTreeMap<String, String>,
    /// Its files.
    pub files: BTreeMap<String, Entry>,
    /// Digest of the content: two that are equal differ in times only.
    pub content: String,
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its size.
    pub bytes: u64,
    /// SHA-256.
    pub sha256: String,
    /// Where it tells times: SHA-256 of the rest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeless: Option<String>,
}

impl Done {
    /// Of a task with these files.
    pub fn new(
        task: &Task,
        seconds: f64,
        memory_mb: Option<u64>,
        needs: BTreeMap<String, String>,
        files: BTreeMap<String, Entry>,
    ) -> Self {
        let content = content(&files);
        Self { schema: SCHEMA.into(), task: task.id.clone(), seconds, memory_mb, needs, files, content }
    }
}

/// What is there of a task.
#[derive(Debug)]
pub enum Found {
    /// Nothing.
    Missing,
    /// A file is missing or is not what it was.
    Damaged(PathBuf),
    /// All.
    Whole(Done),
}

/// The folder of a result; the plan's own for the task that writes the bundle.
pub fn folder(plan: &Plan, task: &Task) -> PathBuf {
    plan.folder().join(task.result.as_deref().unwrap_or_default())
}

/// Looks at the list only.
pub fn listed(plan: &Plan, task: &Task) -> Found {
    let folder = folder(plan, task);
    if !folder.exists() || fs::read_dir(&folder).is_ok_and(|mut there| there.next().is_none()) {
        return Found::Missing;
    }
    let path = folder.join(RESULT);
    let done = regular::read(&path, regular::LIST).ok().and_then(|text| {
        let done: Done = serde_json::from_slice(&text).ok()?;
        let fits = done.schema == SCHEMA && done.task == task.id && content(&done.files) == done.content;
        fits.then_some(done)
    });
    done.map_or(Found::Damaged(path), Found::Whole)
}

/// Looks at every file.
pub fn look(plan: &Plan, task: &Task) -> Found {
    let found = listed(plan, task);
    let Found::Whole(done) = &found else { return found };
    let folder = folder(plan, task);
    for (name, entry) in &done.files {
        let path = folder.join(name);
        let is_whole = fs::metadata(&path).is_ok_and(|about| about.len() == entry.bytes)
            && digest::of_file(&path).is_ok_and(|sum| sum == entry.sha256);
        if !is_whole {
            return Found::Damaged(path);
        }
    }
    found
}

/// A file as it is listed.
///
/// # Errors
/// If it cannot be read.
pub fn entry(stage: Stage, name: &str, path: &Path) -> anyhow::Result<Entry> {
    let tells_times = match stage {
        Stage::Embed => name.ends_with(".json"),
        Stage::Train => [embedding::NOTE, dictionary::TRAINED].contains(&name),
        _ => false,
    };
    let timeless = if tells_times { timeless(&fs::read(path)?) } else { None };
    Ok(Entry { bytes: fs::metadata(path)?.len(), sha256: digest::of_file(path)?, timeless })
}

fn content(files: &BTreeMap<String, Entry>) -> String {
    let with = |key: Key, (name, entry): (&String, &Entry)| {
        key.with(name, entry.timeless.as_ref().unwrap_or(&entry.sha256))
    };
    files.iter().fold(Key::default(), with).digest()
}

/// Digest of a kept note, a checksum and JSON, without the seconds in it.
fn timeless(bytes: &[u8]) -> Option<String> {
    let line = bytes.iter().position(|&byte| byte == b'\n')?;
    let mut note: Value = serde_json::from_slice(&bytes[line + 1..]).ok()?;
    without_seconds(&mut note);
    Some(format!("{:x}", Sha256::digest(note.to_string())))
}

fn without_seconds(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.remove("seconds");
            fields.values_mut().for_each(without_seconds);
        }
        Value::Array(values) => values.iter_mut().for_each(without_seconds),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_do_not_count_and_numbers_do() {
        let of = |text: &str| timeless(format!("sum\n{text}").as_bytes()).unwrap();
        let one = of(r#"{"stage": {"name": "embed", "seconds": 1.5}, "sha256": "a"}"#);
        assert_eq!(one, of(r#"{"sha256": "a", "stage": {"seconds": 99, "name": "embed"}}"#));
        assert_ne!(one, of(r#"{"sha256": "b", "stage": {"name": "embed", "seconds": 1.5}}"#));
        assert_eq!(timeless(b"sum\nnot JSON"), None);
    }
}
