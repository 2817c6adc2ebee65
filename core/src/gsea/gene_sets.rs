//! Gene sets in the GMT format: term, description, genes, separated by tabs.

use std::{collections::HashMap, io::Read};

use thiserror::Error;

/// Longest file after unpacking: several times the largest collection in use.
pub const LARGEST_FILE: u64 = 128 << 20;
/// Most sets in a file.
const MOST_SETS: usize = 1_000_000;
/// Most genes of all sets together, which bounds the memory that a small packed file can ask for.
const MOST_GENES: usize = 6_000_000;

/// Why gene sets cannot be used.
#[derive(Debug, Error, PartialEq)]
pub enum GmtError {
    /// Not a gzip stream, or damaged.
    #[error("the gene sets cannot be unpacked: {0}")]
    Gzip(String),
    /// Too large to be gene sets.
    #[error(
        "the gene sets are too large: at most {} MB when unpacked, {MOST_SETS} sets and {MOST_GENES} genes in all",
        LARGEST_FILE >> 20
    )]
    TooLarge,
    /// Not text.
    #[error("line {line} of the gene sets is not UTF-8 text")]
    Encoding {
        /// Counted from 1.
        line: usize,
    },
    /// A line without genes.
    #[error(
        "line {line} of the gene sets: expected a term, a description and genes separated by tabs, found {found:?}"
    )]
    Columns {
        /// Counted from 1.
        line: usize,
        /// The start of the line.
        found: String,
    },
    /// No set at all.
    #[error("the file has no gene set")]
    Empty,
}

/// A gene set.
#[derive(Clone, Debug, PartialEq)]
pub struct GeneSet {
    /// Its name.
    pub term: String,
    /// Its genes as they stand in the file.
    pub genes: Vec<String>,
}

/// Gene sets of one library.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GeneSets {
    /// In the file's order; a term given again replaces the earlier one, as GSEApy does.
    pub sets: Vec<GeneSet>,
}

impl GeneSets {
    /// Reads GMT, packed with gzip or not. Blank lines are passed over; of a gene written `GENE,1.0` the part
    /// before the comma counts (Enrichr's weights).
    ///
    /// ```
    /// use cellprism_core::gsea::GeneSets;
    ///
    /// let library = GeneSets::parse(b"B cell receptor\ta source\tCD79A\tCD79B\n")?;
    /// assert_eq!(library.sets[0].term, "B cell receptor");
    /// assert_eq!(library.sets[0].genes, ["CD79A", "CD79B"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Names the first line that is no gene set.
    pub fn parse(content: &[u8]) -> Result<Self, GmtError> {
        if !content.starts_with(&[0x1f, 0x8b]) {
            return Self::parse_text(content);
        }
        let mut text = Vec::new();
        flate2::read::MultiGzDecoder::new(content)
            .take(LARGEST_FILE + 1)
            .read_to_end(&mut text)
            .map_err(|e| GmtError::Gzip(e.to_string()))?;
        Self::parse_text(&text)
    }

    fn parse_text(content: &[u8]) -> Result<Self, GmtError> {
        if content.len() as u64 > LARGEST_FILE {
            return Err(GmtError::TooLarge);
        }
        let mut sets: Vec<GeneSet> = Vec::new();
        let mut place: HashMap<String, usize> = HashMap::new();
        let mut genes = 0;
        for (index, line) in content.split(|&b| b == b'\n').enumerate() {
            let line = std::str::from_utf8(line).map_err(|_| GmtError::Encoding { line: index + 1 })?.trim();
            if line.is_empty() {
                continue;
            }
            let mut fields = line.split('\t');
            let term = fields.next().unwrap_or_default();
            if fields.next().is_none() || term.is_empty() {
                return Err(GmtError::Columns { line: index + 1, found: line.chars().take(40).collect() });
            }
            genes += line.bytes().filter(|&b| b == b'\t').count();
            if genes > MOST_GENES || sets.len() >= MOST_SETS {
                return Err(GmtError::TooLarge);
            }
            let gene = |field: &str| field.split(',').next().unwrap_or_default().to_owned();
            let set = GeneSet { term: term.to_owned(), genes: fields.map(gene).collect() };
            match place.get(term) {
                Some(&earlier) => sets[earlier] = set,
                None => {
                    place.insert(term.to_owned(), sets.len());
                    sets.push(set);
                }
            }
        }
        if sets.is_empty() {
            return Err(GmtError::Empty);
        }
        Ok(Self { sets })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_variants_are_read() {
        let text = b"T1\t\tA\tB,0.5\t\r\n\n  \nT2\thttp\tC\nT1\t\tD\n";
        let found = GeneSets::parse(text).unwrap();
        assert_eq!(found.sets[0], GeneSet { term: "T1".into(), genes: vec!["D".into()] });
        assert_eq!(found.sets[1].genes, ["C"]);
    }

    #[test]
    fn a_bomb_is_refused_before_it_takes_memory() {
        use std::io::Write;
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packed.write_all(b"T").unwrap();
        for _ in 0..(MOST_GENES / 1000 + 2) {
            packed.write_all(&[b'\t'; 1000]).unwrap();
        }
        packed.write_all(b"A").unwrap();
        let bomb = packed.finish().unwrap();
        assert!(bomb.len() < 20_000);
        assert_eq!(GeneSets::parse(&bomb), Err(GmtError::TooLarge));
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        for _ in 0..=LARGEST_FILE >> 20 {
            packed.write_all(&vec![b'\n'; 1 << 20]).unwrap();
        }
        assert_eq!(GeneSets::parse(&packed.finish().unwrap()), Err(GmtError::TooLarge));
    }

    #[test]
    fn wrong_files_are_named() {
        assert_eq!(GeneSets::parse(b"\n\n"), Err(GmtError::Empty));
        assert!(matches!(GeneSets::parse(b"no tab here\n"), Err(GmtError::Columns { line: 1, .. })));
        assert!(matches!(GeneSets::parse(b"\x1f\x8b\x08\x00"), Err(GmtError::Gzip(_))));
        assert_eq!(GeneSets::parse(b"A\t\tB\n\xff\t\tC"), Err(GmtError::Encoding { line: 2 }));
    }
}
