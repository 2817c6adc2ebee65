//! What is trained in place of the dictionary.

use super::{
    super::{
        Parameters,
        random::{Purpose, below, generator, shuffle},
    },
    anchors::Hull,
};

/// W and Λ, or their moments.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MixtureParts {
    /// W [c, anchors].
    pub mixture: Vec<f32>,
    /// Λ [c, d], in training's units.
    pub offset: Vec<f32>,
}

/// W and Λ with Adam's moments.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mixture {
    /// Anchors.
    pub anchors: usize,
    /// Power of two by which embeddings are larger than training's units.
    pub scale: f32,
    /// W and Λ.
    pub weights: MixtureParts,
    /// Adam's running mean of gradients.
    pub m: MixtureParts,
    /// Adam's running mean of squared gradients.
    pub v: MixtureParts,
}

impl MixtureParts {
    fn zeros(d: usize, c: usize, anchors: usize) -> Self {
        Self { mixture: vec![0.0; c * anchors], offset: vec![0.0; c * d] }
    }

    /// The tensors by their names in files.
    pub fn named(&self) -> [(&'static str, &Vec<f32>); 2] {
        [("mixture", &self.mixture), ("offset", &self.offset)]
    }

    /// The tensors by their names in files.
    pub fn named_mut(&mut self) -> [(&'static str, &mut Vec<f32>); 2] {
        [("mixture", &mut self.mixture), ("offset", &mut self.offset)]
    }
}

impl Mixture {
    /// The start, which fills the dictionary and the encoder as well: each row is an anchor, in seeded order; rows
    /// beyond the anchors are half of each of two. The encoder looks along the row.
    pub(crate) fn initial(hull: &Hull, d: usize, c: usize, seed: u64, parameters: &mut Parameters) -> Self {
        let anchors = hull.len();
        let mut rng = generator(seed, Purpose::Mixture);
        let mut order: Vec<u32> = (0..anchors as u32).collect();
        shuffle(&mut rng, &mut order);
        let mut weights = MixtureParts::zeros(d, c, anchors);
        for (j, row) in weights.mixture.chunks_exact_mut(anchors).enumerate() {
            if let Some(&anchor) = order.get(j) {
                row[anchor as usize] = 1.0;
            } else {
                let one = below(&mut rng, anchors as u32);
                let other = (one + 1 + below(&mut rng, anchors as u32 - 1)) % anchors as u32;
                row[one as usize] = 0.5;
                row[other as usize] = 0.5;
            }
            let at = j * d..(j + 1) * d;
            let (decoder, encoder) = (&mut parameters.w_dec[at.clone()], &mut parameters.w_enc[at]);
            decoder.fill(0.0);
            for (anchor, &share) in row.iter().enumerate().filter(|(_, share)| **share > 0.0) {
                let point = &hull.points[anchor * hull.stride..][..d];
                decoder.iter_mut().zip(point).for_each(|(w, p)| *w += share * p);
            }
            let length = decoder.iter().map(|&w| f64::from(w).powi(2)).sum::<f64>().sqrt();
            for (e, &w) in encoder.iter_mut().zip(&*decoder) {
                *e = if length > 0.0 { (f64::from(w) / length) as f32 } else { 0.0 };
            }
        }
        let moments = MixtureParts::zeros(d, c, anchors);
        Self { anchors, scale: hull.scale, weights, m: moments.clone(), v: moments }
    }
}
