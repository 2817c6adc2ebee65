//! Activations and reconstructions, in portable arithmetic: the same bits on every machine, in the browser, and
//! for any number of threads.

use ndarray::{Array2, ArrayView2};

use super::{
    SaeWeights,
    linear::{Left, Panels},
    topk::{Scratch, top_k},
};
use crate::{
    parallel,
    simd::{Simd, WithSimd, widest},
};

/// Rows that one piece of work encodes.
const BLOCK: usize = 48;

/// The k candidates of every cell, row-major [n, k]: descending by activation, ties to the lowest concept, ReLU applied
/// (a candidate that is not positive has activation 0).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Codes {
    /// Candidates per cell.
    pub k: usize,
    /// Concepts.
    pub indices: Vec<u32>,
    /// Their activations.
    pub values: Vec<f32>,
}

impl Codes {
    /// Cells.
    pub fn rows(&self) -> usize {
        self.indices.len() / self.k.max(1)
    }

    /// Candidates of one cell: concepts and activations.
    pub fn row(&self, cell: usize) -> (&[u32], &[f32]) {
        let at = cell * self.k..(cell + 1) * self.k;
        (&self.indices[at.clone()], &self.values[at])
    }
}

/// A sparse autoencoder made ready to encode many cells.
#[derive(Clone, Debug)]
pub struct Encoder<'a> {
    weights: &'a SaeWeights,
    panels: Panels,
}

impl SaeWeights {
    /// Made ready to encode many cells: one copy of the encoder in another order.
    pub fn encoder(&self) -> Encoder<'_> {
        let (d, c) = self.w_enc.dim();
        let matrix = self.w_enc.as_standard_layout();
        let bias = self.b_enc.as_standard_layout();
        let panels = Panels::from_rows(
            d,
            c,
            matrix.as_slice().expect("standard layout"),
            bias.as_slice().expect("standard layout"),
        );
        Encoder { weights: self, panels }
    }

    /// Activations of embeddings [n, d].
    ///
    /// ```
    /// use cellprism_core::sae::{SaeConfig, SaeWeights};
    /// use ndarray::{Array1, Array2, array};
    ///
    /// let sae = SaeWeights {
    ///     config: SaeConfig::new(2, 2, 1)?, // d, c, k
    ///     w_enc: Array2::eye(2),
    ///     b_enc: Array1::zeros(2),
    ///     w_dec: Array2::eye(2),
    ///     b_dec: Array1::zeros(2),
    /// };
    /// let codes = sae.encode(array![[3.0, 1.0], [0.5, 2.0]].view());
    /// assert_eq!(codes.row(0), (&[0u32][..], &[3.0f32][..])); // the first concept, with 3
    /// assert_eq!(codes.row(1), (&[1u32][..], &[2.0f32][..]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Panics
    /// If `x` does not have d columns.
    pub fn encode(&self, x: ArrayView2<'_, f32>) -> Codes {
        self.encoder().encode(x)
    }

    /// Values of all c concepts before TopK for one embedding of length d; the same bits as inside [`SaeWeights::encode`].
    ///
    /// # Panics
    /// If `row` does not have length d.
    pub fn pre_activations(&self, row: &[f32]) -> Vec<f32> {
        assert_eq!(row.len(), self.config.d_in, "embedding size");
        let mut sums = vec![0.0f32; self.config.d_sae];
        for (p, weights) in self.w_enc.rows().into_iter().enumerate() {
            let value = if self.config.apply_b_dec_to_input { row[p] - self.b_dec[p] } else { row[p] };
            for (sum, weight) in sums.iter_mut().zip(weights) {
                *sum += value * weight;
            }
        }
        for (sum, bias) in sums.iter_mut().zip(&self.b_enc) {
            *sum += bias;
        }
        sums
    }

    /// The k candidates of one embedding: concepts and activations, as a row of [`SaeWeights::encode`].
    ///
    /// # Panics
    /// If `row` does not have length d.
    pub fn encode_row(&self, row: &[f32]) -> (Vec<u32>, Vec<f32>) {
        let pre = self.pre_activations(row);
        let mut indices = vec![0; self.config.k];
        top_k(&pre, self.config.k, &mut Scratch::default(), &mut indices);
        let values = indices.iter().map(|&j| relu(pre[j as usize])).collect();
        (indices, values)
    }

    /// Reconstructions [n, d]: Σ over a cell's candidates in their order of activation · dictionary row, then + b_dec.
    ///
    /// ```
    /// use cellprism_core::sae::{SaeConfig, SaeWeights};
    /// use ndarray::{Array1, Array2, array};
    ///
    /// let sae = SaeWeights {
    ///     config: SaeConfig::new(2, 2, 1)?, // d, c, k
    ///     w_enc: Array2::eye(2),
    ///     b_enc: Array1::zeros(2),
    ///     w_dec: Array2::eye(2),
    ///     b_dec: Array1::zeros(2),
    /// };
    /// let rebuilt = sae.decode(&sae.encode(array![[3.0, 1.0]].view()));
    /// assert_eq!(rebuilt, array![[3.0, 0.0]]); // the concept that was left out is lost
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Panics
    /// If the codes name a concept beyond c.
    pub fn decode(&self, codes: &Codes) -> Array2<f32> {
        let d = self.config.d_in;
        let mut out = Array2::zeros((codes.rows(), d));
        let dictionary = self.w_dec.as_standard_layout();
        let dictionary = dictionary.as_slice().expect("standard layout");
        let pieces: Vec<_> = out
            .as_slice_mut()
            .expect("standard layout")
            .chunks_mut(BLOCK * d)
            .zip(codes.indices.chunks(BLOCK * codes.k).zip(codes.values.chunks(BLOCK * codes.k)))
            .collect();
        parallel::each(pieces, |(out, (indices, values))| {
            let cells = indices.chunks_exact(codes.k).zip(values.chunks_exact(codes.k));
            for (row, (indices, values)) in out.chunks_exact_mut(d).zip(cells) {
                for (&j, &u) in indices.iter().zip(values).filter(|(_, u)| **u != 0.0) {
                    let direction = &dictionary[j as usize * d..(j as usize + 1) * d];
                    for (x, w) in row.iter_mut().zip(direction) {
                        *x += u * w;
                    }
                }
                for (x, b) in row.iter_mut().zip(&self.b_dec) {
                    *x += b;
                }
            }
        });
        out
    }
}

