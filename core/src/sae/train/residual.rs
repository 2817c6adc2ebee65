//! AuxK: dead concepts rebuild what the others left over. About half of them are positive in a cell, so these products
//! are dense.

use super::{
    forward::{CELLS, Forward},
    rows::sum_of_squares,
};
use crate::sae::{
    linear::{Left, PANEL, Panels},
    topk::{self, top_k_ascending},
};
use crate::{
    parallel,
    simd::{Simd, WithSimd, widest},
};

/// The auxiliary pass: its work space and results.
#[derive(Clone, Debug, Default)]
pub(crate) struct Residual {
    /// Dead concepts.
    dead: Vec<u32>,
    /// For every concept its place in `dead`, or `u32::MAX`.
    place: Vec<u32>,
    /// [dead, stride]: their dictionary rows, and the same in panels both ways.
    rows: Vec<f32>,
    down: Panels,
    up: Panels,
    /// [B, stride]: error − a·W_dec.
    rest: Vec<f32>,
    /// [B, width].
    activations: Vec<f32>,
    /// [B, width]: ∂loss/∂pre.
    slopes: Vec<f32>,
    /// [dead, padded].
    d_dec: Vec<f32>,
    /// [dead, padded].
    d_enc: Vec<f32>,
    /// [dead].
    d_bias: Vec<f32>,
    padded: usize,
}

/// Gradients of a dead concept; rows may be longer than its own.
pub(crate) struct DeadGradient<'a> {
    pub decoder: &'a [f32],
    pub encoder: &'a [f32],
    pub bias: f32,
}

/// What the pass is done with.
#[derive(Clone, Copy)]
pub(crate) struct Settings<'a> {
    pub d: usize,
    pub stride: usize,
    pub aux_k: usize,
    /// −2·coefficient/(B·d).
    pub slope: f32,
    /// [c, stride].
    pub dictionary: &'a [f32],
}

impl Residual {
    /// No concept is dead.
    pub(crate) fn clear(&mut self) {
        self.dead.clear();
    }

    /// Gradients of a concept, if it is dead.
    #[inline(always)]
    pub(crate) fn gradient(&self, concept: usize) -> Option<DeadGradient<'_>> {
        if self.dead.is_empty() {
            return None;
        }
        let place = self.place[concept] as usize;
        let at = place.checked_mul(self.padded).filter(|_| place != u32::MAX as usize)?;
        Some(DeadGradient {
            decoder: &self.d_dec[at..at + self.padded],
            encoder: &self.d_enc[at..at + self.padded],
            bias: self.d_bias[place],
        })
    }

    /// Rebuilds the residual by the dead concepts among those that were kept (`silent` of the forward pass, given as concepts
    /// and whether they are dead) and forms their gradients; the sum of squares of what is left.
    pub(crate) fn run<const FUSED: bool>(
        &mut self,
        forward: &Forward,
        silent: &[u32],
        is_dead: impl Fn(u32) -> bool,
        concepts: usize,
        settings: Settings<'_>,
    ) -> f64 {
        let Settings { d, stride, .. } = settings;
        let columns: Vec<usize> = (0..silent.len()).filter(|&place| is_dead(silent[place])).collect();
        self.dead.clear();
        self.dead.extend(columns.iter().map(|&place| silent[place]));
        if self.dead.is_empty() {
            return 0.0;
        }
        self.place.clear();
        self.place.resize(concepts, u32::MAX);
        self.rows.clear();
        for (place, &j) in self.dead.iter().enumerate() {
            self.place[j as usize] = place as u32;
            self.rows.extend_from_slice(&settings.dictionary[j as usize * stride..(j as usize + 1) * stride]);
        }
        self.down.set_rows(self.dead.len(), d, &self.rows, stride);
        self.up = Panels::zeros(d, self.dead.len());
        self.up.set_columns(&self.rows, stride, &[]);
        self.padded = self.down.padded();
        let squares = self.cells::<FUSED>(forward, &columns, silent.len(), settings);
        self.gradients::<FUSED>(forward, settings);
        squares
    }

    fn cells<const FUSED: bool>(
        &mut self,
        forward: &Forward,
        columns: &[usize],
        kept: usize,
        settings: Settings<'_>,
    ) -> f64 {
        let stride = settings.stride;
        let cells = forward.error.len() / stride;
        let width = self.up.padded();
        self.rest.resize(cells * stride, 0.0);
        self.activations.clear();
        self.activations.resize(cells * width, 0.0);
        self.slopes.resize(cells * width, 0.0);
        let pieces: Vec<_> = self
            .rest
            .chunks_mut(CELLS * stride)
            .zip(self.activations.chunks_mut(CELLS * width))
            .zip(self.slopes.chunks_mut(CELLS * width))
            .zip(forward.error.chunks(CELLS * stride))
            .zip(forward.silent.chunks(CELLS * kept))
            .collect();
        let (down, up) = (&self.down, &self.up);
        let squares = parallel::each(pieces, |((((rest, activations), slopes), error), silent)| {
            let n = rest.len() / stride;
            let (mut packed, mut rebuilt) = (Vec::new(), vec![0.0; n * down.padded()]);
            widest(Activate { silent, kept, columns, aux_k: settings.aux_k, activations, width });
            down.product::<FUSED>(
                Left::Rows { values: activations, stride: width },
                &mut packed,
                &mut rebuilt,
            );
            let padded = down.padded();
            let squares = widest(Subtract { rest: &mut *rest, error, rebuilt: &rebuilt, stride, padded });
            up.product::<FUSED>(Left::Rows { values: rest, stride }, &mut packed, slopes);
            widest(Slopes { slopes, activations, slope: settings.slope });
            squares
        });
        squares.iter().sum()
    }

    fn gradients<const FUSED: bool>(&mut self, forward: &Forward, settings: Settings<'_>) {
        let Settings { d, stride, .. } = settings;
        let (dead, padded, width) = (self.dead.len(), self.padded, self.up.padded());
        let cells = forward.error.len() / stride;
        let (mut rest, mut input) = (Panels::default(), Panels::default());
        rest.set_rows(cells, d, &self.rest, stride);
        input.set_rows(cells, d, &forward.input, stride);
        self.d_dec.resize(dead * padded, 0.0);
        self.d_enc.resize(dead * padded, 0.0);
        self.d_bias.resize(dead, 0.0);
        let pieces: Vec<_> = self
            .d_dec
            .chunks_mut(PANEL * padded)
            .zip(self.d_enc.chunks_mut(PANEL * padded))
            .zip(self.d_bias.chunks_mut(PANEL))
            .enumerate()
            .collect();
        let (activations, slopes) = (&self.activations[..], &self.slopes[..]);
        parallel::each(pieces, |(number, ((d_dec, d_enc), d_bias))| {
            let (from, n) = (number * PANEL, d_bias.len());
            let mut packed = Vec::new();
            let left = |values| Left::Columns { values, stride: width, from, n };
            rest.product::<FUSED>(left(activations), &mut packed, d_dec);
            d_dec.iter_mut().for_each(|g| *g *= settings.slope);
            input.product::<FUSED>(left(slopes), &mut packed, d_enc);
            d_bias.fill(0.0);
            for row in slopes.chunks_exact(width) {
                d_bias.iter_mut().zip(&row[from..from + n]).for_each(|(sum, slope)| *sum += slope);
            }
        });
    }
}

