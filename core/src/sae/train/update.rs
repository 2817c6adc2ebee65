//! Gradients, Adam and the norm constraint in one pass over the concepts: a concept's gradients are built from the cells
//! in which it was active and used at once, so that no gradient is ever stored whole.

use super::{
    Parameters,
    adam::{Adam, Tensor},
    by_concept::ByConcept,
    residual::Residual,
    rows::{add_rows, dot, sum_of_squares},
};
use crate::parallel;
use crate::simd::{Simd, WithSimd, multiply_add, widest};

/// Concepts that one piece of work updates; part of the definition of the result, through the order of ∂b_dec.
pub(crate) const CONCEPTS: usize = 32;

/// What gradients are built from.
pub(crate) struct Update<'a> {
    pub stride: usize,
    /// Active concepts …
    pub main: &'a ByConcept,
    /// … and dead ones that rebuilt the residual. No concept is in both.
    pub dead: &'a Residual,
    /// [B, stride].
    pub input: &'a [f32],
    /// [B, stride].
    pub error: &'a [f32],
    /// −2/(B·d).
    pub slope: f32,
    /// Whether dictionary rows have length 1: their gradients lose the part along them.
    pub unit_rows: bool,
    /// Whether the dictionary stays as it is: it has no gradient.
    pub frozen: bool,
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
    kept: Option<&'a mut [f32]>,
}

impl Update<'_> {
    #[inline(always)]
    fn gradient<S: Simd, const FUSED: bool>(
        &self,
        simd: S,
        concept: usize,
        dictionary_row: &[f32],
        out: &mut Gradient,
    ) {
        out.encoder.clear();
        out.decoder.clear();
        if let Some(dead) = self.dead.gradient(concept) {
            out.encoder.extend_from_slice(&dead.encoder[..self.stride]);
            out.decoder.extend_from_slice(&dead.decoder[..self.stride]);
            out.bias = dead.bias;
        } else {
            out.encoder.resize(self.stride, 0.0);
            out.decoder.resize(self.stride, 0.0);
            let (cells, activations, slopes) = self.main.of(concept);
            out.bias = slopes.iter().fold(0.0, |sum, s| sum + s);
            if cells.is_empty() {
                return;
            }
            out.coefficients.clear();
            out.coefficients.extend(activations.iter().map(|u| self.slope * u));
            add_rows::<S, FUSED>(simd, &mut out.decoder, &out.coefficients, cells, self.error);
            add_rows::<S, FUSED>(simd, &mut out.encoder, slopes, cells, self.input);
        }
        if self.frozen {
            out.decoder.fill(0.0);
        }
        if self.frozen || !self.unit_rows {
            return;
        }
        let parallel_part = -dot::<S, FUSED>(simd, &out.decoder, dictionary_row);
        add_scaled::<S, FUSED>(simd, &mut out.decoder, parallel_part, dictionary_row);
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
        let parts = parallel::each(pieces, |(piece, (encoder, decoder))| {
            widest(Measure::<'_, FUSED> { update: self, first: piece * CONCEPTS, encoder, decoder })
        });
        let squares = parts.iter().map(|(squares, _)| squares).sum();
        (squares, total(stride, parts.into_iter().map(|(_, sum)| sum)))
    }

    /// Updates all tensors but b_dec by their gradients times `scale`; W_enc·∂b_enc, before the update, without `scale`.
    /// Where `kept` is given, [c, stride], the dictionary's gradient goes there and the dictionary stays.
    pub(crate) fn apply<const FUSED: bool>(
        &self,
        w: &mut Parameters,
        m: &mut Parameters,
        v: &mut Parameters,
        adam: &Adam,
        scale: f32,
        kept: Option<&mut [f32]>,
    ) -> Vec<f32> {
        let stride = self.stride;
        let matrix = CONCEPTS * stride;
        let mut kept = kept.map(|kept| kept.chunks_mut(matrix));
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
            kept: kept.as_mut().and_then(Iterator::next),
        })
        .collect();
        let sums =
            parallel::each(pieces, |rows| widest(Apply::<'_, FUSED> { update: self, rows, adam, scale }));
        total(stride, sums.into_iter())
    }
}

