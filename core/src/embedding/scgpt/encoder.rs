//! A cell's sequence through scGPT on the processor, and the same with bins exchanged.

use super::{BinnedCell, Tokenizer};
use crate::embedding::transformer::{Features, Read, Transformer};

/// Of so many tokens one may be exchanged: where more are, the whole is read anew.
const TOKENS_OF_ONE: usize = 8;

/// scGPT's weights, ready to embed cells.
#[derive(Clone, Debug)]
pub struct ScgptEncoder {
    transformer: Transformer,
    /// Embedding of each token, normalised, `[tokens, width]`.
    tokens: Vec<f32>,
    /// Embedding of each bin, `[bins, width]`.
    bins: Vec<f32>,
    /// Embedding of the value at `<cls>`.
    at_cls: Vec<f32>,
}

/// A cell that was read, to exchange bins of.
#[derive(Clone, Debug)]
pub struct ReadCell {
    /// Genes, by place among the sequence's, and their bins, in the sequence's order.
    sequence: Vec<(u32, u16)>,
    read: Read,
}

impl ScgptEncoder {
    /// `tokens` `[tokens, width]` and `bins` `[bins, width]` are embeddings after their normalisation, `at_cls` that of
    /// `<cls>`'s value; `None` where the sizes do not fit.
    pub fn new(transformer: Transformer, tokens: Vec<f32>, bins: Vec<f32>, at_cls: Vec<f32>) -> Option<Self> {
        let width = transformer.width();
        let whole = |table: &[f32]| !table.is_empty() && table.len().is_multiple_of(width);
        let fits = whole(&tokens) && whole(&bins) && at_cls.len() == width;
        fits.then_some(Self { transformer, tokens, bins, at_cls })
    }

    /// Embedding size.
    pub fn latent(&self) -> usize {
        self.transformer.width()
    }

    /// Whether all tokens and bins that a tokenizer gives have an embedding.
    pub fn fits(&self, tokenizer: &Tokenizer) -> bool {
        let tokens = self.tokens.len() / self.latent();
        let known = |&token: &u32| (token as usize) < tokens;
        tokenizer.tokens.iter().chain([&tokenizer.cls]).all(known)
            && tokenizer.bins as usize * self.latent() <= self.bins.len()
    }

    /// Reads a cell.
    pub fn read(&self, tokenizer: &Tokenizer, cell: &BinnedCell) -> ReadCell {
        let sequence = tokenizer.genes(cell);
        ReadCell { read: self.transformer.read(self.inputs(tokenizer, &sequence)), sequence }
    }

    fn inputs(&self, tokenizer: &Tokenizer, sequence: &[(u32, u16)]) -> Features {
        let mut vectors = vec![sum(self.row(&self.tokens, tokenizer.cls as usize), &self.at_cls)];
        vectors.extend(sequence.iter().map(|&token| self.vector(tokenizer, token)));
        Features::of_positions(&vectors.iter().map(Vec::as_slice).collect::<Vec<_>>())
    }

    /// The embedding of a cell that differs from `read` in a few bins: the `<cls>` vector divided by its length.
    pub fn embed(&self, tokenizer: &Tokenizer, read: &ReadCell, cell: &BinnedCell) -> Vec<f32> {
        let (removed, added) = exchanged(&read.sequence, &tokenizer.genes(cell));
        if (removed.len() + added.len()) * TOKENS_OF_ONE > 2 * read.sequence.len().max(TOKENS_OF_ONE) {
            let anew = self.read(tokenizer, cell);
            return self.embed(tokenizer, &anew, cell);
        }
        let added: Vec<Vec<f32>> = added.into_iter().map(|token| self.vector(tokenizer, token)).collect();
        let cls = self.transformer.first_of(&read.read, &removed, &added);
        let length = cls.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt();
        cls.into_iter().map(|v| (f64::from(v) / length) as f32).collect()
    }

    /// The embedding of a cell by itself.
    pub fn embed_alone(&self, tokenizer: &Tokenizer, cell: &BinnedCell) -> Vec<f32> {
        self.embed(tokenizer, &self.read(tokenizer, cell), cell)
    }

    /// The gradient of the embedding's product with `direction`, at every position's input. `<cls>` is position 0.
    pub fn gradient(&self, tokenizer: &Tokenizer, cell: &BinnedCell, direction: &[f32]) -> Features {
        let x = self.inputs(tokenizer, &tokenizer.genes(cell));
        self.transformer.gradient(&x, |cls| {
            // Through the division by the vector's length.
            let square: f64 = cls.iter().map(|v| f64::from(*v).powi(2)).sum();
            let product: f64 = cls.iter().zip(direction).map(|(v, w)| f64::from(*v) * f64::from(*w)).sum();
            let at = |(v, w): (&f32, &f32)| {
                ((f64::from(*w) - product / square * f64::from(*v)) / square.sqrt()) as f32
            };
            cls.iter().zip(direction).map(at).collect()
        })
    }

    /// What a gradient at a position says of the exchange of one bin for another.
    pub fn effect(&self, gradient: &[f32], from: u16, to: u16) -> f32 {
        let (from, to) = (self.row(&self.bins, usize::from(from)), self.row(&self.bins, usize::from(to)));
        gradient.iter().zip(from).zip(to).map(|((g, from), to)| g * (to - from)).sum()
    }

    fn vector(&self, tokenizer: &Tokenizer, (gene, bin): (u32, u16)) -> Vec<f32> {
        let token = tokenizer.tokens[gene as usize] as usize;
        sum(self.row(&self.tokens, token), self.row(&self.bins, usize::from(bin)))
    }

    fn row<'a>(&self, table: &'a [f32], row: usize) -> &'a [f32] {
        &table[row * self.latent()..(row + 1) * self.latent()]
    }
}

fn sum(a: &[f32], b: &[f32]) -> Vec<f32> {
    a.iter().zip(b).map(|(a, b)| a + b).collect()
}

/// Positions of the first sequence (`<cls>` is 0) that are not in the second, and what is only in the second.
fn exchanged(from: &[(u32, u16)], to: &[(u32, u16)]) -> (Vec<usize>, Vec<(u32, u16)>) {
    let (mut removed, mut added) = (Vec::new(), Vec::new());
    let (mut i, mut j) = (0, 0);
    while i < from.len() || j < to.len() {
        match (from.get(i), to.get(j)) {
            (Some(a), Some(b)) if a == b => (i, j) = (i + 1, j + 1),
            (Some(a), b) if b.is_none_or(|b| a.0 <= b.0) => {
                removed.push(i + 1);
                i += 1;
            }
            (_, Some(&b)) => {
                added.push(b);
                j += 1;
            }
            (_, None) => break,
        }
    }
    (removed, added)
}

#[cfg(test)]
mod tests {
    use super::exchanged;

    #[test]
    fn what_was_exchanged_is_found() {
        let from = [(0, 5), (2, 9), (3, 1)];
        assert_eq!(exchanged(&from, &from), (vec![], vec![]));
        assert_eq!(exchanged(&from, &[(0, 5), (2, 4), (3, 1)]), (vec![2], vec![(2, 4)]));
        assert_eq!(exchanged(&from, &[(1, 7), (2, 9), (3, 1), (5, 2)]), (vec![1], vec![(1, 7), (5, 2)]));
        assert_eq!(exchanged(&from, &[]), (vec![1, 2, 3], vec![]));
        assert_eq!(exchanged(&[], &from), (vec![], from.to_vec()));
    }
}
