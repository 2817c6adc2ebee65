//! Gradients, Adam and the norm constraint in one pass over the concepts: a concept's gradients are built from the cells
//! in which it was active and used at once, so that no gradient is ever stored whole.

use super::{
    Parameters,
    adam::{Adam, Tensor},
    by_concept::ByConcept,
    native::CONCEPTS,
    rows::{add_rows, dot, sum_of_squares},
};
use crate::sae::{
    parallel,
    simd::{multiply_add, widest},
};

/// What gradients are built from.
pub(crate) struct Update<'a> {
    pub stride: usize,
    /// Active concepts …
    pub main: &'a ByConcept,
    /// … and dead ones that rebuilt the residual. No concept is in both.
    pub dead: &'a ByConcept,
    /// [B, stride].
    pub input: &'a [f32],
    /// [B, stride].
    pub error: &'a [f32],
    /// [B, stride].
    pub residual: &'a [f32],
    /// −2/(B·d).
    pub slope: f32,
    /// The same times the auxiliary coefficient.
    pub aux_slope: f32,
}

/// Gradients of one concept, reused.
#[derive(Default)]
struct Gradient {
    encoder: Vec<f32>,
    decoder: Vec<f32>,
    bias: f32,
    coefficients: Vec<f32>,
}

/// The rows of some concepts.
struct Rows<'a> {
    first: usize,
    encoder: Tensor<'a>,
    decoder: Tensor<'a>,
    bias: Tensor<'a>,
}

