//! One concept's activation from an embedding, before and after TopK.

use crate::{embedding::dense, ids::ConceptId, sae::SaeWeights};

/// The encoder side of a sparse autoencoder, laid out for reading single concepts.
///
/// Every pre-activation is one f32 sum in the order of the dimensions, then the bias: the same bits as
/// [`crate::sae::SaeWeights::encode`] gives.
#[derive(Clone, Debug)]
pub struct ConceptReader {
    /// `[d, concepts]`, for all concepts at once.
    across: Vec<f32>,
    /// `[concepts, d]`, for one concept.
    weights: Vec<f32>,
    bias: Vec<f32>,
    /// Subtracted from the embedding first; empty where it is not.
    centre: Vec<f32>,
    norms: Vec<f64>,
    largest_norm: f64,
    dimensions: usize,
    k: usize,
}

/// Activations of all concepts in one cell, from which small changes are judged.
#[derive(Clone, Debug)]
pub struct Base {
    centred: Vec<f32>,
    /// Length of `centred`.
    length: f64,
    pre: Vec<f32>,
    /// Concepts by falling pre-activation.
    order: Vec<u32>,
}

impl ConceptReader {
    /// `w_enc` is `[d, concepts]` row-major, `centre` is `b_dec` where the autoencoder subtracts it.
    ///
    /// # Panics
    /// If the sizes do not fit; a loaded autoencoder has been checked.
    pub fn new(w_enc: &[f32], bias: &[f32], centre: Option<&[f32]>, k: usize) -> Self {
        let concepts = bias.len();
        let dimensions = w_enc.len() / concepts.max(1);
        assert!(w_enc.len() == dimensions * concepts && centre.is_none_or(|c| c.len() == dimensions));
        let mut weights = vec![0.0; w_enc.len()];
        for (d, row) in w_enc.chunks(concepts.max(1)).enumerate() {
            for (concept, &weight) in row.iter().enumerate() {
                weights[concept * dimensions + d] = weight;
            }
        }
        let norms: Vec<f64> = weights.chunks(dimensions.max(1)).map(norm).collect();
        Self {
            across: w_enc.to_vec(),
            weights,
            bias: bias.to_vec(),
            centre: centre.unwrap_or_default().to_vec(),
            largest_norm: norms.iter().copied().fold(0.0, f64::max),
            norms,
            dimensions,
            k,
        }
    }

    /// The encoder side of `sae`.
    pub fn of(sae: &SaeWeights) -> Self {
        let weights: Vec<f32> = sae.w_enc.iter().copied().collect();
        let bias: Vec<f32> = sae.b_enc.iter().copied().collect();
        let centre: Vec<f32> = sae.b_dec.iter().copied().collect();
        Self::new(&weights, &bias, sae.config.apply_b_dec_to_input.then_some(&centre), sae.config.k)
    }

    /// Embedding size.
    pub fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// What a concept's pre-activation is the product with, `[d]`.
    pub fn direction(&self, concept: ConceptId) -> &[f32] {
        &self.weights[concept.index() * self.dimensions..(concept.index() + 1) * self.dimensions]
    }

    /// Concepts.
    pub fn concepts(&self) -> usize {
        self.bias.len()
    }

    fn centred(&self, embedding: &[f32]) -> Vec<f32> {
        if self.centre.is_empty() {
            return embedding.to_vec();
        }
        embedding.iter().zip(&self.centre).map(|(x, c)| x - c).collect()
    }

    fn pre_centred(&self, centred: &[f32], concept: usize) -> f32 {
        let row = &self.weights[concept * self.dimensions..(concept + 1) * self.dimensions];
        centred.iter().zip(row).fold(0.0, |sum, (x, w)| sum + x * w) + self.bias[concept]
    }

    /// All pre-activations of centred embeddings `[rows, d]`.
    fn pre_all(&self, centred: &[f32]) -> Vec<f32> {
        let zero = vec![0.0; self.concepts()];
        let mut pre = vec![0.0; centred.len() / self.dimensions.max(1) * self.concepts()];
        dense::linear(centred, self.dimensions, &self.across, &zero, &mut pre);
        for row in pre.chunks_mut(self.concepts().max(1)) {
            row.iter_mut().zip(&self.bias).for_each(|(sum, bias)| *sum += bias);
        }
        pre
    }

