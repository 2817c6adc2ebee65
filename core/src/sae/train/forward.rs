//! Encoding, decoding and the slopes of the loss, a block of cells at a time: the block's values before TopK stay in
//! the cache and are never written out whole.

use ndarray::ArrayView2;

use super::{
    Parameters,
    rows::{add_rows, dot_rows, sum_of_squares},
};
use crate::sae::{
    linear::{Left, Panels},
    topk::{self, top_k_ascending},
};
use crate::simd::{Simd, WithSimd, widest};

/// Cells that one piece of work encodes; part of the definition of the result, through the order of ∂b_dec.
pub(crate) const CELLS: usize = 48;

/// What the forward pass leaves for the others, all cells of the batch.
#[derive(Clone, Debug, Default)]
pub(crate) struct Forward {
    cells: usize,
    /// [B, stride]: what was encoded.
    pub input: Vec<f32>,
    /// [B, stride]: x − b_dec − u·W_dec.
    pub error: Vec<f32>,
    lengths: Vec<u32>,
    indices: Vec<u32>,
    activations: Vec<f32>,
    slopes: Vec<f32>,
    /// [B, silent]: values before TopK of the concepts that may be dead.
    pub silent: Vec<f32>,
}

/// Work space of a block, kept between blocks.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    pre: Vec<f32>,
    packed: Vec<f32>,
    topk: topk::Scratch,
}

/// Some cells of the batch, with their share of [`Forward`].
pub(crate) struct Block<'a> {
    first: usize,
    active: usize,
    silent_columns: usize,
    input: &'a mut [f32],
    error: &'a mut [f32],
    lengths: &'a mut [u32],
    indices: &'a mut [u32],
    activations: &'a mut [f32],
    slopes: &'a mut [f32],
    silent: &'a mut [f32],
}

/// Sums over the cells of a block.
pub(crate) struct Part {
    pub sse: f64,
    pub entries: u64,
    /// Σ error, [stride].
    pub error_sum: Vec<f32>,
}

impl Forward {
    /// Room for a batch, in blocks.
    pub(crate) fn prepare(
        &mut self,
        cells: usize,
        stride: usize,
        active: usize,
        silent: usize,
    ) -> Vec<Block<'_>> {
        self.cells = cells;
        self.input.resize(cells * stride, 0.0);
        self.error.resize(cells * stride, 0.0);
        self.lengths.resize(cells, 0);
        self.indices.resize(cells * active, 0);
        self.activations.resize(cells * active, 0.0);
        self.slopes.resize(cells * active, 0.0);
        self.silent.resize(cells * silent, 0.0);
        let mut silent_rest = &mut self.silent[..];
        let mut blocks = Vec::with_capacity(cells.div_ceil(CELLS));
        let parts = self
            .input
            .chunks_mut(CELLS * stride)
            .zip(self.error.chunks_mut(CELLS * stride))
            .zip(self.lengths.chunks_mut(CELLS))
            .zip(self.indices.chunks_mut(CELLS * active))
            .zip(self.activations.chunks_mut(CELLS * active))
            .zip(self.slopes.chunks_mut(CELLS * active));
        for (number, (((((input, error), lengths), indices), activations), slopes)) in parts.enumerate() {
            let (mine, rest) = silent_rest.split_at_mut(lengths.len() * silent);
            silent_rest = rest;
            blocks.push(Block {
                first: number * CELLS,
                active,
                silent_columns: silent,
                input,
                error,
                lengths,
                indices,
                activations,
                slopes,
                silent: mine,
            });
        }
        blocks
    }

    /// For every cell its concepts with positive activation in ascending order, activations and slopes.
    pub(crate) fn lists(&self, active: usize) -> impl Iterator<Item = (&[u32], &[f32], &[f32])> + Clone {
        (0..self.cells).map(move |cell| {
            let at = cell * active..cell * active + self.lengths[cell] as usize;
            (&self.indices[at.clone()], &self.activations[at.clone()], &self.slopes[at])
        })
    }
}

