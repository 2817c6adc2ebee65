//! The model's genes found in the data, with an audit of what was matched, ambiguous and lost.

use std::collections::HashMap;

use super::{
    aliases::{Aliases, Resolved},
    audit::GeneAudit,
    genes::{GeneNames, strip_version},
};

/// How many examples an audit names.
const EXAMPLES: usize = 10;

/// Where each of the model's genes is in the data.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GeneMap {
    /// Column of the data, by model gene.
    pub column_of: Vec<Option<u32>>,
    /// What was matched how. [`GeneAudit::counts_share`] is 0 until [`GeneMap::record_counts`].
    pub audit: GeneAudit,
}

/// What the data offers under one name.
#[derive(Clone, Copy)]
enum Found {
    One(u32),
    Several,
}

/// Finds the model's genes in the data.
///
/// A gene is looked up by the file's index, by symbol, by Ensembl identifier (versions aside), then through `aliases`,
/// then without regard to case; the last two only reach columns that no other model gene has matched by name. A name
/// that several columns carry is ambiguous and left out, as is an alias that several model genes would share.
///
/// ```
/// use cellprism_core::cells::{Aliases, GeneNames, map_genes};
///
/// let names = |list: &[&str]| list.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
/// let mut aliases = Aliases::none();
/// aliases.add("CD79A", &["ENSG00000105369"], &["MB1"]);
/// let data = GeneNames::from_index(names(&["LYZ", "MB1"]));
/// let map = map_genes(&names(&["CD79A", "LYZ", "MS4A1"]), &data, &aliases);
/// assert_eq!(map.column_of, [Some(1), Some(0), None]);
/// assert_eq!((map.audit.matched, map.audit.by_alias, map.audit.lost), (1, 1, 1));
/// ```
pub fn map_genes(model_genes: &[String], genes: &GeneNames, aliases: &Aliases) -> GeneMap {
    let mut search = Search::new(model_genes);
    search.by_name(&names_of(genes));
    search.by_alias(genes, aliases);
    search.by_case(genes);
    search.finish(genes)
}

fn names_of(genes: &GeneNames) -> [HashMap<&str, Found>; 3] {
    [&genes.index, &genes.symbols, &genes.ensembl].map(|names| {
        let mut found = HashMap::with_capacity(names.len());
        for (column, name) in names.iter().enumerate() {
            add(&mut found, strip_version(name), column as u32);
        }
        found
    })
}

fn add<'a>(found: &mut HashMap<&'a str, Found>, name: &'a str, column: u32) {
    if !name.is_empty() {
        found.entry(name).and_modify(|known| *known = Found::Several).or_insert(Found::One(column));
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Outcome {
    Lost,
    ByName(u32),
    ByAlias(u32),
    Ambiguous,
}

struct Search<'a> {
    model: &'a [String],
    outcome: Vec<Outcome>,
}

impl<'a> Search<'a> {
    fn new(model: &'a [String]) -> Self {
        Self { model, outcome: vec![Outcome::Lost; model.len()] }
    }

    fn by_name(&mut self, names: &[HashMap<&str, Found>; 3]) {
        for (gene, outcome) in self.model.iter().zip(&mut self.outcome) {
            let name = strip_version(gene);
            *outcome = match names.iter().find_map(|table| table.get(name)) {
                None => Outcome::Lost,
                Some(Found::One(column)) => Outcome::ByName(*column),
                Some(Found::Several) => Outcome::Ambiguous,
            };
        }
    }

    fn taken(&self, columns: usize) -> Vec<bool> {
        let mut taken = vec![false; columns];
        for outcome in &self.outcome {
            if let Outcome::ByName(column) | Outcome::ByAlias(column) = outcome {
                taken[*column as usize] = true;
            }
        }
        taken
    }

    fn by_alias(&mut self, genes: &GeneNames, aliases: &Aliases) {
        if aliases.is_empty() {
            return;
        }
        let taken = self.taken(genes.len());
        let mut offered: HashMap<u32, Found> = HashMap::new();
        for column in (0..genes.len()).filter(|&column| !taken[column]) {
            let names = [&genes.ensembl[column], &genes.symbols[column], &genes.index[column]];
            let gene = names.into_iter().map(|name| aliases.resolve(name)).find(|r| *r != Resolved::Unknown);
            if let Some(Resolved::Gene(gene)) = gene {
                offered
                    .entry(gene)
                    .and_modify(|found| *found = Found::Several)
                    .or_insert(Found::One(column as u32));
            }
        }
        self.take_unclaimed(|name| match aliases.resolve(name) {
            Resolved::Gene(gene) => offered.get(&gene).copied(),
            Resolved::Several | Resolved::Unknown => None,
        });
    }

    fn by_case(&mut self, genes: &GeneNames) {
        let taken = self.taken(genes.len());
        let mut offered: HashMap<String, Found> = HashMap::new();
        for column in (0..genes.len()).filter(|&column| !taken[column]) {
            let (index, symbol) = (genes.index[column].to_uppercase(), genes.symbols[column].to_uppercase());
            let names = if index == symbol { vec![index] } else { vec![index, symbol] };
            for name in names {
                offered
                    .entry(name)
                    .and_modify(|found| *found = Found::Several)
                    .or_insert(Found::One(column as u32));
            }
        }
        self.take_unclaimed(|name| offered.get(&name.to_uppercase()).copied());
    }

