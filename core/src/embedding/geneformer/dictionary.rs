//! Tokens and medians of genes.

use std::collections::{BTreeSet, HashSet};

use super::GeneformerError;
use crate::cells::Aliases;

/// First line of the file.
const HEADER: &str = "gene\ttoken\tmedian\tsymbols";
/// More genes than any dictionary has.
const LARGEST: usize = 10_000_000;

/// A gene of the dictionary.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Ensembl identifier.
    pub gene: String,
    /// Its token.
    pub token: u32,
    /// Median of its counts per 10,000 over the cells of Geneformer's corpus in which it was found; above zero.
    pub median: f64,
    /// Symbols, where the model's files say them.
    pub symbols: Vec<String>,
}

/// Genes that Geneformer knows, by token.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dictionary {
    entries: Vec<Entry>,
}

impl Dictionary {
    /// A checked dictionary, sorted by token.
    ///
    /// # Errors
    /// If there is no gene, two share a name or a token, or a median is not a number above zero.
    pub fn new(mut entries: Vec<Entry>) -> Result<Self, GeneformerError> {
        if entries.is_empty() || entries.len() > LARGEST {
            return Err(GeneformerError::Size(entries.len()));
        }
        entries.sort_by_key(|entry| entry.token);
        if let Some([a, b]) = entries.array_windows().find(|[a, b]| a.token == b.token) {
            let (first, second) = (a.gene.clone(), b.gene.clone());
            return Err(GeneformerError::SharedToken { first, second, token: a.token });
        }
        let mut names = HashSet::new();
        for Entry { gene, median, symbols, .. } in &entries {
            if !(median.is_finite() && *median > 0.0) {
                return Err(GeneformerError::Median { gene: gene.clone(), median: *median });
            }
            let unfit = |name: &String| name.is_empty() || name.chars().any(|c| c.is_control() || c == '|');
            if let Some(name) = std::iter::once(gene).chain(symbols).find(|name| unfit(name)) {
                return Err(GeneformerError::Name(name.clone()));
            }
            if !names.insert(gene) {
                return Err(GeneformerError::Twice(gene.clone()));
            }
        }
        Ok(Self { entries })
    }

    /// Genes, by increasing token.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Reads `genes.tsv`.
    ///
    /// # Errors
    /// If a line is not a gene, or see [`Dictionary::new`].
    pub fn from_tsv(text: &str) -> Result<Self, GeneformerError> {
        let mut lines = text.lines();
        if lines.next() != Some(HEADER) {
            return Err(GeneformerError::Header(HEADER));
        }
        let entry = |(line, text): (usize, &str)| {
            let wrong = || GeneformerError::Line { line: line + 2, found: text.to_owned() };
            let parts: Vec<&str> = text.split('\t').collect();
            let [gene, token, median, symbols] = parts[..] else { return Err(wrong()) };
            Ok(Entry {
                gene: gene.into(),
                token: token.parse().map_err(|_| wrong())?,
                median: median.parse().map_err(|_| wrong())?,
                symbols: symbols.split('|').filter(|s| !s.is_empty()).map(str::to_owned).collect(),
            })
        };
        Self::new(lines.enumerate().map(entry).collect::<Result<_, _>>()?)
    }

    /// The file `genes.tsv`; medians with all their digits.
    pub fn to_tsv(&self) -> String {
        let row = |entry: &Entry| {
            format!("{}\t{}\t{}\t{}\n", entry.gene, entry.token, entry.median, entry.symbols.join("|"))
        };
        format!("{HEADER}\n{}", self.entries.iter().map(row).collect::<String>())
    }

    /// Its genes' symbols as other names of them; none where the model's files had no symbols.
    pub fn aliases(&self) -> Aliases {
        let mut aliases = Aliases::none();
        for entry in &self.entries {
            let mut symbols = entry.symbols.iter().collect::<BTreeSet<_>>().into_iter();
            if let Some(first) = symbols.next() {
                aliases.add(first, &[&entry.gene], &symbols.collect::<Vec<_>>());
            }
        }
        aliases
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(gene: &str, token: u32, median: f64) -> Entry {
        Entry { gene: gene.into(), token, median, symbols: Vec::new() }
    }

    #[test]
    fn the_file_keeps_every_digit() {
        let mut lyz = entry("ENSG00000090382", 9, 1.661_126_522_860_443_7);
        lyz.symbols = vec!["LYZ".into(), "LYZ1".into()];
        let dictionary = Dictionary::new(vec![lyz, entry("ENSG00000105369", 4, 0.1 + 0.2)]).unwrap();
        assert_eq!(Dictionary::from_tsv(&dictionary.to_tsv()).unwrap(), dictionary);
        assert_eq!(dictionary.entries()[0].token, 4);
        assert_eq!(dictionary.aliases().find("LYZ1"), Some(0));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let refused = |entries: Vec<Entry>| Dictionary::new(entries).unwrap_err().to_string();
        assert!(refused(Vec::new()).contains("0 genes"));
        assert!(refused(vec![entry("A", 4, 1.0), entry("B", 4, 1.0)]).contains("share the token 4"));
        assert!(refused(vec![entry("A", 4, 1.0), entry("A", 5, 1.0)]).contains("several tokens"));
        assert!(refused(vec![entry("A", 4, f64::NAN)]).contains("median of \"A\" is NaN"));
        assert!(refused(vec![entry("A\tB", 4, 1.0)]).contains("no name"));
        let read = |text: &str| Dictionary::from_tsv(text).unwrap_err().to_string();
        assert!(read("gene").contains("first line"));
        assert!(read(&format!("{HEADER}\nA\t1\tx\t\n")).contains("line 2"));
    }
}
