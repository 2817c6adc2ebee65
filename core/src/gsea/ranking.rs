//! Genes with scores, in order.

use std::collections::HashMap;

use thiserror::Error;

/// Longest file read, so that a damaged or hostile one cannot fill the memory.
const LARGEST_FILE: usize = 128 << 20;
/// Most genes in a ranking.
const MOST_GENES: usize = 5_000_000;

/// Why a ranking cannot be used.
#[derive(Debug, Error, PartialEq)]
pub enum RankingError {
    /// No gene at all, or only one.
    #[error("the ranking has {0} genes; at least two are needed")]
    TooFew(usize),
    /// Too large to be a ranking.
    #[error("the ranking is larger than {} MB or {MOST_GENES} genes", LARGEST_FILE >> 20)]
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
    /// More than one column of scores.
    #[error("line {line}: {found:?} has more than one score: keep a gene and one score per line")]
    Several {
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

/// Where a ranking begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Highest score first (GSEApy's `ascending=False`, its default).
    #[default]
    Descending,
    /// Lowest score first (`ascending=True`).
    Ascending,
    /// As the genes were given (`ascending=None`).
    Given,
    /// Highest score first, and genes of equal score by name: the same whatever the order they were given in.
    TiesByName,
}

/// Genes and scores in order; equal scores keep the order in which they were given. GSEApy's own sort of equal
/// scores is not stable and differs between processors, so for them it has no answer of its own unless it is
/// told to keep the order given.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranking {
    genes: Vec<String>,
    scores: Vec<f64>,
}

impl Ranking {
    /// Sorts genes by score, highest first; see [`Ranking::ordered`].
    ///
    /// # Errors
    /// If there are fewer than two genes or a score is not finite.
    pub fn new(genes: Vec<String>, scores: Vec<f64>) -> Result<Self, RankingError> {
        Self::ordered(genes, scores, Order::Descending)
    }

    /// Sorts genes by score. A gene given twice is told apart as GSEApy does: `A`, `A_1`, `A_2`.
    ///
    /// # Errors
    /// If there are fewer than two genes or a score is not finite.
    pub fn ordered(genes: Vec<String>, scores: Vec<f64>, order: Order) -> Result<Self, RankingError> {
        let n = genes.len().min(scores.len());
        if n < 2 {
            return Err(RankingError::TooFew(n));
        }
        if let Some(i) = scores.iter().position(|s| !s.is_finite()) {
            let found = scores[i].to_string();
            return Err(RankingError::Score { line: i + 1, gene: genes[i].clone(), found });
        }
        let mut places: Vec<usize> = (0..n).collect();
        // Adding 0 makes −0 equal to 0, which total_cmp tells apart; the sort is stable.
        let compare = |a: usize, b: usize| (scores[a] + 0.0).total_cmp(&(scores[b] + 0.0));
        match order {
            Order::Descending => places.sort_by(|&a, &b| compare(b, a)),
            Order::Ascending => places.sort_by(|&a, &b| compare(a, b)),
            Order::Given => {}
            Order::TiesByName => places.sort_by(|&a, &b| compare(b, a).then(genes[a].cmp(&genes[b]))),
        }
        let sorted = places.iter().map(|&i| genes[i].clone()).collect();
        Ok(Self { genes: told_apart(sorted), scores: places.iter().map(|&i| scores[i]).collect() })
    }

    /// Reads a ranking and puts the highest score first; see [`Ranking::parse_ordered`].
    ///
    /// ```
    /// use cellprism_core::gsea::Ranking;
    ///
    /// let ranking = Ranking::parse(b"gene\tscore\nLYZ\t-0.4\nCD79A\t2.5\n")?;
    /// assert_eq!(ranking.genes(), ["CD79A", "LYZ"]);
    /// assert!(Ranking::parse(b"CD79A\tmuch\nLYZ\t1").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Names the first line that is no gene and score.
    pub fn parse(content: &[u8]) -> Result<Self, RankingError> {
        Self::parse_ordered(content, Order::Descending)
    }

    /// Reads lines of gene and score separated by tabs (or commas); blank lines and lines that begin with `#`
    /// are passed over, and so is a first line whose last field is no number but a word: a header. Columns of
    /// text between the two are passed over too.
    ///
    /// # Errors
    /// Names the first line that is no gene and score.
    pub fn parse_ordered(content: &[u8], order: Order) -> Result<Self, RankingError> {
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
            let mut fields = line.split(separator).map(unquoted);
            let start = || line.chars().take(40).collect();
            let (Some(gene), Some(mut score)) = (fields.next(), fields.next()) else {
                return Err(RankingError::Columns { line: line_number, found: start() });
            };
            if gene.is_empty() && !first {
                return Err(RankingError::Columns { line: line_number, found: start() });
            }
            for field in fields {
                if score.parse::<f64>().is_ok() {
                    return Err(RankingError::Several { line: line_number, found: start() });
                }
                score = field;
            }
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
            if genes.len() > MOST_GENES {
                return Err(RankingError::TooLarge);
            }
        }
        Self::ordered(genes, scores, order)
    }

    /// Genes in order.
    pub fn genes(&self) -> &[String] {
        &self.genes
    }

    /// Scores in order.
    pub fn scores(&self) -> &[f64] {
        &self.scores
    }
}

/// A field without spaces and quotation marks around it.
fn unquoted(field: &str) -> &str {
    let field = field.trim();
    field.strip_prefix('"').and_then(|f| f.strip_suffix('"')).unwrap_or(field)
}

/// Usual column names of rankings: anything else on the first line is an error, not a header.
fn is_header(gene: &str, score: &str) -> bool {
    let (gene, score) = (gene.to_ascii_lowercase(), score.to_ascii_lowercase());
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
        assert!(matches!(Ranking::parse(b"A\t1\nB\t2\t3\n"), Err(RankingError::Several { line: 2, .. })));
        assert!(matches!(Ranking::parse(b"A\t1\n\t2\n"), Err(RankingError::Columns { line: 2, .. })));
    }

    #[test]
    fn headers_quotation_marks_and_columns_of_text_are_understood() {
        assert_eq!(Ranking::parse(b"gene\tscore\nA\t1\nB\t2\n").unwrap().genes(), ["B", "A"]);
        assert_eq!(Ranking::parse(b"\"\",\"score\"\n\"A\",x,1\n\"B\",y,2\n").unwrap().genes(), ["B", "A"]);
    }

    #[test]
    fn other_orders_are_kept_too() {
        let text = b"A\t1\nB\t3\nC\t2\n";
        assert_eq!(Ranking::parse_ordered(text, Order::Ascending).unwrap().genes(), ["A", "C", "B"]);
        assert_eq!(Ranking::parse_ordered(text, Order::Given).unwrap().scores(), [1.0, 3.0, 2.0]);
        let by_name = Ranking::parse_ordered(b"C\t0\nA\t0\nB\t1\n", Order::TiesByName).unwrap();
        assert_eq!(by_name.genes(), ["B", "A", "C"]);
    }
}
