//! The update of W and Λ by the gradient of the dictionary, and the dictionary that follows from them.

use super::{Mixture, anchors::Hull, simplex::project};
use crate::sae::{
    linear::{Left, Panels},
    train::{
        adam::{Adam, Tensor},
        rows::{LANES, sum_of_squares},
        update::CONCEPTS,
    },
};
use crate::{
    parallel,
    simd::{Simd, WithSimd, widest},
};

/// Λ stays this little inside the ball, so that rounding does not take it out.
const INSIDE: f64 = 1.0 - 1e-6;

/// The anchors as both products need them.
#[derive(Clone, Debug)]
pub(crate) struct Mixing {
    anchors: usize,
    /// Row length of W here: zero beyond the anchors.
    width: usize,
    /// Row length of Λ and the dictionary.
    stride: usize,
    /// [anchors, d].
    down: Panels,
    /// [d, anchors].
    up: Panels,
    relaxation: f64,
    /// ∂D [c, stride].
    pub gradient: Vec<f32>,
}

/// Some concepts.
struct Piece<'a> {
    dictionary: &'a mut [f32],
    gradient: &'a [f32],
    mixture: Tensor<'a>,
    offset: Tensor<'a>,
}

impl Mixing {
    pub(crate) fn new(hull: &Hull, d: usize, concepts: usize) -> Self {
        let (anchors, stride) = (hull.len(), hull.stride);
        let mut down = Panels::default();
        down.set_rows(anchors, d, &hull.points, stride);
        let mut up = Panels::zeros(d, anchors);
        up.set_columns(&hull.points, stride, &[]);
        Self {
            anchors,
            width: anchors.next_multiple_of(LANES),
            stride,
            down,
            up,
            relaxation: hull.relaxation,
            gradient: vec![0.0; concepts * stride],
        }
    }

    /// Row length of W that [`Mixing::apply`] expects.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Updates W and Λ by [`Mixing::gradient`], and the dictionary by them.
    pub(crate) fn apply<const FUSED: bool>(
        &self,
        mixture: &mut Mixture,
        dictionary: &mut [f32],
        adam: &Adam,
    ) {
        let (rows, matrix) = (CONCEPTS * self.width, CONCEPTS * self.stride);
        let Mixture { weights: w, m, v, .. } = mixture;
        let mixtures = w
            .mixture
            .chunks_mut(rows)
            .zip(m.mixture.chunks_mut(rows))
            .zip(v.mixture.chunks_mut(rows))
            .map(|((w, m), v)| Tensor { w, m, v });
        let offsets = w
            .offset
            .chunks_mut(matrix)
            .zip(m.offset.chunks_mut(matrix))
            .zip(v.offset.chunks_mut(matrix))
            .map(|((w, m), v)| Tensor { w, m, v });
        let pieces: Vec<Piece<'_>> = dictionary
            .chunks_mut(matrix)
            .zip(self.gradient.chunks(matrix))
            .zip(mixtures.zip(offsets))
            .map(|((dictionary, gradient), (mixture, offset))| Piece {
                dictionary,
                gradient,
                mixture,
                offset,
            })
            .collect();
        parallel::each(pieces, |piece| self.piece::<FUSED>(piece, adam));
    }

    fn piece<const FUSED: bool>(&self, piece: Piece<'_>, adam: &Adam) {
        let Piece { dictionary, gradient, mut mixture, mut offset } = piece;
        let (stride, width) = (self.stride, self.width);
        let count = dictionary.len() / stride;
        let mut scratch = Vec::new();
        let mut slopes = vec![0.0; count * self.up.padded()];
        self.up.product::<FUSED>(Left::Rows { values: gradient, stride }, &mut scratch, &mut slopes);
        for (j, slopes) in slopes.chunks_exact(self.up.padded()).enumerate() {
            let tensor = part(&mut mixture, j * width..(j + 1) * width);
            widest(Step::<'_, FUSED> { adam, tensor, gradient: &slopes[..width] });
            project(&mut mixture.w[j * width..j * width + self.anchors]);
            if self.relaxation > 0.0 {
                let at = j * stride..(j + 1) * stride;
                let tensor = part(&mut offset, at.clone());
                widest(Step::<'_, FUSED> { adam, tensor, gradient: &gradient[at.clone()] });
                into_ball(&mut offset.w[at], self.relaxation);
            }
        }
        let padded = self.down.padded();
        let mut mixed = vec![0.0; count * padded];
        self.down.product::<FUSED>(Left::Rows { values: mixture.w, stride: width }, &mut scratch, &mut mixed);
        let rows = dictionary.chunks_exact_mut(stride).zip(offset.w.chunks_exact(stride));
        for ((row, offset), mixed) in rows.zip(mixed.chunks_exact(padded)) {
            row.iter_mut().zip(offset).zip(mixed).for_each(|((row, offset), mixed)| *row = mixed + offset);
        }
    }
}

fn part<'a>(tensor: &'a mut Tensor<'_>, at: std::ops::Range<usize>) -> Tensor<'a> {
    Tensor { w: &mut tensor.w[at.clone()], m: &mut tensor.m[at.clone()], v: &mut tensor.v[at] }
}

/// Shortens a row to a length, if it is longer.
fn into_ball(row: &mut [f32], radius: f64) {
    let length = sum_of_squares(row).sqrt();
    if length > radius * INSIDE {
        let factor = radius * INSIDE / length;
        row.iter_mut().for_each(|value| *value = (f64::from(*value) * factor) as f32);
    }
}

/// Adam on one row, in the widest instructions there are.
struct Step<'a, const FUSED: bool> {
    adam: &'a Adam,
    tensor: Tensor<'a>,
    gradient: &'a [f32],
}

impl<const FUSED: bool> WithSimd for Step<'_, FUSED> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        self.adam.update::<S, FUSED>(simd, self.tensor, self.gradient);
    }
}
