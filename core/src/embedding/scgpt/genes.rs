//! The genes that a sequence may hold, found in the data.

use std::collections::HashMap;

use super::{ScgptError, Vocabulary};
use crate::cells::{Aliases, GeneAudit, GeneMap, GeneNames};

/// How many examples an audit names.
const EXAMPLES: usize = 10;

/// Genes in the order of the sequence, with their tokens and their columns in the data.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SequenceGenes {
    /// Names as the vocabulary has them.
    pub names: Vec<String>,
    /// Token of each.
    pub tokens: Vec<u32>,
    /// Column of each, and what was matched how.
    pub map: GeneMap,
}

/// A gene of the data with its token.
#[derive(Clone, Copy)]
struct Found {
    column: u32,
    token: u32,
    by_alias: bool,
}

impl SequenceGenes {
    /// All genes of the data that the vocabulary has, in the data's order.
    ///
    /// A gene is looked up as the file's index has it, by symbol, then through `aliases`. Several columns of one
    /// token are ambiguous and left out.
    pub fn of_data(vocabulary: &Vocabulary, genes: &GeneNames, aliases: &Aliases) -> Self {
        let (found, mut audit) = find(vocabulary, genes, aliases);
        audit.model_genes = found.len() as u32 + audit.ambiguous;
        Self::new(vocabulary, found.iter().map(|f| (f.token, Some(f.column))), audit)
    }

    /// The genes of a list in its order. Genes that the data lack are zero in every cell, genes that the
    /// vocabulary lacks are left out; the audit counts both as lost.
    ///
    /// # Errors
    /// If a gene is listed twice, or none is in the vocabulary.
    pub fn of_list(
        vocabulary: &Vocabulary,
        genes: &GeneNames,
        aliases: &Aliases,
        list: &[String],
    ) -> Result<Self, ScgptError> {
        let (found, data_audit) = find(vocabulary, genes, aliases);
        let columns: HashMap<u32, Found> = found.iter().map(|f| (f.token, *f)).collect();
        let mut audit =
            GeneAudit { model_genes: list.len() as u32, unused: data_audit.unused, ..GeneAudit::default() };
        let (mut seen, mut chosen) = (HashMap::new(), Vec::new());
        for name in list {
            let token = vocabulary.gene(name);
            if let Some(first) = token.and_then(|token| seen.insert(token, name)) {
                return Err(ScgptError::Twice(first.clone()));
            }
            let column = token.and_then(|token| columns.get(&token));
            match column {
                Some(found) if found.by_alias => audit.by_alias += 1,
                Some(_) => audit.matched += 1,
                None => {
                    audit.lost += 1;
                    example(&mut audit.lost_examples, || name.clone());
                }
            }
            chosen.extend(token.map(|token| (token, column.map(|f| f.column))));
        }
        if chosen.is_empty() {
            let first = list.first().cloned().unwrap_or_default();
            return Err(ScgptError::NoGene { listed: list.len(), first });
        }
        audit.unused = (genes.len() - audit.matched as usize - audit.by_alias as usize) as u32;
        Ok(Self::new(vocabulary, chosen.into_iter(), audit))
    }

    /// Some of the genes, by place, for instance the highly variable ones.
    pub fn select(&self, places: &[u32]) -> Self {
        let at = |place: &u32| *place as usize;
        let dropped = (self.names.len() - places.len()) as u32;
        let audit = GeneAudit {
            model_genes: places.len() as u32,
            matched: self.map.audit.matched.saturating_sub(dropped),
            unused: self.map.audit.unused + dropped,
            ..self.map.audit.clone()
        };
        Self {
            names: places.iter().map(|p| self.names[at(p)].clone()).collect(),
            tokens: places.iter().map(|p| self.tokens[at(p)]).collect(),
            map: GeneMap { column_of: places.iter().map(|p| self.map.column_of[at(p)]).collect(), audit },
        }
    }

    /// Number of genes.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    fn new(
        vocabulary: &Vocabulary,
        genes: impl Iterator<Item = (u32, Option<u32>)>,
        audit: GeneAudit,
    ) -> Self {
        let (tokens, column_of): (Vec<u32>, Vec<Option<u32>>) = genes.unzip();
        let name = |&token: &u32| vocabulary.token(token).unwrap_or_default().to_owned();
        Self { names: tokens.iter().map(name).collect(), tokens, map: GeneMap { column_of, audit } }
    }
}

