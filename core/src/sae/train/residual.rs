//! AuxK: dead concepts rebuild what the others left over.

use super::{
    forward::Forward,
    native::CELLS,
    rows::{add_rows, dot_rows, sum_of_squares},
};
use crate::sae::{
    simd::widest,
    topk::{self, top_k_ascending},
};

/// What the auxiliary pass leaves for the update.
#[derive(Clone, Debug, Default)]
pub(crate) struct Residual {
    /// [B, stride]: error − a·W_dec.
    pub rest: Vec<f32>,
    lists: Vec<List>,
}

/// One cell: dead concepts with positive activation in ascending order, activations, slopes.
#[derive(Clone, Debug, Default)]
struct List {
    indices: Vec<u32>,
    activations: Vec<f32>,
    slopes: Vec<f32>,
}

/// Some cells of the batch.
pub(crate) struct ResidualBlock<'a> {
    stride: usize,
    silent_columns: usize,
    error: &'a [f32],
    silent: &'a [f32],
    rest: &'a mut [f32],
    lists: &'a mut [List],
}

impl Residual {
    /// Room for a batch, in blocks; `silent` is the number of columns kept by the forward pass.
    pub(crate) fn prepare<'a>(
        &'a mut self,
        cells: usize,
        stride: usize,
        forward: &'a Forward,
        silent: usize,
    ) -> Vec<ResidualBlock<'a>> {
        self.rest.resize(cells * stride, 0.0);
        self.lists.resize(cells, List::default());
        self.rest
            .chunks_mut(CELLS * stride)
            .zip(self.lists.chunks_mut(CELLS))
            .zip(forward.error.chunks(CELLS * stride))
            .zip(forward.silent.chunks(CELLS * silent))
            .map(|(((rest, lists), error), kept)| ResidualBlock {
                stride,
                silent_columns: silent,
                error,
                silent: kept,
                rest,
                lists,
            })
            .collect()
    }

    /// For every cell its dead concepts, activations and slopes.
    pub(crate) fn lists(&self) -> impl Iterator<Item = (&[u32], &[f32], &[f32])> + Clone {
        self.lists.iter().map(|list| (&list.indices[..], &list.activations[..], &list.slopes[..]))
    }
}

impl ResidualBlock<'_> {
    /// Rebuilds the residual of the block; the sum of squares of what is left. `dead` holds places among the kept columns
    /// and concepts.
    pub(crate) fn run<const FUSED: bool>(
        self,
        dead: &[(usize, u32)],
        aux_k: usize,
        slope: f32,
        dictionary: &[f32],
    ) -> f64 {
        widest(
            #[inline(always)]
            || self.cells::<FUSED>(dead, aux_k, slope, dictionary),
        )
    }

    #[inline(always)]
    fn cells<const FUSED: bool>(
        self,
        dead: &[(usize, u32)],
        aux_k: usize,
        slope: f32,
        dictionary: &[f32],
    ) -> f64 {
        let mut scratch = topk::Scratch::default();
        let mut pre = vec![0.0f32; dead.len()];
        let mut places: Vec<u32> = (0..dead.len() as u32).collect();
        if dead.len() > aux_k {
            places.truncate(aux_k);
        }
        let mut squares = 0.0;
        for (cell, list) in self.lists.iter_mut().enumerate() {
            let kept = &self.silent[cell * self.silent_columns..(cell + 1) * self.silent_columns];
            for (value, (place, _)) in pre.iter_mut().zip(dead) {
                *value = kept[*place];
            }
            if dead.len() > aux_k {
                top_k_ascending(&pre, aux_k, &mut scratch, &mut places);
            }
            list.indices.clear();
            list.activations.clear();
            for &place in &places {
                let value = pre[place as usize];
                if value > 0.0 {
                    list.indices.push(dead[place as usize].1);
                    list.activations.push(-value);
                }
            }
            let rest = &mut self.rest[cell * self.stride..(cell + 1) * self.stride];
            rest.copy_from_slice(&self.error[cell * self.stride..(cell + 1) * self.stride]);
            add_rows::<FUSED>(rest, &list.activations, &list.indices, dictionary);
            list.activations.iter_mut().for_each(|a| *a = -*a);
            list.slopes.clear();
            list.slopes.resize(list.indices.len(), 0.0);
            dot_rows::<FUSED>(&mut list.slopes, rest, &list.indices, dictionary);
            list.slopes.iter_mut().for_each(|s| *s *= slope);
            squares += sum_of_squares(rest);
        }
        squares
    }
}