impl Encoder<'_> {
    /// Activations of embeddings [n, d].
    ///
    /// # Panics
    /// If `x` does not have d columns.
    pub fn encode(&self, x: ArrayView2<'_, f32>) -> Codes {
        let SaeWeights { config, b_dec, .. } = self.weights;
        let (d, k, c) = (config.d_in, config.k, config.d_sae);
        assert_eq!(x.ncols(), d, "embedding size");
        let n = x.nrows();
        let mut codes = Codes { k, indices: vec![0; n * k], values: vec![0.0; n * k] };
        let pieces: Vec<_> =
            codes.indices.chunks_mut(BLOCK * k).zip(codes.values.chunks_mut(BLOCK * k)).enumerate().collect();
        parallel::each(pieces, |(block, (indices, values))| {
            let first = block * BLOCK;
            let cells = indices.len() / k;
            let mut rows = Vec::with_capacity(cells * d);
            for row in x.rows().into_iter().skip(first).take(cells) {
                if config.apply_b_dec_to_input {
                    rows.extend(row.iter().zip(b_dec).map(|(x, b)| x - b));
                } else {
                    rows.extend(row.iter());
                }
            }
            let padded = self.panels.padded();
            let mut pre = vec![0.0; cells * padded];
            self.panels.product::<false>(Left::Rows { values: &rows, stride: d }, &mut Vec::new(), &mut pre);
            widest(Choose { pre: &pre, padded, concepts: c, k, indices, values });
        });
        codes
    }
}

/// TopK and ReLU of a block of cells.
struct Choose<'a> {
    pre: &'a [f32],
    padded: usize,
    concepts: usize,
    k: usize,
    indices: &'a mut [u32],
    values: &'a mut [f32],
}

impl WithSimd for Choose<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let mut scratch = Scratch::default();
        let targets = self.indices.chunks_exact_mut(self.k).zip(self.values.chunks_exact_mut(self.k));
        for (row, (indices, values)) in self.pre.chunks_exact(self.padded).zip(targets) {
            top_k(&row[..self.concepts], self.k, &mut scratch, indices);
            for (value, &j) in values.iter_mut().zip(indices.iter()) {
                *value = relu(row[j as usize]);
            }
        }
    }
}

/// Zero for negative numbers; NaN stays, so that a diverged run is seen.
#[inline(always)]
pub(crate) fn relu(value: f32) -> f32 {
    if value <= 0.0 { 0.0 } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sae::SaeConfig;
    use ndarray::Array1;
    use proptest::prelude::*;

    pub(crate) fn random(d: usize, c: usize, k: usize, seed: u32) -> SaeWeights {
        let value = |i: usize| ((i as u32 ^ seed).wrapping_mul(2_654_435_761) >> 8) as f32 / 8e6 - 1.0;
        SaeWeights {
            config: SaeConfig::new(d, c, k).unwrap(),
            w_enc: Array2::from_shape_fn((d, c), |(i, j)| value(i * c + j)),
            b_enc: Array1::from_shape_fn(c, |i| value(i + 1_000_003)),
            w_dec: Array2::from_shape_fn((c, d), |(i, j)| value(i * d + j + 7_000_003)),
            b_dec: Array1::from_shape_fn(d, |i| value(i + 9_000_011)),
        }
    }

    proptest! {
        #[test]
        fn batches_equal_single_rows(n in 1usize..120, d in 1usize..40, c in 1usize..90, seed in 0u32..99, subtract in any::<bool>()) {
            let k = 1 + (seed as usize) % c;
            let mut sae = random(d, c, k, seed);
            sae.config.apply_b_dec_to_input = subtract;
            let x = Array2::from_shape_fn((n, d), |(i, j)| (((i * 31 + j * 17) % 101) as f32 - 50.0) * 0.02);
            let codes = sae.encode(x.view());
            for cell in 0..n {
                let (indices, values) = sae.encode_row(&x.row(cell).to_vec());
                prop_assert_eq!(codes.row(cell), (&indices[..], &values[..]));
            }
            let rebuilt = sae.decode(&codes);
            let mut dense = Array2::<f64>::zeros((n, c));
            for cell in 0..n {
                let (indices, values) = codes.row(cell);
                for (&j, &u) in indices.iter().zip(values) {
                    dense[[cell, j as usize]] = f64::from(u);
                }
            }
            let exact = dense.dot(&sae.w_dec.mapv(f64::from)) + sae.b_dec.mapv(f64::from);
            for (a, b) in rebuilt.iter().zip(&exact) {
                prop_assert!((f64::from(*a) - b).abs() < 1e-3 * (1.0 + b.abs()));
            }
        }
    }
}
