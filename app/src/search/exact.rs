//! Where Enter leads when a query names one thing: a concept by its number, a gene by symbol, identifier or its only alias.

use leptos::prelude::*;

use super::words::{GeneWords, Words};
use crate::route::Route;

/// The address of what is named, if it is one thing.
pub fn exact(words: Words, query: &str) -> Option<String> {
    let query = query.trim();
    let number = query.strip_prefix(['c', 'C']).unwrap_or(query).parse::<u32>().ok();
    let known = |id: u32| words.with_concepts(|concepts| concepts.iter().any(|concept| concept.id == id));
    if let Some(id) = number.filter(|&id| known(id)) {
        return Some(format!("#/concept/{id}"));
    }
    let symbol = gene(&words.genes.get_untracked(), query)?;
    Some(Route { path: vec!["gene".into(), symbol], ..Route::default() }.to_hash())
}

/// The symbol of the gene that is named: as it is written, in other letters, by its identifier, by an alias of no other gene.
pub fn gene(genes: &[GeneWords], query: &str) -> Option<String> {
    let lower = query.to_lowercase();
    let id = lower.split('.').next().unwrap_or(&lower);
    let by = |fits: &dyn Fn(&GeneWords) -> bool| {
        let mut found = genes.iter().filter(|gene| fits(gene));
        found.next().filter(|_| found.next().is_none()).map(|gene| gene.symbol.clone())
    };
    by(&|gene| gene.symbol == query)
        .or_else(|| by(&|gene| gene.symbol.to_lowercase() == lower))
        .or_else(|| by(&|gene| !gene.ensembl.is_empty() && gene.ensembl.to_lowercase() == id))
        .or_else(|| by(&|gene| gene.aliases.iter().any(|alias| alias.to_lowercase() == lower)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_of_two_genes_names_neither() {
        let gene_of = |symbol: &str, ensembl: &str, aliases: &[&str]| GeneWords {
            symbol: symbol.into(),
            ensembl: ensembl.into(),
            aliases: aliases.iter().map(|&alias| alias.to_owned()).collect(),
            name: String::new(),
        };
        let genes =
            [gene_of("CD3D", "ENSG00000167286", &["T3D", "P1"]), gene_of("MS4A1", "", &["CD20", "P1"])];
        let named = |query: &str| gene(&genes, query);
        assert_eq!(
            [named("cd3d"), named("ENSG00000167286.9"), named("t3d")],
            [const { Some("CD3D") }; 3].map(|s| s.map(str::to_owned))
        );
        assert_eq!([named("p1"), named("CD3"), named("")], [None, None, None]);
    }
}