    /// All pre-activations of one embedding.
    pub fn base(&self, embedding: &[f32]) -> Base {
        let centred = self.centred(embedding);
        let pre = self.pre_all(&centred);
        let mut order: Vec<u32> = (0..self.concepts() as u32).collect();
        order.sort_unstable_by(|&a, &b| pre[b as usize].total_cmp(&pre[a as usize]).then(a.cmp(&b)));
        Base { length: norm(&centred), centred, pre, order }
    }

    /// Activation after TopK and pre-activation of one concept, from all pre-activations.
    pub fn read(&self, base: &Base, concept: ConceptId) -> (f32, f32) {
        (self.after_topk(&base.pre, concept), base.pre[concept.index()])
    }

    /// How far a concept's pre-activation is above that of the first other concept that TopK would leave out in its favour:
    /// the k-th of the others. Below 0 where the concept itself is left out; infinite where nothing can be.
    pub fn margin(&self, base: &Base, concept: ConceptId) -> f32 {
        let rival = base.order.iter().filter(|&&other| other != concept.0).nth(self.k.saturating_sub(1));
        rival.map_or(f32::INFINITY, |&rival| base.pre[concept.index()] - base.pre[rival as usize])
    }

    /// Activations after TopK of one concept in many embeddings `[rows, d]`.
    pub fn read_rows(&self, embeddings: &[f32], concept: ConceptId) -> Vec<f32> {
        // Along a path many rows are the one before again.
        let (mut distinct, mut places) = (Vec::<&[f32]>::new(), Vec::new());
        for row in embeddings.chunks(self.dimensions.max(1)) {
            if distinct.last() != Some(&row) {
                distinct.push(row);
            }
            places.push(distinct.len() - 1);
        }
        let mut centred = Vec::with_capacity(distinct.len() * self.dimensions);
        for row in distinct {
            let start = centred.len();
            centred.extend_from_slice(row);
            centred[start..].iter_mut().zip(&self.centre).for_each(|(x, c)| *x -= c);
        }
        let pre = self.pre_all(&centred);
        let read: Vec<f32> =
            pre.chunks(self.concepts().max(1)).map(|row| self.after_topk(row, concept)).collect();
        places.into_iter().map(|place| read[place]).collect()
    }

    fn after_topk(&self, pre: &[f32], concept: ConceptId) -> f32 {
        let own = pre[concept.index()];
        let above = pre
            .iter()
            .enumerate()
            .filter(|&(other, &value)| beats(value, other, own, concept.index()))
            .count();
        if above < self.k { own.max(0.0) } else { 0.0 }
    }

    /// The same for an embedding near `base`: a concept that a change of this length cannot bring across is
    /// not computed, all others are, so the result equals [`ConceptReader::read`] of the whole.
    pub fn read_near(&self, base: &Base, embedding: &[f32], concept: ConceptId) -> (f32, f32) {
        let centred = self.centred(embedding);
        let own = self.pre_centred(&centred, concept.index());
        let level = f64::from(own);
        // By Cauchy and Schwarz no pre-activation moves farther than its norm times this; the second part is what
        // rounding of both f32 sums may add.
        let rounding = self.dimensions as f64 * 1.2e-7 * (base.length + norm(&centred));
        let moved = distance(&base.centred, &centred) + rounding;
        let reach = |norm: f64| moved * norm + 1e-6 * (1.0 + level.abs());
        let farthest = reach(self.largest_norm);
        let before = |concept: &u32| f64::from(base.pre[*concept as usize]);
        let certain = base.order.partition_point(|other| before(other) > level + farthest);
        let itself = certain <= self.k && base.order[..certain].contains(&concept.0);
        let mut above = certain - usize::from(itself);
        let open = base.order[certain..].iter().take_while(|other| before(other) >= level - farthest);
        for other in open {
            if above >= self.k {
                break;
            }
            let (reach, index) = (reach(self.norms[*other as usize]), *other as usize);
            above += usize::from(if before(other) + reach < level {
                false
            } else if before(other) - reach > level {
                index != concept.index()
            } else {
                beats(self.pre_centred(&centred, index), index, own, concept.index())
            });
        }
        (if above < self.k { own.max(0.0) } else { 0.0 }, own)
    }
}

