//! Semi-non-negative factors with an L1 penalty, whose activations are fitted again without it where they are not 0; chosen so that they are as sparse as the paper's (.83 to .99): only then can
//! their reconstruction be held against the dictionary's.

use ndarray::{Array2, ArrayView2, Axis};

use super::{Encoder, Subject, SubjectError, SubjectKind};
use crate::{
    concepts::{Activations, ActiveCells},
    ids::CellId,
    sae::{
        SaeConfig, SaeWeights,
        semi_nmf::{Options, activations, fit, unshrunk},
        size::sample,
    },
};

/// Sparsity of Tables 4 and 5.
pub const SPARSITY: (f64, f64) = (0.83, 0.99);
/// An activation counts as zero up to this share of the largest.
const ZERO: f64 = 1e-3;
/// Cells that the factors are fitted on, at most: the updates hold several `[cells, c]` matrices.
const MOST_CELLS: usize = 4000;
/// Cells that penalties are tried on, at most.
const TRIED_CELLS: usize = 1000;
/// Penalties tried.
const TRIES: usize = 9;
/// Distance from the wished sparsity that is near enough.
const NEAR: f64 = 0.01;
/// Updates of a trial, of the fit, and of activations for given factors.
const ITERATIONS: (u32, u32, u32) = (60, 200, 200);

/// Factors and the penalty that they were fitted with.
#[derive(Clone, Debug, PartialEq)]
pub struct Factors {
    /// Unit directions `[c, d]`.
    pub directions: Array2<f64>,
    /// λ.
    pub penalty: f64,
}

impl Factors {
    /// `c` factors of embeddings `[cells, d]`, about as sparse as wished, within what the paper's are.
    ///
    /// # Errors
    /// If there is no cell, or numbers are no longer finite.
    pub fn of(x: ArrayView2<'_, f32>, c: usize, wished: f64, seed: u64) -> Result<Self, SubjectError> {
        if x.is_empty() || c == 0 {
            return Err(SubjectError::Embeddings("there is nothing to factorise".into()));
        }
        let some = |most: usize| {
            let mut cells = sample(x.nrows(), seed);
            if cells.len() > most {
                let all = cells.len();
                cells = (0..most).map(|i| cells[i * all / most]).collect();
            }
            x.select(Axis(0), &cells)
        };
        let wished = wished.clamp(SPARSITY.0, SPARSITY.1);
        let penalty = penalty(&some(TRIED_CELLS), c, wished, seed)?;
        let options = options(c, seed, penalty, ITERATIONS.1);
        let found = fit(some(MOST_CELLS).view(), &options, &mut |_| {});
        let found = found.map_err(|error| SubjectError::Embeddings(error.to_string()))?;
        Ok(Self { directions: found.d, penalty })
    }

    /// The factors as a subject.
    ///
    /// # Errors
    /// If the sizes make no dictionary.
    pub fn subject(self, x: ArrayView2<'_, f32>) -> Result<Subject, SubjectError> {
        let (c, d) = self.directions.dim();
        let weights = SaeWeights {
            config: SaeConfig::new(d, c, c)?,
            w_enc: Array2::zeros((d, c)),
            b_enc: ndarray::Array1::zeros(c),
            w_dec: self.directions.mapv(|v| v as f32),
            b_dec: ndarray::Array1::zeros(d),
        };
        let activations = self.read(x);
        Ok(Subject { kind: SubjectKind::SemiNmf, weights, encoder: Encoder::Factors(self), activations })
    }

    /// Activations of cells: which are not 0 is decided with the penalty, how large they are without, so that the penalty's
    /// shrinking is not held against the reconstruction.
    pub(super) fn read(&self, x: ArrayView2<'_, f32>) -> Activations {
        let blocks: Vec<_> = x.axis_chunks_iter(Axis(0), MOST_CELLS).collect();
        let penalised: Vec<Array2<f64>> = blocks
            .iter()
            .map(|rows| activations(rows.view(), &self.directions, self.penalty, ITERATIONS.2))
            .collect();
        let largest = penalised.iter().flatten().fold(0.0f64, |most, &value| most.max(value));
        let mut concepts = vec![ActiveCells::default(); self.directions.nrows()];
        for (block, (rows, mut z)) in blocks.into_iter().zip(penalised).enumerate() {
            z.mapv_inplace(|value| if value > ZERO * largest { value } else { 0.0 });
            let z = unshrunk(rows, z, &self.directions, ITERATIONS.2);
            for ((cell, concept), &value) in z.indexed_iter().filter(|(_, value)| (**value as f32) > 0.0) {
                concepts[concept].cells.push(CellId::from(block * MOST_CELLS + cell));
                concepts[concept].values.push(value as f32);
            }
        }
        Activations::of_concepts(x.nrows(), concepts)
    }
}

fn options(concepts: usize, seed: u64, penalty: f64, iterations: u32) -> Options {
    Options { concepts, iterations, tolerance: 0.0, seed, penalty }
}

/// The penalty that gives about the wished sparsity: more of it is sparser, so the interval is halved, in logarithms.
fn penalty(x: &Array2<f32>, c: usize, wished: f64, seed: u64) -> Result<f64, SubjectError> {
    let mean = x.iter().map(|&v| f64::from(v).abs()).sum::<f64>() / x.len().max(1) as f64;
    let size = mean * (x.ncols() as f64).sqrt();
    let (mut low, mut high) = ((1e-5 * size).max(1e-9).ln(), (10.0 * size).max(1e-6).ln());
    let mut middle = (low + high) / 2.0;
    for _ in 0..TRIES {
        let found = fit(x.view(), &options(c, seed, middle.exp(), ITERATIONS.0), &mut |_| {});
        // Where everything became zero no direction is left: too much.
        let sparsity = found.map_or(1.0, |found| found.measure(x.view(), ZERO).1);
        if (sparsity - wished).abs() <= NEAR {
            break;
        }
        if sparsity < wished {
            low = middle;
        } else {
            high = middle;
        }
        middle = (low + high) / 2.0;
    }
    Ok(middle.exp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::rebuild;

    #[test]
    fn factors_are_as_sparse_as_wished_and_read_other_cells() {
        let x = Array2::from_shape_fn((150, 6), |(i, j)| {
            let of = i % 5;
            let noise = ((i * 37 + j * 101) % 53) as f32 / 200.0;
            noise + if j == of { 1.0 + (i % 7) as f32 / 5.0 } else { 0.0 }
        });
        let found = Factors::of(x.view(), 8, 0.85, 1).unwrap();
        let subject = found.clone().subject(x.view()).unwrap();
        let measured = rebuild(&subject, &subject.activations, x.view());
        let sparsity = measured.sparsity.unwrap();
        assert!((sparsity - 0.85).abs() < 0.06, "{sparsity}");
        assert!(measured.r2.unwrap() > 0.5, "{measured:?}");
        assert!(subject.reader().is_none() && subject.active_per_cell().is_none());
        let half = subject.on(x.slice(ndarray::s![..70, ..])).unwrap();
        assert_eq!(half.cells, 70);
        assert!(Factors::of(Array2::zeros((0, 3)).view(), 2, 0.9, 0).is_err());
    }
}
