//! Genes with scores, highest first.

use std::collections::HashMap;

use thiserror::Error;

/// Longest file read, so that a damaged or hostile one cannot fill the memory.
const LARGEST_FILE: usize = 512 << 20;

/// Why a ranking cannot be used.
#[derive(Debug, Error, PartialEq)]
pub enum RankingError {
    /// No gene at all, or only one.
    #[error("the ranking has {0} genes; at least two are needed")]
    TooFew(usize),
    /// Too large to be a ranking.
    #[error("the ranking is larger than {} MB", LARGEST_FILE >> 20)]
    TooLarge,
    /// Not text.
    #[error("line {line} is not UTF-8 text: save the ranking as plain text with a gene and a score per line")]
    Encoding {
        /// Counted from 1.
        line: usize,
    },
    /// A line without a score.
    #[error("line {line}: expected a gene and a score separated by a tab, found {found:?}")]
    Columns {
        /// Counted from 1.
        line: usize,
        /// The start of the line.
        found: String,
    },
    /// A score that is no number.
    #[error(
        "line {line}: the score of {gene:?} is {found:?}, not a finite number: remove the gene or correct it"
    )]
    Score {
        /// Counted from 1.
        line: usize,
        /// The gene.
        gene: String,
        /// What stands there.
        found: String,
    },
}

/// Genes and scores in descending order; equal scores keep the order in which they were given.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranking {
    genes: Vec<String>,
    scores: Vec<f64>,
}

impl Ranking {
    /// Sorts genes by score. A gene given twice is told apart as GSEApy does: `A`, `A_1`, `A_2`.
    ///
    /// # Errors
    /// If there are fewer than two genes or a score is not finite.
    pub fn new(genes: Vec<String>, scores: Vec<f64>) -> Result<Self, RankingError> {
        let n = genes.len().min(scores.len());
        if n < 2 {
            return Err(RankingError::TooFew(n));
        }
        if let Some(i) = scores.iter().position(|s| !s.is_finite()) {
            let found = scores[i].to_string();
            return Err(RankingError::Score { line: i + 1, gene: genes[i].clone(), found });
        }
        let mut order: Vec<usize> = (0..n).collect();
        // Adding 0 makes −0 equal to 0, which total_cmp tells apart; the sort is stable.
        order.sort_by(|&a, &b| (scores[b] + 0.0).total_cmp(&(scores[a] + 0.0)));
        let sorted = order.iter().map(|&i| genes[i].clone()).collect();
        Ok(Self { genes: told_apart(sorted), scores: order.iter().map(|&i| scores[i]).collect() })
    }

    /// Reads lines of gene and score separated by tabs (or commas); blank lines and lines that begin with `#`
    /// are passed over, and so is a first line whose last field is no number but a word: a header.
    ///
    /// # Errors
    /// Names the first line that is no gene and score.
    pub fn parse(content: &[u8]) -> Result<Self, RankingError> {
        if content.len() > LARGEST_FILE {
            return Err(RankingError::TooLarge);
        }
        let (mut genes, mut scores) = (Vec::new(), Vec::new());
        let mut first = true;
        for (index, line) in content.split(|&b| b == b'\n').enumerate() {
            let line_number = index + 1;
            let line = std::str::from_utf8(line).map_err(|_| RankingError::Encoding { line: line_number })?;
            let line = line.trim_end_matches('\r');
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let separator = if line.contains('\t') { '\t' } else { ',' };
            let fields: Vec<&str> = line.split(separator).map(str::trim).collect();
            let (gene, score) = match fields.as_slice() {
                [] | [_] => {
                    let found = line.chars().take(40).collect();
                    return Err(RankingError::Columns { line: line_number, found });
                }
                [gene, .., score] => (*gene, *score),
            };
            match score.parse::<f64>() {
                Ok(value) if value.is_finite() => {
                    genes.push(gene.to_owned());
                    scores.push(value);
                }
                Err(_) if first && is_header(gene, score) => {}
                _ => {
                    return Err(RankingError::Score {
                        line: line_number,
                        gene: gene.to_owned(),
                        found: score.chars().take(40).collect(),
                    });
                }
            }
            first = false;
        }
        Self::new(genes, scores)
    }

    /// Genes, highest score first.
    pub fn genes(&self) -> &[String] {
        &self.genes
    }

    /// Scores, highest first.
    pub fn scores(&self) -> &[f64] {
        &self.scores
    }
}

/// Usual column names of rankings: anything else on the first line is an error, not a header.
fn is_header(gene: &str, score: &str) -> bool {
    let gene = gene.trim_matches('"').to_ascii_lowercase();
    let score = score.trim_matches('"').to_ascii_lowercase();
    ["", "gene", "genes", "gene_name", "gene_id", "symbol", "gene_symbol", "id", "name", "names"]
        .contains(&gene.as_str())
        && !score.is_empty()
        && score != "nan"
        && score != "na"
}

/// The second and later occurrences of a name get `_1`, `_2` …
fn told_apart(mut genes: Vec<String>) -> Vec<String> {
    let mut seen: HashMap<String, usize> = HashMap::with_capacity(genes.len());
    for gene in &mut genes {
        let count = seen.entry(gene.clone()).or_insert(0);
        if *count > 0 {
            *gene = format!("{gene}_{count}");
        }
        *count += 1;
    }
    genes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_scores_keep_their_order_and_zeros_are_equal() {
        let names = ["a", "b", "c", "d"].map(String::from).to_vec();
        let ranking = Ranking::new(names, vec![-0.0, 1.0, 0.0, -0.0]).unwrap();
        assert_eq!(ranking.genes(), ["b", "a", "c", "d"]);
    }

    #[test]
    fn repeated_genes_are_told_apart() {
        let ranking = Ranking::parse(b"A\t1\r\nA\t3\n\n#x\nA\t2\n").unwrap();
        assert_eq!(ranking.genes(), ["A", "A_1", "A_2"]);
        assert_eq!(ranking.scores(), [3.0, 2.0, 1.0]);
    }

    #[test]
    fn wrong_lines_are_named() {
        assert_eq!(Ranking::parse(b""), Err(RankingError::TooFew(0)));
        let nan = Ranking::parse(b"A\t1\nB\tnan\n").unwrap_err();
        assert!(nan.to_string().contains("line 2") && nan.to_string().contains("\"B\""));
        assert!(matches!(Ranking::parse(b"A\tone\nB\ttwo\n"), Err(RankingError::Score { line: 1, .. })));
        assert!(matches!(Ranking::parse(b"A\nB\n"), Err(RankingError::Columns { line: 1, .. })));
        assert!(matches!(Ranking::parse(b"\xff\xfe\t1\n"), Err(RankingError::Encoding { line: 1 })));
        assert_eq!(Ranking::parse(b"gene\tscore\nA\t1\nB\t2\n").unwrap().genes(), ["B", "A"]);
    }
}
