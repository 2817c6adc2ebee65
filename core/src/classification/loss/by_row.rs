//! Loss and gradient of a block, one cell after another.

use super::{
    Block, GROUP, multiply_add_to,
    residuals::{residuals, residuals_in_groups},
};
use crate::classification::{Features, Row};

/// The cells of a block, and the weights `[width + 1, stride]`.
pub(super) struct Cells<'a> {
    pub(super) features: &'a Features,
    pub(super) rows: &'a [usize],
    pub(super) classes: &'a [usize],
    pub(super) outputs: usize,
    pub(super) weights: &'a [f64],
}

/// The linear functions of one cell.
#[inline(always)]
pub(in crate::classification) fn outputs_of(row: Row<'_>, weights: &[f64], found: &mut [f64]) {
    let outputs = found.len();
    let (slopes, intercepts) = weights.split_at(weights.len() - outputs);
    found.copy_from_slice(intercepts);
    each(row, |at, value| {
        let weights = &slopes[at * outputs..(at + 1) * outputs];
        found.iter_mut().zip(weights).for_each(|(found, weight)| *found += value * weight);
    });
}

/// Adds what a cell's residuals say to the gradient.
#[inline(always)]
fn add_gradient(row: Row<'_>, residuals: &[f64], gradient: &mut [f64]) {
    let outputs = residuals.len();
    let (slopes, intercepts) = gradient.split_at_mut(gradient.len() - outputs);
    intercepts.iter_mut().zip(residuals).for_each(|(all, one)| *all += one);
    each(row, |at, value| {
        let slopes = &mut slopes[at * outputs..(at + 1) * outputs];
        slopes.iter_mut().zip(residuals).for_each(|(all, one)| *all += value * one);
    });
}

/// The features of a cell that are not left out.
#[inline(always)]
fn each(row: Row<'_>, mut feature: impl FnMut(usize, f64)) {
    match row {
        Row::Dense(values) => {
            values.iter().enumerate().for_each(|(at, &value)| feature(at, f64::from(value)));
        }
        Row::Sparse(indices, values) => {
            indices.iter().zip(values).for_each(|(&at, &value)| feature(at as usize, f64::from(value)));
        }
    }
}

impl Cells<'_> {
    /// Any number of outputs.
    #[inline(always)]
    pub(super) fn any(self, block: &mut Block) {
        let Self { features, rows, classes, outputs, weights } = self;
        let mut found = vec![0.0; outputs];
        for (&row, &class) in rows.iter().zip(classes) {
            let row = features.row(row);
            outputs_of(row, weights, &mut found);
            block.loss += residuals(&mut found, class);
            add_gradient(row, &found, &mut block.gradient);
        }
    }

    /// So many groups of outputs, held in registers over the features of a cell: the same sums in the same order.
    #[inline(always)]
    pub(super) fn groups<const GROUPS: usize>(self, block: &mut Block) {
        let Self { features, rows, classes, outputs, weights } = self;
        let (weights, _) = weights.as_chunks::<GROUP>();
        let (weights, _) = weights.as_chunks::<GROUPS>();
        let (gradient, _) = block.gradient.as_chunks_mut::<GROUP>();
        let (gradient, _) = gradient.as_chunks_mut::<GROUPS>();
        let width = features.width();
        for (&row, &class) in rows.iter().zip(classes) {
            let row = features.row(row);
            let mut found = weights[width];
            match row {
                Row::Sparse(indices, values) => {
                    for (&at, &value) in indices.iter().zip(values) {
                        multiply_add_to(&mut found, f64::from(value), &weights[at as usize]);
                    }
                }
                Row::Dense(values) => {
                    for (weights, &value) in weights.iter().zip(values) {
                        multiply_add_to(&mut found, f64::from(value), weights);
                    }
                }
            }
            block.loss += residuals_in_groups(&mut found, outputs, class);
            multiply_add_to(&mut gradient[width], 1.0, &found);
            match row {
                Row::Sparse(indices, values) => {
                    for (&at, &value) in indices.iter().zip(values) {
                        multiply_add_to(&mut gradient[at as usize], f64::from(value), &found);
                    }
                }
                Row::Dense(values) => {
                    for (gradient, &value) in gradient.iter_mut().zip(values) {
                        multiply_add_to(gradient, f64::from(value), &found);
                    }
                }
            }
        }
    }
}