struct Measure<'a, const FUSED: bool> {
    update: &'a Update<'a>,
    first: usize,
    encoder: &'a [f32],
    decoder: &'a [f32],
}

impl<const FUSED: bool> WithSimd for Measure<'_, FUSED> {
    type Output = (f64, Vec<f32>);

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> (f64, Vec<f32>) {
        let stride = self.update.stride;
        let mut gradient = Gradient::default();
        let mut sum = vec![0.0f32; stride];
        let mut squares = 0.0;
        let rows = self.encoder.chunks_exact(stride).zip(self.decoder.chunks_exact(stride));
        for (j, (encoder, decoder)) in rows.enumerate() {
            self.update.gradient::<S, FUSED>(simd, self.first + j, decoder, &mut gradient);
            squares += sum_of_squares(&gradient.encoder)
                + sum_of_squares(&gradient.decoder)
                + f64::from(gradient.bias).powi(2);
            accumulate::<S, FUSED>(simd, &mut sum, gradient.bias, encoder);
        }
        (squares, sum)
    }
}

struct Apply<'a, const FUSED: bool> {
    update: &'a Update<'a>,
    rows: Rows<'a>,
    adam: &'a Adam,
    scale: f32,
}

impl<const FUSED: bool> WithSimd for Apply<'_, FUSED> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Vec<f32> {
        let Self { update, rows, adam, scale } = self;
        let stride = update.stride;
        let Rows { first, encoder, decoder, bias, mut kept } = rows;
        let mut gradient = Gradient::default();
        let mut sum = vec![0.0f32; stride];
        let mut biases = [0.0f32; CONCEPTS];
        for (j, bias) in biases.iter_mut().enumerate().take(bias.w.len()) {
            let at = j * stride..(j + 1) * stride;
            update.gradient::<S, FUSED>(simd, first + j, &decoder.w[at.clone()], &mut gradient);
            accumulate::<S, FUSED>(simd, &mut sum, gradient.bias, &encoder.w[at.clone()]);
            if scale != 1.0 {
                gradient.encoder.iter_mut().chain(&mut gradient.decoder).for_each(|g| *g *= scale);
                gradient.bias *= scale;
            }
            *bias = gradient.bias;
            let rows = part(&mut *encoder.w, &mut *encoder.m, &mut *encoder.v, at.clone());
            adam.update::<S, FUSED>(simd, rows, &gradient.encoder);
            if update.frozen {
                continue;
            }
            if let Some(kept) = &mut kept {
                kept[at].copy_from_slice(&gradient.decoder);
                continue;
            }
            let rows = part(&mut *decoder.w, &mut *decoder.m, &mut *decoder.v, at.clone());
            adam.update::<S, FUSED>(simd, rows, &gradient.decoder);
            let row = &mut decoder.w[at];
            let length = simd.splat_f32s(dot::<S, FUSED>(simd, row, row).sqrt());
            for w in S::as_mut_simd_f32s(row).0 {
                *w = simd.div_f32s(*w, length);
            }
        }
        let concepts = bias.w.len();
        adam.update_each::<FUSED>(bias, &biases[..concepts]);
        sum
    }
}

/// `sum += bias · row`.
#[inline(always)]
fn accumulate<S: Simd, const FUSED: bool>(simd: S, sum: &mut [f32], bias: f32, row: &[f32]) {
    if bias != 0.0 {
        add_scaled::<S, FUSED>(simd, sum, bias, row);
    }
}

#[inline(always)]
fn add_scaled<S: Simd, const FUSED: bool>(simd: S, out: &mut [f32], factor: f32, row: &[f32]) {
    let factor = simd.splat_f32s(factor);
    for (out, &row) in S::as_mut_simd_f32s(out).0.iter_mut().zip(S::as_simd_f32s(row).0) {
        *out = multiply_add::<S, FUSED>(simd, factor, row, *out);
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
