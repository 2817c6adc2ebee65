//! Labels that the reader writes: kept in this browser only, exported on request.

use serde::{Deserialize, Serialize};

use leptos::prelude::*;

use crate::browser;

thread_local! {
    // Counts changes, for views that show a label.
    static CHANGES: ArcRwSignal<u32> = ArcRwSignal::new(0);
}

/// A reader's label of one concept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Note {
    /// Concept.
    pub concept: u32,
    /// The label.
    pub label: String,
}

fn key(tag: &str) -> String {
    format!("cellprism-notes-{tag}")
}

/// All notes on a bundle.
pub fn all(tag: &str) -> Vec<Note> {
    CHANGES.with(Track::track);
    let stored = browser::storage().and_then(|s| s.get_item(&key(tag)).ok().flatten());
    stored.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default()
}

/// The note on one concept, empty where there is none.
pub fn of(tag: &str, concept: u32) -> String {
    all(tag).into_iter().find(|n| n.concept == concept).map(|n| n.label).unwrap_or_default()
}

/// Keeps a note; an empty one is removed. Says whether this browser allowed it.
pub fn keep(tag: &str, concept: u32, label: &str) -> bool {
    let mut notes = untrack(|| all(tag));
    notes.retain(|n| n.concept != concept);
    if !label.trim().is_empty() {
        notes.push(Note { concept, label: label.trim().to_owned() });
        notes.sort_by_key(|n| n.concept);
    }
    let Ok(json) = serde_json::to_string(&notes) else { return false };
    let kept = browser::storage().is_some_and(|s| s.set_item(&key(tag), &json).is_ok());
    CHANGES.with(|changes| changes.update(|n| *n = n.wrapping_add(1)));
    kept
}
