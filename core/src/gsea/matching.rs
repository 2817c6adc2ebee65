//! Gene sets found in a ranking, by GSEApy's rules.

use std::collections::HashMap;

use crate::parallel;

use super::{gene_sets::GeneSets, ranking::Ranking};

/// A set whose genes were found in a ranking.
#[derive(Clone, Debug, PartialEq)]
pub struct MatchedSet {
    /// Its name.
    pub term: String,
    /// Distinct genes of the set that are ranked.
    pub size: usize,
    /// Their places, ascending, from 0.
    pub hits: Vec<u32>,
}

/// Sets that can be tested, and what was left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matched {
    /// Sets of the sizes asked for.
    pub sets: Vec<MatchedSet>,
    /// Sets with fewer ranked genes than asked for.
    pub too_small: usize,
    /// Sets with more, or with all genes of the ranking.
    pub too_large: usize,
    /// Ranked genes in no set of the library, whatever its size.
    pub genes_in_no_set: usize,
    /// Distinct names among the ranked genes: fewer than genes only where two names become one in upper case
    /// (or a gene's `_1` was there already). GSEApy permutes, and looks for hits among, so many first places.
    pub distinct: usize,
    /// Genes were compared in upper case, because the sets are in upper case and the ranking is not.
    pub upper_case: bool,
}

/// Finds the genes of each set in the ranking; keeps sets with `min_size` to `max_size` of them.
///
/// Symbols are compared exactly, unless fewer than 90 % of the ranked genes are in upper case while the first
/// 20 sets are: then in upper case (GSEApy's rule).
///
/// ```
/// use cellprism_core::gsea::{GeneSets, Ranking, match_sets};
///
/// let ranking = Ranking::parse(b"CD79A\t3\nCD79B\t2\nLYZ\t1\n")?;
/// let library = GeneSets::parse(b"B cell receptor\t\tCD79A\tCD79B\tCD19\n")?;
/// let matched = match_sets(&ranking, &library, 1, 500);
/// assert_eq!(matched.sets[0].hits, [0, 1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn match_sets(ranking: &Ranking, sets: &GeneSets, min_size: usize, max_size: usize) -> Matched {
    let upper_case =
        !mostly_upper(ranking.genes()) && sets.sets.iter().take(20).all(|set| mostly_upper(&set.genes));
    let mut place: HashMap<String, u32> = HashMap::with_capacity(ranking.genes().len());
    for (i, gene) in ranking.genes().iter().enumerate() {
        place.insert(if upper_case { gene.to_uppercase() } else { gene.clone() }, i as u32);
    }
    let mut matched = Matched { upper_case, distinct: place.len(), ..Matched::default() };
    let mut in_some_set = vec![false; ranking.genes().len()];
    let found = parallel::map(sets.sets.len(), |i| {
        let genes = &sets.sets[i].genes;
        let mut hits: Vec<u32> = genes.iter().filter_map(|gene| place.get(gene).copied()).collect();
        hits.sort_unstable();
        hits.dedup();
        hits
    });
    for (set, hits) in sets.sets.iter().zip(found) {
        hits.iter().for_each(|&hit| in_some_set[hit as usize] = true);
        if hits.len() < min_size.max(1) {
            matched.too_small += 1;
        } else if hits.len() > max_size || hits.len() >= ranking.genes().len() {
            matched.too_large += 1;
        } else {
            matched.sets.push(MatchedSet { term: set.term.clone(), size: hits.len(), hits });
        }
    }
    matched.genes_in_no_set = in_some_set.iter().filter(|&&found| !found).count();
    matched
}

/// Whether at least 90 % of the names are in upper case; numbers alone are not.
fn mostly_upper(genes: &[String]) -> bool {
    if genes.iter().all(|gene| is_number(gene)) {
        return false;
    }
    let upper =
        |gene: &&String| gene.chars().any(char::is_uppercase) && !gene.chars().any(char::is_lowercase);
    genes.iter().filter(upper).count() as f64 / genes.len() as f64 >= 0.9
}

/// Whether Python's `int` reads it: a sign, then digits with single underscores between.
fn is_number(gene: &str) -> bool {
    let gene = gene.trim();
    let digits = gene.strip_prefix(['+', '-']).unwrap_or(gene);
    digits.split('_').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranking(genes: &[&str]) -> Ranking {
        let scores = (0..genes.len()).map(|i| -(i as f64)).collect();
        Ranking::new(genes.iter().map(|&g| g.into()).collect(), scores).unwrap()
    }

    #[test]
    fn sizes_count_distinct_ranked_genes() {
        let sets = GeneSets::parse(b"T\t\tA\tA\tC\tX\nS\t\tX\nALL\t\tA\tB\tC\n").unwrap();
        let found = match_sets(&ranking(&["A", "B", "C"]), &sets, 1, 10);
        assert_eq!(found.sets, [MatchedSet { term: "T".into(), size: 2, hits: vec![0, 2] }]);
        assert_eq!((found.too_small, found.too_large, found.genes_in_no_set), (1, 1, 0));
    }

    #[test]
    fn mouse_symbols_meet_upper_case_sets() {
        let sets = GeneSets::parse(b"T\t\tCD79A\tLYZ\n").unwrap();
        let found = match_sets(&ranking(&["Cd79a", "Lyz", "Ms4a1"]), &sets, 1, 10);
        assert!(found.upper_case);
        assert_eq!(found.sets[0].hits, [0, 1]);
    }
}