fn norm(vector: &[f32]) -> f64 {
    let square = |&x: &f32| f64::from(x) * f64::from(x);
    let (eights, rest) = vector.as_chunks::<8>();
    let mut lanes = [0.0; 8];
    for eight in eights {
        lanes.iter_mut().zip(eight).for_each(|(lane, x)| *lane += square(x));
    }
    (lanes.iter().sum::<f64>() + rest.iter().map(square).sum::<f64>()).sqrt()
}

fn distance(a: &[f32], b: &[f32]) -> f64 {
    let square = |(&a, &b): (&f32, &f32)| (f64::from(a) - f64::from(b)).powi(2);
    let ((a, rest_a), (b, rest_b)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let mut lanes = [0.0; 8];
    for (a, b) in a.iter().zip(b) {
        lanes.iter_mut().zip(a.iter().zip(b)).for_each(|(lane, pair)| *lane += square(pair));
    }
    (lanes.iter().sum::<f64>() + rest_a.iter().zip(rest_b).map(square).sum::<f64>()).sqrt()
}

/// Whether `other` comes before `own` in TopK: larger, or equal with a lower index.
fn beats(other: f32, other_index: usize, own: f32, own_index: usize) -> bool {
    other_index != own_index && (other > own || (other == own && other_index < own_index))
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, Array2};
    use proptest::prelude::*;

    use super::*;
    use crate::sae::{SaeConfig, SaeWeights};

    proptest! {
        #[test]
        fn near_equals_whole(values in proptest::collection::vec(-1.0f32..1.0, 6 * 12 + 12 + 6), step in 0.0f32..0.5, k in 1usize..5) {
            let (weights, rest) = values.split_at(72);
            let (bias, x) = rest.split_at(12);
            let reader = ConceptReader::new(weights, bias, Some(&[0.1; 6]), k);
            let base = reader.base(x);
            let moved: Vec<f32> = x.iter().enumerate().map(|(i, v)| v + step * ((i % 3) as f32 - 1.0)).collect();
            let whole = reader.base(&moved);
            for concept in 0..12 {
                prop_assert_eq!(reader.read_near(&base, &moved, ConceptId(concept)), reader.read(&whole, ConceptId(concept)));
            }
        }
    }

    proptest! {
        /// A prototype's activation, read again from the same embedding, is the stored one.
        #[test]
        fn reads_what_the_autoencoder_encodes(seed in 0u32..500, k in 1usize..6, subtract in any::<bool>()) {
            let number = |i: usize| ((i as u32 ^ seed).wrapping_mul(2_654_435_761) >> 8) as f32 / 8e6 - 1.0;
            let mut config = SaeConfig::new(7, 20, k).unwrap();
            config.apply_b_dec_to_input = subtract;
            let sae = SaeWeights {
                config,
                w_enc: Array2::from_shape_fn((7, 20), |(i, j)| number(i * 20 + j)),
                b_enc: Array1::from_shape_fn(20, |i| number(i + 300)),
                w_dec: Array2::zeros((20, 7)),
                b_dec: Array1::from_shape_fn(7, |i| number(i + 400)),
            };
            let x: Vec<f32> = (0..7).map(|i| number(i + 500)).collect();
            let (indices, values) = sae.encode_row(&x);
            let centre = subtract.then(|| sae.b_dec.to_vec());
            let reader = ConceptReader::new(sae.w_enc.as_slice().unwrap(), &sae.b_enc.to_vec(), centre.as_deref(), k);
            let base = reader.base(&x);
            for concept in 0..20 {
                let stored = indices.iter().position(|&i| i == concept).map_or(0.0, |place| values[place]);
                prop_assert_eq!(reader.read(&base, ConceptId(concept)).0, stored);
                prop_assert_eq!(reader.read_near(&base, &x, ConceptId(concept)).0, stored);
            }
        }
    }

    #[test]
    fn ties_go_to_the_lowest_concept() {
        let reader = ConceptReader::new(&[0.0, 0.0, 0.0], &[1.0, 1.0, 1.0], None, 2);
        let base = reader.base(&[0.5]);
        assert_eq!(reader.read(&base, ConceptId(1)), (1.0, 1.0));
        assert_eq!(reader.read(&base, ConceptId(2)), (0.0, 1.0));
    }
}
