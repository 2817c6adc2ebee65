//! A cell's counts to a sequence: `<cls>`, then gene tokens with their bins.

use serde::{Deserialize, Serialize};

use super::bins;

/// Which genes a sequence holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SequenceRule {
    /// The same genes for every cell, zeros included, so that every gene can be swapped.
    #[default]
    FixedHvg,
    /// The cell's non-zero genes only, as scGPT's own embedding routine does.
    Nonzero,
}

impl SequenceRule {
    /// The name used in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::FixedHvg => "fixed-hvg",
            Self::Nonzero => "nonzero",
        }
    }
}

/// Genes of a cell with a bin above zero, by place among the sequence's genes, increasing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BinnedCell {
    /// Places.
    pub genes: Vec<u32>,
    /// Bins, from 1.
    pub bins: Vec<u16>,
}

impl BinnedCell {
    /// The bin of a gene, 0 where it has none.
    pub fn bin(&self, gene: u32) -> u16 {
        self.genes.binary_search(&gene).map_or(0, |place| self.bins[place])
    }

    /// The cell with one bin replaced; 0 removes the gene.
    pub fn with(&self, gene: u32, bin: u16) -> Self {
        let mut cell = self.clone();
        match (cell.genes.binary_search(&gene), bin) {
            (Ok(place), 0) => {
                cell.genes.remove(place);
                cell.bins.remove(place);
            }
            (Ok(place), _) => cell.bins[place] = bin,
            (Err(_), 0) => {}
            (Err(place), _) => {
                cell.genes.insert(place, gene);
                cell.bins.insert(place, bin);
            }
        }
        cell
    }

    /// Genes whose bin differs in `other`, with the bin there; increasing.
    pub fn differences(&self, other: &Self) -> Vec<(u32, u16)> {
        let mut genes: Vec<u32> = self.genes.iter().chain(&other.genes).copied().collect();
        genes.sort_unstable();
        genes.dedup();
        genes.into_iter().map(|g| (g, other.bin(g))).filter(|&(g, bin)| self.bin(g) != bin).collect()
    }
}

/// Turns counts into sequences.
///
/// ```
/// use cellprism_core::embedding::scgpt::{SequenceRule, Tokenizer};
///
/// let tokenizer = Tokenizer {
///     tokens: vec![10, 11, 12],
///     rule: SequenceRule::Nonzero,
///     bins: 5,
///     max_length: 1200,
///     cls: 3,
///     pad_value: -2.0,
/// };
/// let (cell, cut) = tokenizer.bin((&[0, 2], &[1.0, 7.0]));
/// let (mut tokens, mut values) = (Vec::new(), Vec::new());
/// tokenizer.write(&cell, &mut tokens, &mut values);
/// assert_eq!((tokens, values[0], cut), (vec![3, 10, 12], -2.0, false));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Tokenizer {
    /// Token of each gene.
    pub tokens: Vec<u32>,
    /// Which genes a sequence holds.
    pub rule: SequenceRule,
    /// Value bins, the one for zero included.
    pub bins: u32,
    /// Longest sequence of the non-zero rule, `<cls>` included.
    pub max_length: usize,
    /// Token of `<cls>`.
    pub cls: u32,
    /// Value at `<cls>`.
    pub pad_value: f32,
}

impl Tokenizer {
    /// Bins a cell's counts, given by place among the genes. Says whether genes were left out because the sequence
    /// would be too long: the ones of lowest count, later ones first (the original draws at random).
    pub fn bin(&self, (genes, counts): (&[u32], &[f32])) -> (BinnedCell, bool) {
        let bins = bins(counts, self.bins);
        let most = self.max_length.saturating_sub(1);
        if self.rule == SequenceRule::FixedHvg || genes.len() <= most {
            return (BinnedCell { genes: genes.to_vec(), bins }, false);
        }
        let mut places: Vec<usize> = (0..genes.len()).collect();
        places.sort_by(|&a, &b| counts[b].total_cmp(&counts[a]).then(a.cmp(&b)));
        places.truncate(most);
        places.sort_unstable();
        let genes = places.iter().map(|&place| genes[place]).collect();
        (BinnedCell { genes, bins: places.iter().map(|&place| bins[place]).collect() }, true)
    }

