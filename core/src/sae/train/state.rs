//! Everything that changes during training.

use ndarray::{Array1, Array2};

use super::{
    TrainOptions,
    archetypal::{Hull, Mixture, MixtureParts},
    parameters::Parameters,
    random::{Purpose, generator, nearly_normal},
};
use crate::sae::{ConfigError, SaeConfig, SaeWeights};

/// Weights, Adam's moments, and for each concept how long it has been silent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// d.
    pub d: usize,
    /// c.
    pub c: usize,
    /// The weights.
    pub weights: Parameters,
    /// Adam's running mean of gradients.
    pub m: Parameters,
    /// Adam's running mean of squared gradients.
    pub v: Parameters,
    /// Cells since each concept was last active.
    pub since: Vec<u64>,
    /// Steps taken.
    pub step: u64,
    /// What an archetypal dictionary is mixed of; W_dec follows from it.
    pub mixture: Option<Mixture>,
}

impl State {
    /// The start: random unit rows in W_dec, the same in W_enc, b_enc 0, b_dec as given; or the first mixtures of a hull.
    pub(crate) fn initial(d: usize, options: &TrainOptions, b_dec: Vec<f32>, hull: Option<&Hull>) -> Self {
        let c = options.concepts;
        let mut rng = generator(options.seed, Purpose::Dictionary);
        let mut weights = Parameters { b_dec, ..Parameters::zeros(d, c) };
        for row in weights.w_dec.chunks_exact_mut(d.max(1)) {
            loop {
                let values: Vec<f64> = (0..d).map(|_| nearly_normal(&mut rng)).collect();
                let length = values.iter().map(|v| v * v).sum::<f64>().sqrt();
                if length > 1e-6 {
                    row.iter_mut().zip(&values).for_each(|(w, v)| *w = (v / length) as f32);
                    break;
                }
            }
        }
        weights.w_enc.copy_from_slice(&weights.w_dec);
        let mixture = hull.map(|hull| Mixture::initial(hull, d, c, options.seed, &mut weights));
        Self {
            d,
            c,
            weights,
            m: Parameters::zeros(d, c),
            v: Parameters::zeros(d, c),
            since: vec![0; c],
            step: 0,
            mixture,
        }
    }

    /// The tensor with a number that is not finite, or whose moments have one, if there is one.
    pub fn not_finite(&self) -> Option<&'static str> {
        let parts = [&self.weights, &self.m, &self.v];
        let mixed = self.mixture.iter().flat_map(|mixture| [&mixture.weights, &mixture.m, &mixture.v]);
        let mut named =
            parts.into_iter().flat_map(Parameters::named).chain(mixed.flat_map(MixtureParts::named));
        named.find(|(_, values)| values.iter().any(|v| !v.is_finite())).map(|(name, _)| name)
    }

    /// The weights in the layout of files.
    ///
    /// # Errors
    /// If the sizes are not those of a sparse autoencoder.
    pub fn to_weights(&self, options: &TrainOptions) -> Result<SaeWeights, ConfigError> {
        let mut config = SaeConfig::new(self.d, self.c, options.active)?;
        config.apply_b_dec_to_input = options.decoder_bias;
        let (d, c) = (self.d, self.c);
        // A power of two: nothing is rounded.
        let scale = self.mixture.as_ref().map_or(1.0, |mixture| mixture.scale);
        Ok(SaeWeights {
            config,
            w_enc: Array2::from_shape_fn((d, c), |(i, j)| self.weights.w_enc[j * d + i] / scale),
            b_enc: self.weights.b_enc.iter().map(|b| b / scale).collect(),
            w_dec: Array2::from_shape_fn((c, d), |(j, i)| self.weights.w_dec[j * d + i] * scale),
            b_dec: Array1::from_vec(self.weights.b_dec.clone()),
        })
    }
}
