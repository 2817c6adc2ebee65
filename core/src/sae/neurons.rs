//! The embedding's own dimensions as a dictionary: the baseline that needs no training.

use ndarray::{Array1, Array2};

use super::{ConfigError, SaeConfig, SaeWeights};

impl SaeWeights {
    /// Both sides of every one of `d` dimensions: side i is the positive part of dimension i, side d + i that of its
    /// negative (METHODS §2). That is the autoencoder of the identity without TopK.
    ///
    /// ```
    /// use cellprism_core::sae::SaeWeights;
    /// use ndarray::array;
    ///
    /// let neurons = SaeWeights::neurons(2)?;
    /// let cell = array![[1.5f32, -2.0]];
    /// let codes = neurons.encode(cell.view());
    /// let active = codes.indices.iter().zip(&codes.values).filter(|(_, value)| **value > 0.0);
    /// let mut active: Vec<_> = active.map(|(&side, &value)| (side, value)).collect();
    /// active.sort_by_key(|side| side.0);
    /// assert_eq!(active, [(0, 1.5), (3, 2.0)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If there is no dimension.
    pub fn neurons(d: usize) -> Result<Self, ConfigError> {
        let config = SaeConfig { apply_b_dec_to_input: false, ..SaeConfig::new(d, 2 * d, 2 * d)? };
        let both = Array2::from_shape_fn((2 * d, d), |(side, i)| match side {
            _ if side == i => 1.0,
            _ if side == d + i => -1.0,
            _ => 0.0,
        });
        Ok(Self {
            config,
            w_enc: both.t().as_standard_layout().to_owned(),
            b_enc: Array1::zeros(2 * d),
            w_dec: both,
            b_dec: Array1::zeros(d),
        })
    }
}