    /// Matches lost genes; a column that two of them would share goes to neither.
    fn take_unclaimed(&mut self, find: impl Fn(&str) -> Option<Found>) {
        let mut claims: HashMap<u32, usize> = HashMap::new();
        let found: Vec<Option<Found>> = self
            .model
            .iter()
            .zip(&self.outcome)
            .map(|(gene, outcome)| if *outcome == Outcome::Lost { find(gene) } else { None })
            .collect();
        for found in &found {
            if let Some(Found::One(column)) = found {
                *claims.entry(*column).or_default() += 1;
            }
        }
        for (outcome, found) in self.outcome.iter_mut().zip(found) {
            match found {
                Some(Found::One(column)) if claims[&column] == 1 => *outcome = Outcome::ByAlias(column),
                Some(_) => *outcome = Outcome::Ambiguous,
                None => {}
            }
        }
    }

    fn finish(self, genes: &GeneNames) -> GeneMap {
        let used = self.taken(genes.len()).into_iter().filter(|&taken| taken).count();
        let mut audit = GeneAudit {
            model_genes: self.model.len() as u32,
            unused: (genes.len() - used) as u32,
            ..GeneAudit::default()
        };
        let mut column_of = Vec::with_capacity(self.model.len());
        for (gene, outcome) in self.model.iter().zip(self.outcome) {
            column_of.push(match outcome {
                Outcome::ByName(column) | Outcome::ByAlias(column) => Some(column),
                Outcome::Lost | Outcome::Ambiguous => None,
            });
            match outcome {
                Outcome::ByName(_) => audit.matched += 1,
                Outcome::ByAlias(column) => {
                    audit.by_alias += 1;
                    example(&mut audit.alias_examples, || {
                        (gene.clone(), genes.index[column as usize].clone())
                    });
                }
                Outcome::Ambiguous => {
                    audit.ambiguous += 1;
                    example(&mut audit.ambiguous_examples, || gene.clone());
                }
                Outcome::Lost => {
                    audit.lost += 1;
                    example(&mut audit.lost_examples, || gene.clone());
                }
            }
        }
        GeneMap { column_of, audit }
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

    fn aliases() -> Aliases {
        let mut aliases = Aliases::none();
        aliases.add("MS4A1", &["ENSG00000156738"], &["CD20"]);
        aliases.add("H2AZ1", &[], &["H2AFZ"]);
        aliases
    }

    #[test]
    fn versions_of_identifiers_do_not_matter() {
        let genes = GeneNames::from_index(strings(&["ENSG00000156738.18", "ENSG00000105369.9"]));
        let map = map_genes(&strings(&["ENSG00000105369", "ENSG00000156738.1"]), &genes, &Aliases::none());
        assert_eq!(map.column_of, [Some(1), Some(0)]);
        assert_eq!((map.audit.matched, map.audit.unused), (2, 0));
    }

    #[test]
    fn an_alias_never_takes_a_column_that_a_name_has_matched() {
        let genes = GeneNames::from_index(strings(&["MS4A1", "H2AFZ"]));
        let map = map_genes(&strings(&["CD20", "MS4A1", "H2AZ1", "XX"]), &genes, &aliases());
        assert_eq!(map.column_of, [None, Some(0), Some(1), None]);
        let audit = &map.audit;
        assert_eq!((audit.matched, audit.by_alias, audit.ambiguous, audit.lost), (1, 1, 0, 2));
        assert_eq!(audit.alias_examples, [("H2AZ1".to_owned(), "H2AFZ".to_owned())]);
        assert_eq!(audit.lost_examples, ["CD20", "XX"]);
    }

    #[test]
    fn identifiers_meet_symbols_through_the_table() {
        let genes = GeneNames::from_index(strings(&["CD20"]));
        let map = map_genes(&strings(&["ENSG00000156738"]), &genes, &aliases());
        assert_eq!(map.column_of, [Some(0)]);
    }

    #[test]
    fn duplicate_names_are_ambiguous_and_left_out() {
        let genes = GeneNames::from_index(strings(&["A", "B", "A"]));
        let map = map_genes(&strings(&["A", "B"]), &genes, &Aliases::none());
        assert_eq!(map.column_of, [None, Some(1)]);
        assert_eq!((map.audit.ambiguous, map.audit.unused), (1, 2));
        assert_eq!(map.audit.ambiguous_examples, ["A"]);
    }

    #[test]
    fn case_is_the_last_resort_and_must_be_unique() {
        let genes = GeneNames::from_index(strings(&["c4orf3", "abc", "ABc"]));
        let map = map_genes(&strings(&["C4orf3", "ABC"]), &genes, &Aliases::none());
        assert_eq!(map.column_of, [Some(0), None]);
        assert_eq!((map.audit.by_alias, map.audit.ambiguous), (1, 1));
    }
}
