//! How alike two concepts are on shared cells.

use ndarray::{ArrayView2, s};

use super::Pair;
use crate::{parallel, sae::SaeWeights};

/// Cells encoded at once.
const BLOCK: usize = 512;

/// Pearson correlation of the activations of each pair over cells with embeddings `x` [n, d], inactive cells as zeros;
/// nothing where one of the two is the same in all cells.
///
/// # Panics
/// If `x` does not have d columns, or a pair names a concept that is not there.
pub fn correlations(
    left: &SaeWeights,
    right: &SaeWeights,
    pairs: &[Pair],
    x: ArrayView2<'_, f32>,
) -> Vec<Option<f64>> {
    let (encode_left, encode_right) = (left.encoder(), right.encoder());
    let n = x.nrows();
    let mut pair_of = vec![None; right.config.d_sae];
    pairs.iter().enumerate().for_each(|(place, pair)| pair_of[pair.right.index()] = Some(place));
    let blocks: Vec<usize> = (0..n).step_by(BLOCK).collect();
    let tallies = parallel::each(blocks, |first| {
        let cells = x.slice(s![first..n.min(first + BLOCK), ..]);
        let (a, b) = (encode_left.encode(cells), encode_right.encode(cells));
        let mut sums = vec![Sums::default(); pairs.len()];
        let mut here = vec![0.0f64; left.config.d_sae];
        for cell in 0..cells.nrows() {
            let (indices, values) = a.row(cell);
            indices.iter().zip(values).for_each(|(&j, &u)| here[j as usize] = f64::from(u));
            let (others, other_values) = b.row(cell);
            for (&j, &v) in others.iter().zip(other_values) {
                if let Some(place) = pair_of[j as usize] {
                    sums[place].right(f64::from(v), here[pairs[place].left.index()]);
                }
            }
            for (place, pair) in pairs.iter().enumerate() {
                sums[place].left(here[pair.left.index()]);
            }
            indices.iter().for_each(|&j| here[j as usize] = 0.0);
        }
        sums
    });
    let mut total = vec![Sums::default(); pairs.len()];
    for sums in tallies {
        total.iter_mut().zip(sums).for_each(|(total, sums)| total.add(&sums));
    }
    total.iter().map(|sums| sums.correlation(n as f64)).collect()
}

/// Sums over cells of a pair.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    a: f64,
    aa: f64,
    b: f64,
    bb: f64,
    ab: f64,
}

impl Sums {
    fn left(&mut self, a: f64) {
        self.a += a;
        self.aa += a * a;
    }

    fn right(&mut self, b: f64, a: f64) {
        self.b += b;
        self.bb += b * b;
        self.ab += a * b;
    }

    fn add(&mut self, other: &Self) {
        self.a += other.a;
        self.aa += other.aa;
        self.b += other.b;
        self.bb += other.bb;
        self.ab += other.ab;
    }

    fn correlation(&self, n: f64) -> Option<f64> {
        let spread = |square: f64, sum: f64| square - sum * sum / n;
        let (left, right) = (spread(self.aa, self.a), spread(self.bb, self.b));
        let both = (left * right).sqrt();
        (left > 1e-12 * self.aa && right > 1e-12 * self.bb && both > 0.0)
            .then(|| ((self.ab - self.a * self.b / n) / both).clamp(-1.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::{ids::ConceptId, sae::matching::with_rows};

    #[test]
    fn equals_the_definition_on_dense_activations() {
        let rows = |shift: usize| {
            Array2::from_shape_fn((6, 4), |(i, j)| ((((i + shift) * 37 + j * 11) % 23) as f32 - 11.0) / 10.0)
        };
        let (mut left, mut right) = (with_rows(rows(0)), with_rows(rows(3)));
        (left.config.k, right.config.k) = (2, 3);
        let x = Array2::from_shape_fn((1100, 4), |(i, j)| (((i * 31 + j * 17) % 101) as f32 - 50.0) * 0.02);
        let pairs: Vec<Pair> = [(0, 3), (1, 1), (2, 0), (5, 4)]
            .map(|(l, r): (usize, usize)| Pair {
                left: ConceptId::from(l),
                right: ConceptId::from(r),
                cosine: 0.0,
            })
            .into();
        let dense = |sae: &SaeWeights| {
            let codes = sae.encode(x.view());
            let mut out = Array2::<f64>::zeros((1100, 6));
            for cell in 0..1100 {
                let (indices, values) = codes.row(cell);
                indices.iter().zip(values).for_each(|(&j, &u)| out[[cell, j as usize]] = f64::from(u));
            }
            out
        };
        let (a, b) = (dense(&left), dense(&right));
        for (pair, found) in pairs.iter().zip(correlations(&left, &right, &pairs, x.view())) {
            let (a, b) = (a.column(pair.left.index()), b.column(pair.right.index()));
            let (ma, mb) = (a.mean().unwrap(), b.mean().unwrap());
            let sum =
                |f: &dyn Fn(f64, f64) -> f64| a.iter().zip(&b).map(|(&u, &v)| f(u - ma, v - mb)).sum::<f64>();
            let size = (sum(&|u, _| u * u) * sum(&|_, v| v * v)).sqrt();
            if size == 0.0 {
                assert_eq!(found, None);
            } else {
                assert!((found.unwrap() - sum(&|u, v| u * v) / size).abs() < 1e-9);
            }
        }
        let own: Vec<Pair> = (0..6usize)
            .map(|i| Pair { left: ConceptId::from(i), right: ConceptId::from(i), cosine: 1.0 })
            .collect();
        let same = correlations(&left, &left, &own, x.view());
        assert!(same.iter().flatten().all(|r| (r - 1.0).abs() < 1e-12) && same.iter().flatten().count() >= 4);
    }
}
