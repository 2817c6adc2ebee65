//! Which rows a filter and a search keep.

use cellprism_core::bundle::{ConceptClass, ConceptRow, Side};

use crate::{
    bundle::{Bundle, Listing},
    components::title,
    notes,
};

/// Filters: the name in the address, the words.
pub const READ: [(&str, &str); 7] = [
    ("", "Enough cells"),
    ("survives", "A pathway stands"),
    ("specific", "One kind of cell"),
    ("mixed", "Mixed"),
    ("rare", "Rare"),
    ("dead", "Dead"),
    ("all", "All"),
];

/// Filters on what the paper's readings say.
pub const PAPER: [(&str, &str); 2] = [("label", "Paper’s label"), ("chance", "Paper’s chance ≤ 5%")];

/// Whether a row passes; `read` where there are readings beyond the paper's.
pub fn passes(row: &ConceptRow, filter: &str, read: bool) -> bool {
    match filter {
        "survives" => row.survives,
        "specific" if read => row.class != ConceptClass::Rare && title::strongest(row).is_some(),
        "specific" => row.class == ConceptClass::Specific,
        "mixed" => row.class == ConceptClass::Mixed,
        "rare" => row.class == ConceptClass::Rare,
        "dead" => row.class == ConceptClass::Dead,
        "label" => row.pathway.is_some(),
        "chance" => row.pathway.is_some() && row.chance.is_some_and(|c| c <= 0.05),
        "all" => true,
        _ => matches!(row.class, ConceptClass::Specific | ConceptClass::Mixed),
    }
}

/// Everything that a search looks at, in lower case.
pub fn searched(bundle: &Bundle, listing: &Listing, row: &ConceptRow) -> String {
    let mut words = vec![listing.name(row.id.0), title::text(row), row.reads_as.clone()];
    words.extend(row.genes.iter().map(|g| g.gene.clone()));
    words.extend(row.title_parts.has.iter().chain(&row.title_parts.lacks).cloned());
    words.extend(row.specific.iter().map(|s| s.label.clone()));
    let commonest = row.composition.first();
    words.extend(commonest.and_then(|(code, _)| bundle.primary_labels().get(usize::from(*code)).cloned()));
    words.extend(Side::BOTH.iter().filter_map(|&side| Some(row.labels.of(side)?.term.clone())));
    words.extend(row.pathway.iter().map(|p| p.term.clone()));
    words.push(notes::of(&bundle.manifest.tag, (listing.subject, row.id.0)));
    words.join(" ").to_lowercase()
}

/// "b" alone must be a word, longer pieces may be inside one.
pub fn word_found(text: &str, word: &str) -> bool {
    if word.len() <= 2 || word.strip_prefix('c').is_some_and(|n| n.parse::<u32>().is_ok()) {
        text.split(|c: char| !c.is_alphanumeric()).any(|part| part == word)
    } else {
        text.contains(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_words_are_whole() {
        assert!(word_found("c12 86% b cells", "b"));
        assert!(!word_found("c120 cebpb", "c12"));
        assert!(word_found("c120 cebpb", "ceb"));
    }
}
