//! One name a gene: identifiers and older names in rankings and gene sets become symbols in force.

use std::{collections::HashSet, path::Path};

use cellprism_core::gsea::{GeneSet, GeneSets};
use serde::Serialize;

use crate::files::genes::{GeneTable, read_gene_table};

/// The gene table, and what it changed.
#[derive(Debug, Default)]
pub struct Names {
    table: Option<GeneTable>,
    /// What was found in the ranking.
    pub ranking: Renamed,
    /// What was found in the gene sets, each name once.
    pub sets: Renamed,
}

/// How names were understood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Renamed {
    /// Symbols in force.
    pub kept: usize,
    /// Identifiers and older names that became symbols.
    pub renamed: usize,
    /// Names that the table doesn't have, or has for several genes: as they were.
    pub unknown: usize,
    /// Names that would have become a symbol that is there already: as they were.
    pub taken: usize,
}

impl Names {
    /// Reads the table, if there is one.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn read(path: Option<&Path>) -> anyhow::Result<Self> {
        let table = path.map(read_gene_table).transpose()?;
        Ok(Self { table, ..Self::default() })
    }

    /// Whether there is a table.
    pub fn known(&self) -> bool {
        self.table.is_some()
    }

    /// Renames the genes of a ranking. Two names of one gene stay two: the symbol in force goes before.
    pub fn rename_ranking(&mut self, genes: &mut [String]) {
        let Some(table) = &self.table else { return };
        let mut taken: HashSet<String> = genes.iter().cloned().collect();
        for gene in genes {
            match table.find(gene).map(|record| record.symbol.as_str()) {
                None => self.ranking.unknown += 1,
                Some(symbol) if symbol == gene => self.ranking.kept += 1,
                Some(symbol) if !taken.insert(symbol.to_owned()) => self.ranking.taken += 1,
                Some(symbol) => {
                    self.ranking.renamed += 1;
                    symbol.clone_into(gene);
                }
            }
        }
    }

    /// Renames the genes of all sets; a gene that a set names twice is in it once.
    pub fn rename_sets(&mut self, sets: GeneSets) -> GeneSets {
        let Some(table) = &self.table else { return sets };
        let mut seen = HashSet::new();
        let mut counted = Renamed::default();
        let mut rename = |name: String| {
            let found = table.find(&name).map(|record| record.symbol.clone());
            if seen.insert(name.clone()) {
                match &found {
                    None => counted.unknown += 1,
                    Some(symbol) if *symbol == name => counted.kept += 1,
                    Some(_) => counted.renamed += 1,
                }
            }
            found.unwrap_or(name)
        };
        let mut renamed = sets;
        renamed.sets = renamed
            .sets
            .into_iter()
            .map(|set| {
                let mut once = HashSet::new();
                let genes = set.genes.into_iter().map(&mut rename).filter(|gene| once.insert(gene.clone()));
                GeneSet { term: set.term, genes: genes.collect() }
            })
            .collect();
        self.sets = counted;
        renamed
    }

    /// What was done, for the head of the table.
    pub fn line(&self) -> Option<String> {
        self.table.as_ref()?;
        let says = |what: &str, n: Renamed| {
            format!(
                "{what} {} as they were, {} renamed, {} unknown, {} taken",
                n.kept, n.renamed, n.unknown, n.taken
            )
        };
        Some(format!(
            "names by the gene table: {}; {}",
            says("ranking", self.ranking),
            says("gene sets", self.sets)
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::genes::GeneRecord;
    use cellprism_core::bundle::GeneDescription;

    fn names() -> Names {
        let gene = |symbol: &str, ensembl: &str, alias: &str| GeneRecord {
            symbol: symbol.into(),
            ensembl: vec![ensembl.into()],
            description: GeneDescription { aliases: vec![alias.into()], ..GeneDescription::default() },
        };
        let genes = vec![
            gene("SEPTIN7", "ENSG1", "SEPT7"),
            gene("PRXL2A", "ENSG2", "FAM213A"),
            gene("X", "ENSG3", "Y"),
        ];
        Names { table: Some(GeneTable::new(genes)), ..Names::default() }
    }

    #[test]
    fn rankings_keep_one_name_a_gene() {
        let mut names = names();
        let mut genes: Vec<String> = ["SEPT7", "ENSG2.4", "Y", "X", "LOC1"].map(String::from).to_vec();
        names.rename_ranking(&mut genes);
        assert_eq!(genes, ["SEPTIN7", "PRXL2A", "Y", "X", "LOC1"]);
        assert_eq!(names.ranking, Renamed { kept: 1, renamed: 2, unknown: 1, taken: 1 });
    }

    #[test]
    fn sets_hold_a_gene_once() {
        let mut names = names();
        let set = GeneSet { term: "t".into(), genes: ["SEPT7", "SEPTIN7", "Z"].map(String::from).to_vec() };
        let sets = names.rename_sets(GeneSets { sets: vec![set] });
        assert_eq!(sets.sets[0].genes, ["SEPTIN7", "Z"]);
        assert_eq!(names.sets, Renamed { kept: 1, renamed: 1, unknown: 1, taken: 0 });
        assert!(names.line().unwrap().contains("1 renamed"));
    }

    #[test]
    fn without_a_table_nothing_changes() {
        let mut names = Names::read(None).unwrap();
        let mut genes = vec!["SEPT7".to_owned()];
        names.rename_ranking(&mut genes);
        assert_eq!((genes[0].as_str(), names.line()), ("SEPT7", None));
    }
}