/// Genes of the data with one token each, in the data's order.
fn find(vocabulary: &Vocabulary, genes: &GeneNames, aliases: &Aliases) -> (Vec<Found>, GeneAudit) {
    let by_name = |column: usize| {
        [&genes.index[column], &genes.symbols[column]].into_iter().find_map(|name| vocabulary.gene(name))
    };
    let mut tokens: Vec<Option<(u32, bool)>> =
        (0..genes.len()).map(|column| by_name(column).map(|token| (token, false))).collect();
    if !aliases.is_empty() {
        by_alias(vocabulary, genes, aliases, &mut tokens);
    }
    let mut claims: HashMap<u32, u32> = HashMap::new();
    tokens.iter().flatten().for_each(|(token, _)| *claims.entry(*token).or_default() += 1);
    let mut audit = GeneAudit::default();
    for (&token, _) in claims.iter().filter(|(_, columns)| **columns > 1) {
        audit.ambiguous += 1;
        audit.ambiguous_examples.extend(vocabulary.token(token).map(str::to_owned));
    }
    audit.ambiguous_examples.sort_unstable();
    audit.ambiguous_examples.truncate(EXAMPLES);
    let mut found = Vec::new();
    for (column, token) in tokens.iter().enumerate() {
        let Some((token, by_alias)) = token.filter(|(token, _)| claims[token] == 1) else {
            audit.unused += 1;
            continue;
        };
        found.push(Found { column: column as u32, token, by_alias });
        if by_alias {
            audit.by_alias += 1;
            let name = vocabulary.token(token).unwrap_or_default();
            example(&mut audit.alias_examples, || (name.to_owned(), genes.index[column].clone()));
        } else {
            audit.matched += 1;
        }
    }
    (found, audit)
}

/// Gives columns without a token one that no column has by name.
fn by_alias(
    vocabulary: &Vocabulary,
    genes: &GeneNames,
    aliases: &Aliases,
    tokens: &mut [Option<(u32, bool)>],
) {
    let named: std::collections::HashSet<u32> = tokens.iter().flatten().map(|(token, _)| *token).collect();
    let mut token_of: HashMap<usize, Option<u32>> = HashMap::new();
    for (name, token) in vocabulary.genes().filter(|(_, token)| !named.contains(token)) {
        if let Some(gene) = aliases.find(name) {
            token_of.entry(gene).and_modify(|several| *several = None).or_insert(Some(token));
        }
    }
    for (column, token) in tokens.iter_mut().enumerate().filter(|(_, token)| token.is_none()) {
        let names = [&genes.ensembl[column], &genes.symbols[column], &genes.index[column]];
        let gene = names.into_iter().find_map(|name| aliases.find(name));
        *token = gene.and_then(|gene| token_of.get(&gene).copied().flatten()).map(|token| (token, true));
    }
}

fn example<T>(examples: &mut Vec<T>, make: impl FnOnce() -> T) {
    if examples.len() < EXAMPLES {
        examples.push(make());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    fn vocabulary() -> Vocabulary {
        Vocabulary::from_json(br#"{"LYZ": 0, "CD79A": 1, "MS4A1": 2, "<pad>": 3, "<cls>": 4}"#, "<pad>")
            .unwrap()
    }

    #[test]
    fn genes_come_in_the_datas_order_and_case_counts() {
        let genes = GeneNames::from_index(strings(&["CD79A", "x", "LYZ", "ms4a1", "<cls>"]));
        let found = SequenceGenes::of_data(&vocabulary(), &genes, &Aliases::none());
        assert_eq!(
            (found.tokens.as_slice(), found.names.as_slice()),
            (&[1, 0][..], &strings(&["CD79A", "LYZ"])[..])
        );
        assert_eq!(found.map.column_of, [Some(0), Some(2)]);
        assert_eq!((found.map.audit.matched, found.map.audit.unused), (2, 3));
    }

    #[test]
    fn two_columns_of_one_gene_are_ambiguous() {
        let genes = GeneNames::from_index(strings(&["CD79A", "LYZ", "CD79A"]));
        let found = SequenceGenes::of_data(&vocabulary(), &genes, &Aliases::none());
        assert_eq!((found.tokens.as_slice(), found.map.audit.ambiguous), (&[0][..], 1));
    }

    #[test]
    fn aliases_reach_what_names_do_not() {
        let mut aliases = Aliases::none();
        aliases.add("MS4A1", &["ENSG00000156738"], &["CD20"]);
        let genes = GeneNames::from_index(strings(&["ENSG00000156738.18", "LYZ"]));
        let found = SequenceGenes::of_data(&vocabulary(), &genes, &aliases);
        assert_eq!((found.tokens.as_slice(), found.map.audit.by_alias), (&[2, 0][..], 1));
    }

    #[test]
    fn a_list_keeps_its_order_and_counts_what_is_lost() {
        let genes = GeneNames::from_index(strings(&["LYZ", "CD79A"]));
        let list =
            |names: &[&str]| SequenceGenes::of_list(&vocabulary(), &genes, &Aliases::none(), &strings(names));
        let found = list(&["MS4A1", "CD79A", "none"]).unwrap();
        assert_eq!((found.tokens.as_slice(), &found.map.column_of), (&[2, 1][..], &vec![None, Some(1)]));
        assert_eq!(found.map.audit.lost_examples, ["MS4A1", "none"]);
        assert!(list(&["LYZ", "LYZ"]).unwrap_err().to_string().contains("twice"));
        assert!(list(&["none"]).unwrap_err().to_string().contains("vocabulary"));
    }
}