/// What every block reads.
#[derive(Clone, Copy)]
pub(crate) struct Shared<'a> {
    pub data: ArrayView2<'a, f32>,
    /// Rows of `data` in the batch.
    pub rows: &'a [u32],
    pub weights: &'a Parameters,
    pub panels: &'a Panels,
    /// Whether b_dec is subtracted before encoding.
    pub subtract: bool,
    /// Concepts that may be dead.
    pub silent: &'a [u32],
    /// −2/(B·d).
    pub slope: f32,
}

impl Block<'_> {
    /// Encodes and decodes the block.
    pub(crate) fn run<const FUSED: bool>(mut self, shared: Shared<'_>, scratch: &mut Scratch) -> Part {
        let cells = self.lengths.len();
        let stride = self.input.len() / cells;
        let b_dec = &shared.weights.b_dec;
        for (row, (input, error)) in shared.rows[self.first..]
            .iter()
            .zip(self.input.chunks_exact_mut(stride).zip(self.error.chunks_exact_mut(stride)))
        {
            for (i, &x) in shared.data.row(*row as usize).iter().enumerate() {
                error[i] = x - b_dec[i];
                input[i] = if shared.subtract { error[i] } else { x };
            }
        }
        let padded = shared.panels.padded();
        scratch.pre.resize(cells * padded, 0.0);
        let left = Left::Rows { values: self.input, stride };
        shared.panels.product::<FUSED>(left, &mut scratch.packed, &mut scratch.pre);
        widest(AfterProduct::<'_, '_, '_, FUSED> { block: &mut self, shared, scratch, stride, padded })
    }
}

/// TopK, decoding and slopes of a block.
struct AfterProduct<'a, 'b, 'c, const FUSED: bool> {
    block: &'a mut Block<'c>,
    shared: Shared<'b>,
    scratch: &'a mut Scratch,
    stride: usize,
    padded: usize,
}

impl<const FUSED: bool> WithSimd for AfterProduct<'_, '_, '_, FUSED> {
    type Output = Part;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Part {
        let Self { block, shared, scratch, stride, padded } = self;
        let concepts = shared.weights.b_enc.len();
        let dictionary = &shared.weights.w_dec[..];
        let k = block.active;
        let mut part = Part { sse: 0.0, entries: 0, error_sum: vec![0.0; stride] };
        for (cell, pre) in scratch.pre.chunks_exact(padded).enumerate() {
            let indices = &mut block.indices[cell * k..(cell + 1) * k];
            let activations = &mut block.activations[cell * k..(cell + 1) * k];
            let slopes = &mut block.slopes[cell * k..(cell + 1) * k];
            let error = &mut block.error[cell * stride..(cell + 1) * stride];
            top_k_ascending(&pre[..concepts], k, &mut scratch.topk, indices);
            let mut positive = 0;
            for t in 0..k {
                let value = pre[indices[t] as usize];
                // NaN passes, so that the loss shows it.
                if value > 0.0 || value.is_nan() {
                    indices[positive] = indices[t];
                    activations[positive] = -value;
                    positive += 1;
                }
            }
            let (indices, activations) = (&indices[..positive], &mut activations[..positive]);
            add_rows::<S, FUSED>(simd, error, activations, indices, dictionary);
            activations.iter_mut().for_each(|u| *u = -*u);
            let slopes = &mut slopes[..positive];
            dot_rows::<S, FUSED>(simd, slopes, error, indices, dictionary);
            slopes.iter_mut().for_each(|s| *s *= shared.slope);
            block.lengths[cell] = positive as u32;
            part.entries += positive as u64;
            part.sse += sum_of_squares(error);
            part.error_sum.iter_mut().zip(&*error).for_each(|(sum, e)| *sum += e);
            let silent = &mut block.silent[cell * block.silent_columns..(cell + 1) * block.silent_columns];
            for (value, &j) in silent.iter_mut().zip(shared.silent) {
                *value = pre[j as usize];
            }
        }
        part
    }
}
