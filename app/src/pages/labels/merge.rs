//! Labels of somebody else: read, held beside one's own, taken over.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::{
    notes::{Key, Note, key_of},
    table::Table,
};

/// Labels of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Theirs {
    /// Whose they are, where the file says so.
    pub by: String,
    /// Tag of the bundle, where the file says so.
    pub tag: String,
    /// Label by concept or neuron.
    pub labels: BTreeMap<Key, String>,
}

#[derive(Deserialize)]
struct Exported {
    #[serde(default)]
    by: String,
    #[serde(default)]
    tag: String,
    labels: Vec<Note>,
}

/// Reads JSON as this page exports it, or CSV with the columns `concept` and `label`.
///
/// # Errors
/// In words, if it is neither.
pub fn read(name: &str, text: &str) -> Result<Theirs, String> {
    let wrong = |why: String| format!("{name} is no file of labels: {why}");
    if let Ok(value) = serde_json::from_slice::<Value>(text.as_bytes()) {
        let found: Exported = serde_json::from_value(value).map_err(|e| wrong(e.to_string()))?;
        let labels = found.labels.into_iter().filter(|note| !note.label.trim().is_empty());
        let labels = labels.map(|note| (note.key(), note.label.trim().to_owned())).collect();
        return Ok(Theirs { by: found.by, tag: found.tag, labels });
    }
    let table = Table::parse(text).map_err(wrong)?;
    if table.column("concept").is_none() || table.column("label").is_none() {
        return Err(wrong("it has no columns concept and label".into()));
    }
    let mut labels = BTreeMap::new();
    for row in &table.rows {
        let concept = table.at(row, "concept");
        let key = key_of(concept).ok_or_else(|| wrong(format!("{concept:?} is no concept")))?;
        labels.insert(key, table.at(row, "label").trim().to_owned());
    }
    labels.retain(|_, label| !label.is_empty());
    Ok(Theirs { labels, ..Theirs::default() })
}

/// The same words, whatever their letters and spaces.
pub fn same(a: &str, b: &str) -> bool {
    let plain = |text: &str| text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
    plain(a) == plain(b)
}

/// How two people's labels compare.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Agreement {
    /// Concepts that both labelled.
    pub both: usize,
    /// … with the same words.
    pub same: usize,
    /// Only mine.
    pub mine: usize,
    /// Only theirs.
    pub theirs: usize,
}

/// Compares labels with one's own.
pub fn agreement(own: &[Note], theirs: &Theirs) -> Agreement {
    let mut found = Agreement { theirs: theirs.labels.len(), ..Agreement::default() };
    for note in own {
        match theirs.labels.get(&note.key()) {
            Some(label) => {
                found.both += 1;
                found.theirs -= 1;
                found.same += usize::from(same(label, &note.label));
            }
            None => found.mine += 1,
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::Subject;

    #[test]
    fn what_is_exported_can_be_read_and_compared() {
        let json = r#"{"bundle":"b","tag":"t1","by":"Ann","labels":[{"concept":1,"label":"B  cells"},{"concept":2,"label":" "},{"concept":4,"label":"NK"}]}"#;
        let theirs = read("a.json", json).unwrap();
        assert_eq!((theirs.by.as_str(), theirs.tag.as_str(), theirs.labels.len()), ("Ann", "t1", 2));
        let note = |concept, label: &str| Note { concept, label: label.into(), ..Note::default() };
        let own = [note(1, "b cells"), note(3, "T cells"), note(4, "T cells")];
        assert_eq!(agreement(&own, &theirs), Agreement { both: 2, same: 1, mine: 1, theirs: 0 });
        let csv = read("a.csv", "concept,label\nC7,\"T, naive\"\n8,\nN7,a side\n").unwrap();
        let expected =
            [((Subject::Concepts, 7), "T, naive".into()), ((Subject::Neurons, 7), "a side".into())];
        assert_eq!(csv.labels, BTreeMap::from(expected));
        assert!(read("x", "a,b\n1,2\n").unwrap_err().contains("no columns"));
        assert!(
            read("x", "[1]").is_err() && read("x", "concept,label\nq,r\n").unwrap_err().contains("\"q\"")
        );
    }
}
