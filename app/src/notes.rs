//! Labels that the reader writes: kept in this browser only, exported on request.

use serde::{Deserialize, Serialize};

use leptos::prelude::*;

use crate::{browser, bundle::Subject};

thread_local! {
    // Counts changes, for views that show a label.
    static CHANGES: ArcRwSignal<u32> = ArcRwSignal::new(0);
}

/// What a label is of.
pub type Key = (Subject, u32);

/// A reader's label of one concept or neuron, with those that it had before.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Note {
    /// Its number.
    pub concept: u32,
    /// Whether that is of a concept, as in older files, or of a neuron.
    #[serde(default, skip_serializing_if = "is_of_concept")]
    pub of: Subject,
    /// The label; empty where it was taken back.
    pub label: String,
    /// When it was given, ISO 8601; empty for labels of older releases.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub at: String,
    /// What it was before, last first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<Earlier>,
}

fn is_of_concept(subject: &Subject) -> bool {
    *subject == Subject::Concepts
}

impl Note {
    /// What it is of.
    pub fn key(&self) -> Key {
        (self.of, self.concept)
    }

    /// In a table: "7" of a concept, "N7" of neuron 7, as the page's address counts them.
    pub fn address(&self) -> String {
        match self.of {
            Subject::Concepts => self.concept.to_string(),
            Subject::Neurons => format!("N{}", self.concept),
        }
    }
}

/// What a table's word is of: see [`Note::address`].
pub fn key_of(address: &str) -> Option<Key> {
    match address.strip_prefix(['N', 'n']) {
        Some(number) => Some((Subject::Neurons, number.parse().ok()?)),
        None => Some((Subject::Concepts, address.trim_start_matches(['C', 'c']).parse().ok()?)),
    }
}

/// A label that was replaced.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Earlier {
    /// The label.
    pub label: String,
    /// When it was given.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub at: String,
}

fn key(tag: &str) -> String {
    format!("cellprism-notes-{tag}")
}

/// Makes the view that asks follow every change of a label.
pub fn follow() {
    CHANGES.with(Track::track);
}

/// All labels on a bundle that stand.
pub fn all(tag: &str) -> Vec<Note> {
    with_history(tag).into_iter().filter(|note| !note.label.is_empty()).collect()
}

/// All of them, those that were taken back included.
pub fn with_history(tag: &str) -> Vec<Note> {
    let stored = browser::storage().and_then(|s| s.get_item(&key(tag)).ok().flatten());
    stored.and_then(|json| serde_json::from_slice(json.as_bytes()).ok()).unwrap_or_default()
}

/// The label of one of them, empty where there is none.
pub fn of(tag: &str, key: Key) -> String {
    all(tag).into_iter().find(|n| n.key() == key).map(|n| n.label).unwrap_or_default()
}

/// Keeps a label; an empty one takes it back. Says whether this browser allowed it.
pub fn keep(tag: &str, key: Key, label: &str) -> bool {
    keep_all(tag, &[(key, label.to_owned())])
}

/// Keeps several at once.
pub fn keep_all(tag: &str, labels: &[(Key, String)]) -> bool {
    let mut notes = with_history(tag);
    let now = String::from(js_sys::Date::new_0().to_iso_string());
    for (key, label) in labels {
        change(&mut notes, *key, label.trim(), &now);
    }
    let Ok(json) = serde_json::to_string(&notes) else { return false };
    let kept = browser::storage().is_some_and(|s| s.set_item(&key(tag), &json).is_ok());
    CHANGES.with(|changes| changes.update(|n| *n = n.wrapping_add(1)));
    kept
}

fn change(notes: &mut Vec<Note>, key: Key, label: &str, now: &str) {
    let place = notes.iter().position(|note| note.key() == key);
    let note = match place {
        Some(place) => &mut notes[place],
        None if label.is_empty() => return,
        None => {
            notes.push(Note { concept: key.1, of: key.0, ..Note::default() });
            cellprism_core::order::sort_by_key(notes, Note::key);
            match notes.iter_mut().find(|note| note.key() == key) {
                Some(note) => note,
                None => return,
            }
        }
    };
    if note.label == label {
        return;
    }
    if !note.label.is_empty() {
        let earlier = Earlier { label: std::mem::take(&mut note.label), at: std::mem::take(&mut note.at) };
        note.before.insert(0, earlier);
    }
    (note.label, note.at) = (label.to_owned(), now.to_owned());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_that_is_replaced_or_taken_back_is_remembered() {
        let mut notes: Vec<Note> = serde_json::from_str(r#"[{"concept":7,"label":"B cells"}]"#).unwrap();
        let (three, seven) = ((Subject::Concepts, 3), (Subject::Concepts, 7));
        change(&mut notes, (Subject::Neurons, 3), "a side", "t0");
        change(&mut notes, three, "NK cells", "t1");
        change(&mut notes, seven, "plasma cells", "t2");
        change(&mut notes, seven, "plasma cells", "t3");
        change(&mut notes, (Subject::Concepts, 9), "", "t4");
        let kept: Vec<String> = notes.iter().map(Note::address).collect();
        assert_eq!(kept, ["3", "7", "N3"]);
        assert!(notes.iter().all(|note| key_of(&note.address()) == Some(note.key())));
        assert_eq!((key_of("C7"), key_of("N"), key_of("x")), (Some(seven), None, None));
        let json = serde_json::to_string(&notes[1..]).unwrap();
        assert!(json.starts_with(r#"[{"concept":7,"label":"plasma cells""#), "{json}");
        assert!(json.contains(r#"{"concept":3,"of":"neurons","label":"a side""#), "{json}");
        assert_eq!(
            (notes[1].at.as_str(), notes[1].before.len()),
            ("t2", 1),
            "the same label again is no change"
        );
        change(&mut notes, seven, "", "t5");
        let before: Vec<&str> = notes[1].before.iter().map(|earlier| earlier.label.as_str()).collect();
        assert_eq!((notes[1].label.as_str(), before), ("", vec!["plasma cells", "B cells"]));
    }
}
