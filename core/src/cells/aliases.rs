//! Which names mean the same gene.

use std::collections::HashMap;

use super::genes::strip_version;

/// A table of genes with all their names. A current symbol or an identifier decides at once; an older or other name
/// counts only where it points to a single gene.
#[derive(Clone, Debug, Default)]
pub struct Aliases {
    genes: u32,
    /// Symbols in force and identifiers; `None` where two genes carry the same.
    official: HashMap<String, Option<u32>>,
    /// Other names.
    other: HashMap<String, Option<u32>>,
}

/// What a table knows of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Resolved {
    Unknown,
    Gene(u32),
    Several,
}

impl Aliases {
    /// A table that knows no other names.
    pub fn none() -> Self {
        Self::default()
    }

    /// Number of genes.
    pub fn len(&self) -> usize {
        self.genes as usize
    }

    /// Whether the table is empty.
    pub fn is_empty(&self) -> bool {
        self.genes == 0
    }

    /// Adds a gene: its symbol in force, its Ensembl identifiers, its other names.
    pub fn add<S: AsRef<str>>(&mut self, symbol: &str, ensembl: &[S], others: &[S]) {
        let gene = self.genes;
        self.genes += 1;
        for name in std::iter::once(symbol).chain(ensembl.iter().map(AsRef::as_ref)) {
            insert(&mut self.official, strip_version(name), gene);
        }
        for name in others.iter().map(AsRef::as_ref) {
            insert(&mut self.other, name, gene);
        }
    }

    /// The gene of that name, by the order in which genes were added; `None` where no gene or several have it.
    pub fn find(&self, name: &str) -> Option<usize> {
        match self.resolve(name) {
            Resolved::Gene(gene) => Some(gene as usize),
            Resolved::Several | Resolved::Unknown => None,
        }
    }

    pub(super) fn resolve(&self, name: &str) -> Resolved {
        let name = strip_version(name);
        match self.official.get(name).or_else(|| self.other.get(name)) {
            None => Resolved::Unknown,
            Some(Some(gene)) => Resolved::Gene(*gene),
            Some(None) => Resolved::Several,
        }
    }
}

fn insert(names: &mut HashMap<String, Option<u32>>, name: &str, gene: u32) {
    if name.is_empty() || name == "-" {
        return;
    }
    names
        .entry(name.to_owned())
        .and_modify(|known| *known = known.filter(|&g| g == gene))
        .or_insert(Some(gene));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symbol_in_force_beats_an_alias() {
        let mut aliases = Aliases::none();
        aliases.add("MS4A1", &["ENSG00000156738"], &["CD20", "B1"]);
        aliases.add("B1", &[], &["OTHER", "CD20X"]);
        aliases.add("KRT20", &[], &["CD20X"]);
        assert_eq!(aliases.resolve("CD20"), Resolved::Gene(0));
        assert_eq!(aliases.resolve("ENSG00000156738.18"), Resolved::Gene(0));
        assert_eq!(aliases.resolve("B1"), Resolved::Gene(1));
        assert_eq!(aliases.resolve("CD20X"), Resolved::Several);
        assert_eq!(aliases.resolve("XX"), Resolved::Unknown);
    }
}
