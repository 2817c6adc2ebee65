//! The weights of the layers.

/// A linear layer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Affine {
    /// `[outputs, inputs]`, row-major.
    pub weights: Vec<f32>,
    /// `[outputs]`.
    pub bias: Vec<f32>,
}

impl Affine {
    /// Number of inputs.
    pub fn inputs(&self) -> usize {
        self.weights.len() / self.bias.len().max(1)
    }

    /// Number of outputs.
    pub fn outputs(&self) -> usize {
        self.bias.len()
    }

    pub(super) fn fits(&self, inputs: usize, outputs: usize) -> bool {
        self.bias.len() == outputs && self.weights.len() == inputs * outputs
    }
}

/// Scale and shift of a layer normalisation, each `[features]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Normalisation {
    /// Factors.
    pub scale: Vec<f32>,
    /// Added afterwards.
    pub shift: Vec<f32>,
}

impl Normalisation {
    pub(super) fn fits(&self, features: usize) -> bool {
        self.scale.len() == features && self.shift.len() == features
    }
}

/// One layer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LayerWeights {
    /// Queries, `[width, width]`.
    pub query: Affine,
    /// Keys, `[width, width]`.
    pub key: Affine,
    /// Values, `[width, width]`.
    pub value: Affine,
    /// What becomes of the heads' outputs side by side, `[width, width]`.
    pub out: Affine,
    /// After attention.
    pub norm1: Normalisation,
    /// `[hidden, width]`, before a rectifier.
    pub linear1: Affine,
    /// `[width, hidden]`.
    pub linear2: Affine,
    /// After the feed-forward part.
    pub norm2: Normalisation,
}

impl LayerWeights {
    /// Whether all sizes fit a width.
    pub(super) fn fits(&self, width: usize) -> bool {
        let hidden = self.linear1.outputs();
        [&self.query, &self.key, &self.value, &self.out].iter().all(|affine| affine.fits(width, width))
            && hidden > 0
            && self.linear1.fits(width, hidden)
            && self.linear2.fits(hidden, width)
            && self.norm1.fits(width)
            && self.norm2.fits(width)
    }
}