impl Update<'_> {
    #[inline(always)]
    fn gradient<const FUSED: bool>(&self, concept: usize, dictionary_row: &[f32], out: &mut Gradient) {
        out.encoder.clear();
        out.encoder.resize(self.stride, 0.0);
        out.decoder.clear();
        out.decoder.resize(self.stride, 0.0);
        out.bias = 0.0;
        for (lists, error, slope) in
            [(self.main, self.error, self.slope), (self.dead, self.residual, self.aux_slope)]
        {
            let (cells, activations, slopes) = lists.of(concept);
            if cells.is_empty() {
                continue;
            }
            out.bias = slopes.iter().fold(out.bias, |sum, s| sum + s);
            out.coefficients.clear();
            out.coefficients.extend(activations.iter().map(|u| slope * u));
            add_rows::<FUSED>(&mut out.decoder, &out.coefficients, cells, error);
            add_rows::<FUSED>(&mut out.encoder, slopes, cells, self.input);
            let parallel_part = -dot::<FUSED>(&out.decoder, dictionary_row);
            for (g, w) in out.decoder.iter_mut().zip(dictionary_row) {
                *g = multiply_add::<FUSED>(parallel_part, *w, *g);
            }
        }
    }

    /// Sum of squares of all gradients but ∂b_dec, and W_enc·∂b_enc.
    pub(crate) fn measure<const FUSED: bool>(&self, weights: &Parameters) -> (f64, Vec<f32>) {
        let stride = self.stride;
        let pieces: Vec<_> = weights
            .w_enc
            .chunks(CONCEPTS * stride)
            .zip(weights.w_dec.chunks(CONCEPTS * stride))
            .enumerate()
            .collect();
        let parts = parallel::map(pieces, |(piece, (encoder, decoder))| {
            widest(
                #[inline(always)]
                || {
                    let mut gradient = Gradient::default();
                    let mut sum = vec![0.0f32; stride];
                    let mut squares = 0.0;
                    for (j, (enc, dec)) in
                        encoder.chunks_exact(stride).zip(decoder.chunks_exact(stride)).enumerate()
                    {
                        self.gradient::<FUSED>(piece * CONCEPTS + j, dec, &mut gradient);
                        squares += sum_of_squares(&gradient.encoder)
                            + sum_of_squares(&gradient.decoder)
                            + f64::from(gradient.bias).powi(2);
                        accumulate::<FUSED>(&mut sum, gradient.bias, enc);
                    }
                    (squares, sum)
                },
            )
        });
        let squares = parts.iter().map(|(squares, _)| squares).sum();
        (squares, total(stride, parts.into_iter().map(|(_, sum)| sum)))
    }

    /// Updates all tensors but b_dec by their gradients times `scale`; W_enc·∂b_enc, before the update, without `scale`.
    pub(crate) fn apply<const FUSED: bool>(
        &self,
        w: &mut Parameters,
        m: &mut Parameters,
        v: &mut Parameters,
        adam: &Adam,
        scale: f32,
    ) -> Vec<f32> {
        let stride = self.stride;
        let matrix = CONCEPTS * stride;
        let pieces: Vec<Rows<'_>> = (w
            .w_enc
            .chunks_mut(matrix)
            .zip(m.w_enc.chunks_mut(matrix))
            .zip(v.w_enc.chunks_mut(matrix)))
        .zip(w.w_dec.chunks_mut(matrix).zip(m.w_dec.chunks_mut(matrix)).zip(v.w_dec.chunks_mut(matrix)))
        .zip(w.b_enc.chunks_mut(CONCEPTS).zip(m.b_enc.chunks_mut(CONCEPTS)).zip(v.b_enc.chunks_mut(CONCEPTS)))
        .enumerate()
        .map(|(piece, ((encoder, decoder), bias))| Rows {
            first: piece * CONCEPTS,
            encoder: tensor(encoder),
            decoder: tensor(decoder),
            bias: tensor(bias),
        })
        .collect();
        let sums = parallel::map(pieces, |rows| {
            widest(
                #[inline(always)]
                || self.apply_rows::<FUSED>(rows, adam, scale),
            )
        });
        total(stride, sums.into_iter())
    }

    #[inline(always)]
    fn apply_rows<const FUSED: bool>(&self, rows: Rows<'_>, adam: &Adam, scale: f32) -> Vec<f32> {
        let stride = self.stride;
        let Rows { first, encoder, decoder, bias } = rows;
        let mut gradient = Gradient::default();
        let mut sum = vec![0.0f32; stride];
        for j in 0..bias.w.len() {
            let at = j * stride..(j + 1) * stride;
            self.gradient::<FUSED>(first + j, &decoder.w[at.clone()], &mut gradient);
            accumulate::<FUSED>(&mut sum, gradient.bias, &encoder.w[at.clone()]);
            if scale != 1.0 {
                gradient.encoder.iter_mut().chain(&mut gradient.decoder).for_each(|g| *g *= scale);
                gradient.bias *= scale;
            }
            adam.update::<FUSED>(
                part(&mut *encoder.w, &mut *encoder.m, &mut *encoder.v, at.clone()),
                &gradient.encoder,
            );
            adam.update::<FUSED>(
                part(&mut *decoder.w, &mut *decoder.m, &mut *decoder.v, at.clone()),
                &gradient.decoder,
            );
            adam.update::<FUSED>(part(&mut *bias.w, &mut *bias.m, &mut *bias.v, j..j + 1), &[gradient.bias]);
            let row = &mut decoder.w[at];
            let length = dot::<FUSED>(row, row).sqrt();
            row.iter_mut().for_each(|w| *w /= length);
        }
        sum
    }
}

#[inline(always)]
fn accumulate<const FUSED: bool>(sum: &mut [f32], bias: f32, row: &[f32]) {
    if bias != 0.0 {
        for (s, w) in sum.iter_mut().zip(row) {
            *s = multiply_add::<FUSED>(bias, *w, *s);
        }
    }
}

fn tensor<'a>(((w, m), v): ((&'a mut [f32], &'a mut [f32]), &'a mut [f32])) -> Tensor<'a> {
    Tensor { w, m, v }
}

#[inline(always)]
fn part<'a>(w: &'a mut [f32], m: &'a mut [f32], v: &'a mut [f32], at: std::ops::Range<usize>) -> Tensor<'a> {
    Tensor { w: &mut w[at.clone()], m: &mut m[at.clone()], v: &mut v[at] }
}

/// Sums of the pieces, in their order.
fn total(stride: usize, parts: impl Iterator<Item = Vec<f32>>) -> Vec<f32> {
    let mut sum = vec![0.0f32; stride];
    for part in parts {
        sum.iter_mut().zip(&part).for_each(|(s, p)| *s += p);
    }
    sum
}
