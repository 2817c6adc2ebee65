//! Products of weights with features and of residuals with features, one cell after another.

use super::{
    lanes::multiply_add_to,
    residuals::{Losses, residuals, residuals_held},
};
use crate::classification::Row;

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

/// The linear function of one cell where there is a single one: four sums side by side.
#[inline(always)]
fn single_of(row: Row<'_>, slopes: &[f64]) -> f64 {
    let mut sums = [0.0; 4];
    match row {
        Row::Dense(values) => {
            let ((values, rest), (slopes, last)) = (values.as_chunks::<4>(), slopes.as_chunks::<4>());
            for (values, slopes) in values.iter().zip(slopes) {
                for lane in 0..4 {
                    sums[lane] += f64::from(values[lane]) * slopes[lane];
                }
            }
            rest.iter().zip(last).for_each(|(&value, slope)| sums[0] += f64::from(value) * slope);
        }
        Row::Sparse(indices, values) => {
            let ((at, at_rest), (values, rest)) = (indices.as_chunks::<4>(), values.as_chunks::<4>());
            for (at, values) in at.iter().zip(values) {
                for lane in 0..4 {
                    sums[lane] += f64::from(values[lane]) * slopes[at[lane] as usize];
                }
            }
            at_rest
                .iter()
                .zip(rest)
                .for_each(|(&at, &value)| sums[0] += f64::from(value) * slopes[at as usize]);
        }
    }
    (sums[0] + sums[1]) + (sums[2] + sums[3])
}

/// The single linear function of cells.
#[inline(always)]
pub(super) fn line_single<'a>(rows: impl Iterator<Item = Row<'a>>, weights: &[f64], line: &mut [f64]) {
    let Some((intercept, slopes)) = weights.split_last() else { return };
    rows.zip(line).for_each(|(row, line)| *line = intercept + single_of(row, slopes));
}

/// [`gradient`] of a single linear function.
#[inline(always)]
pub(super) fn gradient_single<'a>(
    rows: impl Iterator<Item = Row<'a>>,
    functions: &[f64],
    classes: &[usize],
    gradient: &mut [f64],
) -> f64 {
    let Some((intercept, slopes)) = gradient.split_last_mut() else { return 0.0 };
    let mut loss = 0.0;
    for ((row, &function), &class) in rows.zip(functions).zip(classes) {
        let mut found = [function];
        loss += residuals(&mut found, class);
        let [residual] = found;
        *intercept += residual;
        each(row, |at, value| slopes[at] += value * residual);
    }
    loss
}

/// Adds what the residuals of cells say to the gradient; their loss.
#[inline(always)]
pub(super) fn gradient<'a>(
    rows: impl Iterator<Item = Row<'a>>,
    functions: impl Iterator<Item = &'a [f64]>,
    classes: &[usize],
    gradient: &mut [f64],
) -> f64 {
    let (mut loss, mut found) = (0.0, Vec::new());
    for ((row, functions), &class) in rows.zip(functions).zip(classes) {
        found.clear();
        found.extend_from_slice(functions);
        loss += residuals(&mut found, class);
        let outputs = found.len();
        let (slopes, intercepts) = gradient.split_at_mut(gradient.len() - outputs);
        intercepts.iter_mut().zip(&found).for_each(|(all, one)| *all += one);
        each(row, |at, value| {
            let slopes = &mut slopes[at * outputs..(at + 1) * outputs];
            slopes.iter_mut().zip(&found).for_each(|(all, one)| *all += value * one);
        });
    }
    loss
}

/// The same at weights of 0, where every class is as probable: each value is added to its feature and to its class only.
/// `stride` numbers of the gradient, which is 0, belong to a feature.
pub(super) fn gradient_at_zero<'a>(
    rows: impl Iterator<Item = Row<'a>>,
    classes: &[usize],
    (outputs, stride): (usize, usize),
    gradient: &mut [f64],
) -> f64 {
    let among = outputs.max(2);
    let width = gradient.len() / stride - 1;
    let mut sums = vec![0.0; width + 1];
    for (row, &class) in rows.zip(classes) {
        // a single output is the second class's
        let output = if outputs == 1 { class.checked_sub(1) } else { Some(class) };
        let mut add = |at: usize, value: f64| {
            sums[at] += value;
            if let Some(output) = output {
                gradient[at * stride + output] -= value;
            }
        };
        each(row, &mut add);
        add(width, 1.0);
    }
    for (gradient, sum) in gradient.chunks_exact_mut(stride).zip(&sums) {
        gradient[..outputs].iter_mut().for_each(|one| *one += sum / among as f64);
    }
    classes.len() as f64 * libm::log(among as f64)
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

/// The linear functions of cells, each held in registers over the features of its cell.
#[inline(always)]
pub(super) fn line_held<'a, const N: usize>(
    rows: impl Iterator<Item = Row<'a>>,
    weights: &[[f64; N]],
    line: &mut [[f64; N]],
) {
    let width = weights.len() - 1;
    for (row, line) in rows.zip(line) {
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
        *line = found;
    }
}

/// [`gradient`] of several classes.
#[inline(always)]
pub(super) fn gradient_held<'a, const N: usize>(
    rows: impl Iterator<Item = Row<'a>>,
    functions: &[[f64; N]],
    classes: &[usize],
    outputs: usize,
    gradient: &mut [[f64; N]],
) -> f64 {
    let (width, mut loss) = (gradient.len() - 1, Losses::new());
    for ((row, functions), &class) in rows.zip(functions).zip(classes) {
        let mut found = *functions;
        loss.add(residuals_held(&mut found, outputs, class));
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
    loss.total()
}
