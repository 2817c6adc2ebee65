//! What fits a query, best first, kind by kind.

use leptos::prelude::*;

use super::{
    Kind,
    words::{GeneWords, Words, list_of},
};
use crate::{
    format::{count, thousands},
    route::Route,
    term::{library_name, term_name},
};

/// One thing that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// What it is called.
    pub text: String,
    /// What is said beside it.
    pub note: String,
    /// Where it leads.
    pub link: String,
}

/// Everything of a kind that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The kind.
    pub kind: Kind,
    /// The first of them.
    pub hits: Vec<Hit>,
    /// How many there are.
    pub total: usize,
}

/// How well a text fits: 0 best; nothing where a word of the query is not in it. `lower` is in lower case.
fn fit(lower: &str, query: &str) -> Option<u32> {
    if lower == query {
        return Some(0);
    }
    if lower.starts_with(query) {
        return Some(1);
    }
    let words = |c: char| !c.is_alphanumeric();
    let all = query.split_whitespace().all(|word| match word.len() {
        // One or two letters would be inside of anything.
        0..=2 => lower.split(words).any(|part| part == word),
        _ => lower.contains(word),
    });
    if !all {
        return None;
    }
    let begins = query.split_whitespace().all(|word| lower.split(words).any(|part| part.starts_with(word)));
    Some(if begins { 2 } else { 3 })
}

/// How well a gene fits, and what is said of it.
fn gene_fit(gene: &GeneWords, query: &str) -> Option<(u32, String)> {
    if let Some(fit) = fit(&gene.symbol.to_lowercase(), query) {
        return Some((fit, gene.name.clone()));
    }
    let id = query.split('.').next().unwrap_or(query);
    if id.len() >= 7 && gene.ensembl.to_lowercase().starts_with(id) {
        return Some((1, gene.ensembl.clone()));
    }
    let alias = gene.aliases.iter().filter_map(|alias| Some((fit(&alias.to_lowercase(), query)?, alias)));
    if let Some((fit, alias)) = alias.min_by_key(|found| found.0).filter(|found| found.0 <= 1) {
        return Some((2 + fit, format!("also {alias}")));
    }
    fit(&gene.name.to_lowercase(), query).map(|fit| (4 + fit, gene.name.clone()))
}

/// Everything that fits, at most `most` of each kind; kinds without any are left out. Follows the words that arrive later.
pub fn find(words: Words, query: &str, most: usize) -> Vec<Found> {
    let query = query.trim().to_lowercase();
    if query.is_empty() {
        return Vec::new();
    }
    let found = |kind: Kind| {
        let mut hits = of_kind(words, kind, &query);
        cellprism_core::order::sort_by_key(&mut hits, |hit| hit.0);
        let total = hits.len();
        let hits = hits.into_iter().take(most).map(|(_, hit)| hit()).collect();
        Found { kind, hits, total }
    };
    Kind::ALL.map(found).into_iter().filter(|found| found.total > 0).collect()
}

/// A hit, made when it is shown.
type Later = Box<dyn FnOnce() -> Hit>;

fn of_kind(words: Words, kind: Kind, query: &str) -> Vec<(u32, Later)> {
    match kind {
        Kind::Concept => words.with_concepts(|concepts| {
            let found = concepts.iter().filter_map(|concept| {
                let id = format!("c{}", concept.id);
                // C1 is not C12; a bare number is a concept's.
                let fit = if query == id || query == &id[1..] {
                    Some(0)
                } else {
                    fit(&concept.lower, query).map(|fit| fit.max(1))
                };
                let concept = concept.clone();
                Some((
                    fit?,
                    Box::new(move || Hit {
                        text: format!("C{} {}", concept.id, concept.title),
                        note: String::new(),
                        link: format!("#/concept/{}", concept.id),
                    }) as Later,
                ))
            });
            found.collect()
        }),
        Kind::Gene => {
            let genes = words.genes.get();
            let found = genes.iter().filter_map(|gene| {
                let (fit, note) = gene_fit(gene, query)?;
                let symbol = gene.symbol.clone();
                let link = Route { path: vec!["gene".into(), symbol.clone()], ..Route::default() };
                Some((fit, Box::new(move || Hit { text: symbol, note, link: link.to_hash() }) as Later))
            });
            found.collect()
        }
        Kind::CellType | Kind::Label => words.with_labels(|labels| {
            let found =
                labels.iter().filter(|label| label.primary == (kind == Kind::CellType)).filter_map(|label| {
                    let fit = fit(&label.label.to_lowercase(), query)?;
                    let label = label.clone();
                    Some((
                        fit,
                        Box::new(move || Hit {
                            link: list_of(&label.label),
                            note: format!(
                                "{}, {}",
                                label.column.replace('_', " "),
                                count(label.cells, "cell")
                            ),
                            text: label.label,
                        }) as Later,
                    ))
                });
            found.collect()
        }),
        Kind::Pathway => {
            let sets = words.sets.get();
            let found = sets.iter().filter_map(|set| {
                let fit = fit(&set.term.to_lowercase(), query)?;
                let set = set.clone();
                Some((
                    fit,
                    Box::new(move || Hit {
                        text: term_name(&set.term).0,
                        note: format!("{}, {} genes", library_name(&set.library), thousands(set.genes)),
                        link: Route {
                            path: vec!["pathway".into(), set.library, set.term],
                            ..Route::default()
                        }
                        .to_hash(),
                    }) as Later,
                ))
            });
            found.collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_may_stand_apart_and_short_ones_are_whole() {
        let term = "negative regulation of type i interferon production (go:0032480)";
        assert_eq!(fit(term, "interferon production"), Some(2));
        assert_eq!(fit(term, "production interferon"), Some(2));
        assert_eq!(fit(term, "go:0032480"), Some(3), "a colon divides words");
        assert_eq!(fit(term, "feron"), Some(3));
        assert_eq!([fit(term, "ii"), fit(term, "t cell")], [None, None]);
        assert_eq!([fit("cd3d", "cd3d"), fit("cd3d", "cd3")], [Some(0), Some(1)]);
    }

    #[test]
    fn a_gene_is_found_by_symbol_identifier_alias_and_name() {
        let gene = GeneWords {
            symbol: "MS4A1".into(),
            ensembl: "ENSG00000156738".into(),
            aliases: vec!["CD20".into(), "B1".into()],
            name: "membrane spanning 4-domains A1".into(),
        };
        let of = |query: &str| gene_fit(&gene, query).map(|found| found.0);
        assert_eq!(of("ms4a1"), Some(0));
        assert_eq!(gene_fit(&gene, "ensg00000156738.12"), Some((1, "ENSG00000156738".into())));
        assert_eq!(gene_fit(&gene, "cd20"), Some((2, "also CD20".into())));
        assert_eq!(of("spanning"), Some(6));
        assert_eq!([of("ensg"), of("cd2"), of("d20")], [None, Some(3), None]);
    }
}
