//! Gene sets as places in a gene list, so that one list serves many rankings: how a bundle stores them.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{gene_sets::GeneSets, matching::MatchedSet};
use crate::ids::GeneId;

/// The sets of a library with at least one gene of the model.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GeneSetFile {
    /// Library name, for instance `GO_Biological_Process_2025`.
    pub library: String,
    /// Where it comes from.
    pub source: String,
    /// Sets in the source file.
    pub sets_in_source: u32,
    /// Sets in the source's order: term and the model's genes in it, as places in [`crate::bundle::GeneIndex`].
    pub sets: Vec<(String, Vec<GeneId>)>,
}

/// Sets of a library with at least one gene of `symbols`, in the source's order; genes in list order. A symbol
/// given twice means its first place.
pub fn index_sets(library: &str, source: &str, sets: &GeneSets, symbols: &[String]) -> GeneSetFile {
    let mut place: HashMap<&str, u32> = HashMap::with_capacity(symbols.len());
    for (i, symbol) in symbols.iter().enumerate() {
        place.entry(symbol).or_insert(i as u32);
    }
    let genes = |genes: &[String]| {
        let mut found: Vec<u32> = genes.iter().filter_map(|gene| place.get(gene.as_str()).copied()).collect();
        found.sort_unstable();
        found.dedup();
        found.into_iter().map(GeneId).collect::<Vec<_>>()
    };
    GeneSetFile {
        library: library.into(),
        source: source.into(),
        sets_in_source: sets.sets.len() as u32,
        sets: sets
            .sets
            .iter()
            .map(|set| (set.term.clone(), genes(&set.genes)))
            .filter(|(_, genes)| !genes.is_empty())
            .collect(),
    }
}

/// Sets that can be tested with one ranking of the gene list, and what was left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RankedSets {
    /// Sets of the sizes asked for.
    pub sets: Vec<MatchedSet>,
    /// Sets with fewer genes.
    pub too_small: usize,
    /// Sets with more.
    pub too_large: usize,
    /// Genes of the list that are in no set.
    pub genes_in_no_set: usize,
}

/// Places of each set's genes in a ranking: `order[place]` is the gene there.
pub fn rank_sets(file: &GeneSetFile, order: &[u32], min_size: usize, max_size: usize) -> RankedSets {
    let mut place = vec![0u32; order.len()];
    for (i, &gene) in order.iter().enumerate() {
        place[gene as usize] = i as u32;
    }
    let mut in_some_set = vec![false; order.len()];
    let mut ranked = RankedSets {
        too_small: (file.sets_in_source as usize).saturating_sub(file.sets.len()),
        ..RankedSets::default()
    };
    for (term, genes) in &file.sets {
        genes.iter().for_each(|gene| in_some_set[gene.index()] = true);
        if genes.len() < min_size.max(1) {
            ranked.too_small += 1;
        } else if genes.len() > max_size || genes.len() >= order.len() {
            ranked.too_large += 1;
        } else {
            let mut hits: Vec<u32> = genes.iter().map(|gene| place[gene.index()]).collect();
            hits.sort_unstable();
            ranked.sets.push(MatchedSet { term: term.clone(), size: hits.len(), hits });
        }
    }
    ranked.genes_in_no_set = in_some_set.iter().filter(|&&found| !found).count();
    ranked
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gsea::{Ranking, match_sets};

    #[test]
    fn indices_give_the_same_sets_as_names() {
        let symbols: Vec<String> = ["C", "A", "D", "B"].map(String::from).to_vec();
        let scores = [0.5, 2.0, -1.0, 1.0];
        let sets = GeneSets::parse(b"T\t\tA\tD\tX\nU\t\tX\nV\t\tB\tA\tB\n").unwrap();
        let file = index_sets("L", "", &sets, &symbols);
        let ranked = rank_sets(&file, &[1, 3, 0, 2], 1, 3);
        let by_name = match_sets(&Ranking::new(symbols, scores.to_vec()).unwrap(), &sets, 1, 3);
        assert_eq!(ranked.sets, by_name.sets);
        assert_eq!((ranked.too_small, ranked.genes_in_no_set), (by_name.too_small, by_name.genes_in_no_set));
    }
}
