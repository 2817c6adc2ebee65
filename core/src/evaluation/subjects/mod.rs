//! What stands side by side in every table: items with activations over cells, and how they rebuild the embeddings.
//!
//! | file | subject |
//! |---|---|
//! | `kind` | [`SubjectKind`]: their names |
//! | `linear` | the dictionary itself, neurons, the random and the shuffled dictionary |
//! | `pca` | principal components |
//! | `ica` | independent components |
//! | `semi_nmf` | semi-non-negative factors with a penalty |

mod ica;
mod kind;
mod linear;
mod pca;
mod semi_nmf;

use ndarray::{Array2, ArrayView2};

use crate::{
    concepts::Activations,
    sae::{ConfigError, SaeWeights},
};

pub use ica::IndependentComponents;
pub use kind::SubjectKind;
pub use linear::neuron_weights;
pub use pca::PrincipalComponents;
pub use semi_nmf::{Factors, SPARSITY};

/// Why a subject cannot be made of these embeddings.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SubjectError {
    /// Sizes that make no dictionary.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Too little to learn from.
    #[error("{0}")]
    Embeddings(String),
}

/// How a subject reads a cell.
#[derive(Clone, Debug)]
pub enum Encoder {
    /// A product, a bias and TopK: genes can be attributed through it.
    Linear,
    /// As the dictionary reads cells, but what it read is dealt to other cells: with the seed of that.
    Permuted(u64),
    /// Non-negative factors fitted to each cell: no product that genes could be attributed through.
    Factors(Factors),
}

/// Items and the cells that activate them.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Which.
    pub kind: SubjectKind,
    /// Encoder, decoder and biases; what there is of them.
    pub weights: SaeWeights,
    /// How the weights are used.
    pub encoder: Encoder,
    /// Activations over the bundle's own cells.
    pub activations: Activations,
}

impl Subject {
    /// Items, dead ones included.
    pub fn items(&self) -> usize {
        self.activations.len()
    }

    /// Most items that a cell activates, where that is fixed.
    pub fn active_per_cell(&self) -> Option<usize> {
        (self.weights.config.k < self.items()).then_some(self.weights.config.k)
    }

    /// Directions of the items, `[items, d]`.
    pub fn directions(&self) -> ArrayView2<'_, f32> {
        self.weights.w_dec.view()
    }

    /// Activations over other cells with embeddings `[cells, d]` of the same model; none where the subject is nothing without
    /// its own cells.
    pub fn on(&self, x: ArrayView2<'_, f32>) -> Option<Activations> {
        match &self.encoder {
            Encoder::Linear => Some(encode(&self.weights, x)),
            Encoder::Permuted(_) => None,
            Encoder::Factors(factors) => Some(factors.read(x)),
        }
    }

    /// The dictionary through which genes are attributed to the items.
    pub fn reader(&self) -> Option<&SaeWeights> {
        match self.encoder {
            Encoder::Linear | Encoder::Permuted(_) => Some(&self.weights),
            Encoder::Factors(_) => None,
        }
    }

    fn linear(kind: SubjectKind, weights: SaeWeights, x: ArrayView2<'_, f32>) -> Self {
        let activations = encode(&weights, x);
        Self { kind, weights, encoder: Encoder::Linear, activations }
    }
}

fn encode(weights: &SaeWeights, x: ArrayView2<'_, f32>) -> Activations {
    let codes = weights.encode(x);
    Activations::from_codes(x.nrows(), weights.config.d_sae, codes.k, &codes.indices, &codes.values)
}

/// Both sides of directions `[items, d]` with what each reads of a cell: side i is the positive part of item i, side
/// items + i that of its negative.
fn both_sides(
    kind: SubjectKind,
    directions: (ArrayView2<'_, f64>, ArrayView2<'_, f64>),
    centre: &[f64],
    x: ArrayView2<'_, f32>,
) -> Result<Subject, SubjectError> {
    Ok(Subject::linear(kind, sides(directions, centre)?, x))
}

/// Those sides as a dictionary.
fn sides(
    (encoder, decoder): (ArrayView2<'_, f64>, ArrayView2<'_, f64>),
    centre: &[f64],
) -> Result<SaeWeights, SubjectError> {
    use crate::sae::SaeConfig;
    let (items, d) = encoder.dim();
    let twice = |rows: ArrayView2<'_, f64>| {
        Array2::from_shape_fn((2 * items, d), |(i, j)| {
            if i < items { rows[[i, j]] as f32 } else { -rows[[i - items, j]] as f32 }
        })
    };
    let config = SaeConfig { apply_b_dec_to_input: true, ..SaeConfig::new(d, 2 * items, 2 * items)? };
    Ok(SaeWeights {
        config,
        w_enc: twice(encoder).t().as_standard_layout().to_owned(),
        b_enc: ndarray::Array1::zeros(2 * items),
        w_dec: twice(decoder),
        b_dec: centre.iter().map(|&m| m as f32).collect(),
    })
}
