//! What a concept is called: its cells, then genes that several of them carry; genes in italics.

use std::collections::BTreeSet;

use cellprism_core::bundle::{
    ConceptClass, ConceptRow, SpecificLabel,
    opening::{self, Piece, Style},
};
use leptos::prelude::*;

use crate::{
    format::{count, percent, times},
    term::term_name,
};

/// The title as a text; of an older bundle, what its cells are.
pub fn text(row: &ConceptRow) -> String {
    if !row.title.is_empty() {
        row.title.clone()
    } else if row.class == ConceptClass::Dead {
        "no active cell".into()
    } else if row.reads_as.is_empty() {
        count(row.cells, "active cell")
    } else {
        row.reads_as.clone()
    }
}

/// The title with its genes in italics.
pub fn view(row: &ConceptRow) -> AnyView {
    italic(&text(row), &opening::genes(&row.title_parts))
}

/// A sentence with some genes in italics.
pub fn italic(text: &str, genes: &BTreeSet<&str>) -> AnyView {
    set(opening::told(text, genes))
}

/// Words in their styles.
pub fn set(pieces: Vec<Piece>) -> AnyView {
    let one = |Piece { text, style }| match style {
        Style::Plain => text.into_any(),
        Style::Strong => view! { <b>{text}</b> }.into_any(),
        Style::Gene => view! { <span class="gene">{text}</span> }.into_any(),
    };
    pieces.into_iter().map(one).collect::<Vec<_>>().into_any()
}

/// Labels that survive, a line each; nothing where none does.
pub fn survivors(row: &ConceptRow) -> AnyView {
    let parts = &row.title_parts;
    let has = parts.pathway.as_ref().map(|term| view! { <p class="survivor">{term_name(term).0}</p> });
    let lacks = parts.lacks_pathway.as_ref().map(
        |term| view! { <p class="survivor"><span class="faint">"lacks: "</span>{term_name(term).0}</p> },
    );
    view! { {has}{lacks} }.into_any()
}

/// The strongest of the labels of which more can be said than the base rate says: one that the title names, then the one
/// that most exceeds its share.
pub fn strongest(row: &ConceptRow) -> Option<&SpecificLabel> {
    let key = |claim: &SpecificLabel| (named(row, claim).is_some(), claim.lift);
    let beyond = row.specific.iter().filter(|claim| claim.beyond_base_rate);
    beyond.max_by(|a, b| key(a).0.cmp(&key(b).0).then(a.lift.total_cmp(&b.lift)))
}

/// The title's words for a label.
fn named<'a>(row: &'a ConceptRow, claim: &SpecificLabel) -> Option<&'a str> {
    let cells = row.title_parts.cells.iter().find(|c| c.column == claim.column && c.label == claim.label);
    cells.map(|cells| cells.words.as_str())
}

/// "91% control cells, 1.8× their share"; a label that is only a number is said with its column.
pub fn claim(row: &ConceptRow, claim: &SpecificLabel) -> String {
    let words = match named(row, claim) {
        Some(words) => words.to_owned(),
        None if claim.label.parse::<f64>().is_ok() => {
            format!("{} {}", claim.column.replace('_', " "), claim.label)
        }
        None => claim.label.clone(),
    };
    let cells = if words.ends_with('s') { "" } else { " cells" };
    format!("{} {words}{cells}, {} their share", percent(claim.ratio), times(claim.lift))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_of_the_title_is_claimed_before_a_number() {
        let claim_of = |column: &str, label: &str, lift: f64| {
            serde_json::json!({ "column": column, "label": label, "ratio": 0.87, "base_rate": 0.18, "lift": lift,
                "beyond_base_rate": true })
        };
        let mut row: ConceptRow = serde_json::from_value(serde_json::json!({
            "id": 0, "class": "mixed", "cells": 50, "max": 1.0, "histogram": [], "composition": [],
            "specific": [claim_of("cell_type", "CD14+ Mono", 4.8), claim_of("louvain", "2", 4.9)],
            "reads_as": "", "genes": [], "important": 1, "pathway": null, "chance": null, "xy": null,
            "title_parts": { "cells": [{ "column": "cell_type", "label": "CD14+ Mono", "words": "CD14+ monocytes",
                "weight": 0.9, "ratio": 0.87, "base_rate": 0.18, "lift": 5.0, "prototypes": 10 }],
                "has": [], "lacks": [] }
        }))
        .unwrap();
        let said = |row: &ConceptRow| strongest(row).map(|found| claim(row, found)).unwrap_or_default();
        assert_eq!(said(&row), "87% CD14+ monocytes, 4.8× their share");
        row.title_parts.cells.clear();
        assert_eq!(said(&row), "87% louvain 2 cells, 4.9× their share");
        row.specific[1].beyond_base_rate = false;
        assert_eq!(said(&row), "87% CD14+ Mono cells, 4.8× their share");
    }
}