    /// Tokens of a cell's sequence, `<cls>` included.
    pub fn length(&self, cell: &BinnedCell) -> usize {
        1 + match self.rule {
            SequenceRule::FixedHvg => self.tokens.len(),
            SequenceRule::Nonzero => cell.genes.len(),
        }
    }

    /// Genes of a cell's sequence by place among all, with their bins, increasing.
    pub fn genes(&self, cell: &BinnedCell) -> Vec<(u32, u16)> {
        let counted = cell.genes.iter().copied().zip(cell.bins.iter().copied());
        match self.rule {
            SequenceRule::Nonzero => counted.collect(),
            SequenceRule::FixedHvg => {
                let mut all: Vec<(u32, u16)> = (0..self.tokens.len() as u32).map(|gene| (gene, 0)).collect();
                counted.for_each(|(gene, bin)| all[gene as usize].1 = bin);
                all
            }
        }
    }

    /// Appends a cell's sequence.
    pub fn write(&self, cell: &BinnedCell, tokens: &mut Vec<i64>, values: &mut Vec<f32>) {
        tokens.push(i64::from(self.cls));
        values.push(self.pad_value);
        match self.rule {
            SequenceRule::FixedHvg => {
                tokens.extend(self.tokens.iter().map(|&token| i64::from(token)));
                let start = values.len();
                values.resize(start + self.tokens.len(), 0.0);
                for (&gene, &bin) in cell.genes.iter().zip(&cell.bins) {
                    values[start + gene as usize] = f32::from(bin);
                }
            }
            SequenceRule::Nonzero => {
                tokens.extend(cell.genes.iter().map(|&gene| i64::from(self.tokens[gene as usize])));
                values.extend(cell.bins.iter().map(|&bin| f32::from(bin)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tokenizer(rule: SequenceRule, max_length: usize) -> Tokenizer {
        Tokenizer { tokens: vec![10, 11, 12, 13], rule, bins: 51, max_length, cls: 99, pad_value: -2.0 }
    }

    fn written(tokenizer: &Tokenizer, cell: &BinnedCell) -> (Vec<i64>, Vec<f32>) {
        let (mut tokens, mut values) = (Vec::new(), Vec::new());
        tokenizer.write(cell, &mut tokens, &mut values);
        assert_eq!(tokens.len(), tokenizer.length(cell));
        (tokens, values)
    }

    #[test]
    fn both_rules() {
        let counts = (&[1u32, 3][..], &[5.0f32, 1.0][..]);
        let fixed = tokenizer(SequenceRule::FixedHvg, 3);
        let (cell, cut) = fixed.bin(counts);
        assert!(!cut, "a fixed sequence is never cut");
        assert_eq!(written(&fixed, &cell), (vec![99, 10, 11, 12, 13], vec![-2.0, 0.0, 50.0, 0.0, 1.0]));
        let nonzero = tokenizer(SequenceRule::Nonzero, 3);
        assert_eq!(written(&nonzero, &nonzero.bin(counts).0), (vec![99, 11, 13], vec![-2.0, 50.0, 1.0]));
    }

    #[test]
    fn the_lowest_counts_are_left_out() {
        let (cell, cut) = tokenizer(SequenceRule::Nonzero, 3).bin((&[0, 1, 2, 3], &[1.0, 1.0, 2.0, 1.0]));
        assert!(cut);
        assert_eq!(cell.genes, [0, 2]);
        assert!(cell.bins[0] < cell.bins[1]);
    }

    proptest! {
        #[test]
        fn swapping_all_differences_gives_the_other_cell(a in proptest::collection::vec(0u16..4, 12), b in proptest::collection::vec(0u16..4, 12)) {
            let cell = |bins: &[u16]| {
                let genes: Vec<u32> = (0..12).filter(|&g| bins[g as usize] > 0).collect();
                BinnedCell { bins: genes.iter().map(|&g| bins[g as usize]).collect(), genes }
            };
            let (from, to) = (cell(&a), cell(&b));
            let swapped = from.differences(&to).iter().fold(from.clone(), |cell, &(gene, bin)| cell.with(gene, bin));
            prop_assert_eq!(swapped, to);
        }
    }
}
