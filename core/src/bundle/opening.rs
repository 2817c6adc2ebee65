//! What a page says first: sentences of a bundle and of a concept, cut into plain words, strong ones and genes. A site writes
//! them where they are seen before the program runs; the program says the same.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{ConceptDetail, Counts, TitleParts};

/// A number with commas: "592,317".
pub fn thousands(n: impl Into<u64>) -> String {
    let digits = n.into().to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// How some words are set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// As they are.
    #[default]
    Plain,
    /// Bold.
    Strong,
    /// In italics.
    Gene,
}

/// Words of one style.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// The words.
    pub text: String,
    /// Their style.
    #[serde(default)]
    pub style: Style,
}

impl Piece {
    fn new(style: Style, text: impl Into<String>) -> Self {
        Self { text: text.into(), style }
    }
}

/// The bundle's first sentences.
///
/// ```
/// use cellprism_core::bundle::{Counts, opening};
///
/// let counts = Counts { embedding: 30, concepts: 1_200, active_per_cell: 8, ..Counts::default() };
/// let said: String = opening::lead(&counts).into_iter().map(|piece| piece.text).collect();
/// assert!(said.starts_with("A sparse autoencoder splits the model’s 30-dimensional view of each cell into 1,200 candidate"));
/// ```
pub fn lead(counts: &Counts) -> Vec<Piece> {
    vec![
        Piece::new(
            Style::Plain,
            format!(
                "A sparse autoencoder splits the model’s {}-dimensional view of each cell into ",
                counts.embedding
            ),
        ),
        Piece::new(Style::Strong, format!("{} candidate concepts", thousands(counts.concepts))),
        Piece::new(
            Style::Plain,
            format!(
                ", {} of them active per cell. Each is described by the cells that activate it, the genes that those cells have and lack, and the pathways that stand above chance.",
                counts.active_per_cell
            ),
        ),
    ]
}

/// Genes that a title or a verdict may name.
pub fn genes(parts: &TitleParts) -> BTreeSet<&str> {
    parts.has.iter().chain(&parts.lacks).map(String::as_str).collect()
}

/// A concept's verdict among so many cells: the cells that activate it, and what they have and lack, are strong.
pub fn verdict(detail: &ConceptDetail, all: u32) -> Vec<Piece> {
    let genes = genes(&detail.title_parts);
    let mut rest = detail.verdict.as_str();
    let mut found = Vec::new();
    let counted = format!("{} of {} cells", thousands(detail.cells), thousands(all));
    for strong in [counted.as_str(), " have ", " lack "] {
        if let Some((before, after)) = rest.split_once(strong) {
            found.extend(told(before, &genes));
            found.push(Piece::new(Style::Strong, strong));
            rest = after;
        }
    }
    found.extend(told(rest, &genes));
    found
}

/// A text cut into genes and what is between them.
pub fn told(text: &str, genes: &BTreeSet<&str>) -> Vec<Piece> {
    let between = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | ':' | '(' | ')' | '·');
    let mut pieces = Vec::new();
    let (mut plain, mut at) = (0, 0);
    while at < text.len() {
        let rest = &text[at..];
        let word = rest.find(between).map_or(rest, |end| &rest[..end]).trim_end_matches('.');
        if genes.contains(word) {
            if plain < at {
                pieces.push(Piece::new(Style::Plain, &text[plain..at]));
            }
            pieces.push(Piece::new(Style::Gene, word));
            plain = at + word.len();
        }
        let skip = word.len().max(1);
        at += rest.char_indices().map(|(i, _)| i).find(|&i| i >= skip).unwrap_or(rest.len());
    }
    if plain < text.len() {
        pieces.push(Piece::new(Style::Plain, &text[plain..]));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(
            [thousands(7u32), thousands(2638u32), thousands(1_234_567u64)],
            ["7", "2,638", "1,234,567"]
        );
    }

    #[test]
    fn genes_are_told_from_words() {
        let genes = BTreeSet::from(["HSPB1", "HLA-DRA", "B"]);
        let found = told("B cells · HSPB1, HLA-DRA, HLA-DRA1 (HSPB1).", &genes);
        let italics: Vec<&str> =
            found.iter().filter(|p| p.style == Style::Gene).map(|p| p.text.as_str()).collect();
        assert_eq!(italics, ["B", "HSPB1", "HLA-DRA", "HSPB1"]);
        let whole: String = found.iter().map(|p| p.text.as_str()).collect();
        assert_eq!(whole, "B cells · HSPB1, HLA-DRA, HLA-DRA1 (HSPB1).");
        assert_eq!(told("näive ·", &genes), [Piece::new(Style::Plain, "näive ·")]);
    }
}