/// What the dead concepts leave over of a block's errors, and its sum of squares.
struct Subtract<'a> {
    rest: &'a mut [f32],
    error: &'a [f32],
    rebuilt: &'a [f32],
    stride: usize,
    padded: usize,
}

impl WithSimd for Subtract<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> f64 {
        let mut squares = 0.0;
        for ((rest, error), rebuilt) in self
            .rest
            .chunks_exact_mut(self.stride)
            .zip(self.error.chunks_exact(self.stride))
            .zip(self.rebuilt.chunks_exact(self.padded))
        {
            for ((rest, error), rebuilt) in rest.iter_mut().zip(error).zip(rebuilt) {
                *rest = error - rebuilt;
            }
            squares += sum_of_squares(rest);
        }
        squares
    }
}

/// Slopes times a factor where the concept is active, else 0.
struct Slopes<'a> {
    slopes: &'a mut [f32],
    activations: &'a [f32],
    slope: f32,
}

impl WithSimd for Slopes<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for (slope, &activation) in self.slopes.iter_mut().zip(self.activations) {
            *slope = if activation > 0.0 { *slope * self.slope } else { 0.0 };
        }
    }
}

/// Activations of the dead concepts of a block of cells: positive values, the `aux_k` largest where there are more.
struct Activate<'a> {
    silent: &'a [f32],
    kept: usize,
    columns: &'a [usize],
    aux_k: usize,
    activations: &'a mut [f32],
    width: usize,
}

impl WithSimd for Activate<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let mut scratch = topk::Scratch::default();
        let mut pre = vec![0.0f32; self.columns.len()];
        let mut best = vec![0u32; self.aux_k.min(self.columns.len())];
        // Columns ascend, so these are all that were kept.
        let all_kept = self.columns.len() == self.kept;
        for (row, out) in
            self.silent.chunks_exact(self.kept).zip(self.activations.chunks_exact_mut(self.width))
        {
            if all_kept && self.kept <= self.aux_k {
                for (out, &value) in out.iter_mut().zip(row) {
                    *out = value.max(0.0);
                }
                continue;
            }
            if self.columns.len() <= self.aux_k {
                for (out, &column) in out.iter_mut().zip(self.columns) {
                    *out = row[column].max(0.0);
                }
                continue;
            }
            for (value, &column) in pre.iter_mut().zip(self.columns) {
                *value = row[column];
            }
            top_k_ascending(&pre, best.len(), &mut scratch, &mut best);
            for &place in &best {
                out[place as usize] = pre[place as usize].max(0.0);
            }
        }
    }
}
