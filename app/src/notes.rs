//! Labels that the reader writes: kept in this browser only, exported on request.

use serde::{Deserialize, Serialize};

use leptos::prelude::*;

use crate::browser;

thread_local! {
    // Counts changes, for views that show a label.
    static CHANGES: ArcRwSignal<u32> = ArcRwSignal::new(0);
}

/// A reader's label of one concept, with those that it had before.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Note {
    /// Concept.
    pub concept: u32,
    /// The label; empty where it was taken back.
    pub label: String,
    /// When it was given, ISO 8601; empty for labels of older releases.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub at: String,
    /// What it was before, last first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<Earlier>,
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

/// The note on one concept, empty where there is none.
pub fn of(tag: &str, concept: u32) -> String {
    all(tag).into_iter().find(|n| n.concept == concept).map(|n| n.label).unwrap_or_default()
}

/// Keeps a label; an empty one takes it back. Says whether this browser allowed it.
pub fn keep(tag: &str, concept: u32, label: &str) -> bool {
    keep_all(tag, &[(concept, label.to_owned())])
}

/// Keeps several at once.
pub fn keep_all(tag: &str, labels: &[(u32, String)]) -> bool {
    let mut notes = with_history(tag);
    let now = String::from(js_sys::Date::new_0().to_iso_string());
    for (concept, label) in labels {
        change(&mut notes, *concept, label.trim(), &now);
    }
    let Ok(json) = serde_json::to_string(&notes) else { return false };
    let kept = browser::storage().is_some_and(|s| s.set_item(&key(tag), &json).is_ok());
    CHANGES.with(|changes| changes.update(|n| *n = n.wrapping_add(1)));
    kept
}

fn change(notes: &mut Vec<Note>, concept: u32, label: &str, now: &str) {
    let place = notes.iter().position(|note| note.concept == concept);
    let note = match place {
        Some(place) => &mut notes[place],
        None if label.is_empty() => return,
        None => {
            notes.push(Note { concept, ..Note::default() });
            cellprism_core::order::sort_by_key(notes, |note| note.concept);
            match notes.iter_mut().find(|note| note.concept == concept) {
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
        change(&mut notes, 3, "NK cells", "t1");
        change(&mut notes, 7, "plasma cells", "t2");
        change(&mut notes, 7, "plasma cells", "t3");
        change(&mut notes, 9, "", "t4");
        assert_eq!(notes.iter().map(|note| note.concept).collect::<Vec<_>>(), [3, 7]);
        assert_eq!(
            (notes[1].at.as_str(), notes[1].before.len()),
            ("t2", 1),
            "the same label again is no change"
        );
        change(&mut notes, 7, "", "t5");
        let before: Vec<&str> = notes[1].before.iter().map(|earlier| earlier.label.as_str()).collect();
        assert_eq!((notes[1].label.as_str(), before), ("", vec!["plasma cells", "B cells"]));
    }
}
