//! A cell's counts to a sequence of tokens.

/// Turns counts into sequences.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RankTokenizer {
    /// Token of each gene.
    pub tokens: Vec<u32>,
    /// Median of each gene.
    pub medians: Vec<f64>,
    /// `<cls>` and `<eos>`, which begin and end every sequence.
    pub ends: Option<[u32; 2]>,
    /// Longest sequence, special tokens included.
    pub max_length: usize,
}

/// A count per 10,000 of a cell's counts.
pub(super) fn per_10_000(count: f32, total: f64) -> f64 {
    f64::from(count) / total * 10_000.0
}

impl RankTokenizer {
    /// The sequence of a cell whose counts of these genes are given, those of others summed up in `outside`: genes by
    /// falling count per 10,000 over median, equal ones in their order. Says whether genes were left out because the
    /// sequence would be too long.
    ///
    /// The arithmetic is that of Geneformer's own tokenizer, in f64.
    ///
    /// ```
    /// use cellprism_core::embedding::geneformer::RankTokenizer;
    ///
    /// let tokenizer = RankTokenizer {
    ///     tokens: vec![10, 11],
    ///     medians: vec![1.0, 4.0],
    ///     ends: Some([2, 3]),
    ///     max_length: 2048,
    /// };
    /// // the second gene has the larger count, but not for that gene
    /// assert_eq!(tokenizer.sequence((&[0, 1], &[1.0, 2.0]), 0.0), (vec![2, 10, 11, 3], false));
    /// ```
    pub fn sequence(&self, (genes, counts): (&[u32], &[f32]), outside: f64) -> (Vec<u32>, bool) {
        let total = total(counts, outside);
        let value = |(&gene, &count): (&u32, &f32)| {
            (per_10_000(count, total) / self.medians[gene as usize], self.tokens[gene as usize])
        };
        let mut ranked: Vec<(f64, u32)> = genes.iter().zip(counts).map(value).collect();
        ranked.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        let most = self.most_genes();
        let kept = ranked.iter().take(most).map(|&(_, token)| token);
        let sequence = match self.ends {
            Some([cls, eos]) => std::iter::once(cls).chain(kept).chain([eos]).collect(),
            None => kept.collect(),
        };
        (sequence, ranked.len() > most)
    }

    /// Tokens of a sequence that are no genes.
    pub fn special(&self) -> usize {
        self.ends.map_or(0, |ends| ends.len())
    }

    /// Most genes of a sequence.
    pub fn most_genes(&self) -> usize {
        self.max_length.saturating_sub(self.special())
    }
}

/// Sum of a cell's counts. A swapped cell's is made the same way, so that it has the bits of a cell that was so from the start.
pub(super) fn total(counts: &[f32], outside: f64) -> f64 {
    outside + counts.iter().map(|&count| f64::from(count)).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokenizer(max_length: usize) -> RankTokenizer {
        RankTokenizer {
            tokens: vec![10, 11, 12, 13],
            medians: vec![1.0, 4.0, 2.0, 1.0],
            ends: Some([2, 3]),
            max_length,
        }
    }

    #[test]
    fn genes_fall_by_count_over_median_and_ties_keep_their_order() {
        let counts = (&[0u32, 1, 2, 3][..], &[2.0f32, 8.0, 2.0, 5.0][..]);
        assert_eq!(tokenizer(10).sequence(counts, 0.0), (vec![2, 13, 10, 11, 12, 3], false));
        assert_eq!(tokenizer(4).sequence(counts, 0.0), (vec![2, 13, 10, 3], true));
        assert_eq!(tokenizer(6).sequence(counts, 7.0), (vec![2, 13, 10, 11, 12, 3], false));
        assert_eq!(tokenizer(6).sequence((&[], &[]), 7.0), (vec![2, 3], false));
        let without = RankTokenizer { ends: None, ..tokenizer(3) };
        assert_eq!(without.sequence(counts, 0.0), (vec![13, 10, 11], true));
    }
}
