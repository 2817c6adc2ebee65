//! Two outputs compared, byte for byte, times of making apart.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::files_of;

/// Contents of an output, without the times that it tells of itself.
///
/// # Panics
/// If it is not there, or its JSON is damaged.
pub fn contents(out: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    if out.is_file() {
        return BTreeMap::from([(PathBuf::new(), fs::read(out).expect("an output"))]);
    }
    let mut files = files_of(out);
    for (name, content) in &mut files {
        let text = name.file_name().expect("a name").to_string_lossy();
        if text == "metrics.jsonl" {
            let lines = std::str::from_utf8(content).expect("text").lines();
            let timeless = |line: &str| {
                let mut line: Value = serde_json::from_str(line).expect("JSON");
                line["seconds"] = Value::Null;
                line["cells_per_second"] = Value::Null;
                line.to_string()
            };
            *content = lines.map(timeless).collect::<Vec<_>>().join("\n").into_bytes();
        }
        if text == "manifest.json" {
            let mut manifest: Value = serde_json::from_slice(content).expect("a manifest");
            manifest["created"] = Value::Null;
            for stage in manifest["stages"].as_array_mut().expect("stages") {
                stage["seconds"] = Value::Null;
            }
            *content = manifest.to_string().into_bytes();
        }
    }
    files
}

/// Asserts that two outputs are the same.
///
/// # Panics
/// If they aren't, with the file.
pub fn assert_same(expected: &BTreeMap<PathBuf, Vec<u8>>, out: &Path, when: &str) {
    let found = contents(out);
    assert_eq!(expected.keys().collect::<Vec<_>>(), found.keys().collect::<Vec<_>>(), "{when}");
    for (name, content) in expected {
        assert!(content == &found[name], "{} differs {when}", name.display());
    }
}
