//! Embeddings in 8 bits a dimension, with how far each code is from its cell.
//!
//! A cell x, less the mean of all cells, is coded as s·q with whole numbers q from −127 to 127. With e = ‖x − s·q‖ known,
//! two cells are at least ‖s₁q₁ − s₂q₂‖ − e₁ − e₂ apart, whatever was rounded away.

use ndarray::ArrayView2;

use super::kernel::{Column, GROUP, PANEL};
use crate::parallel;

/// The largest code.
const LARGEST: f64 = 127.0;
/// What is added to a code to make it a byte.
const OFFSET: i32 = 128;

/// Beyond this, sums of products might not fit 32 bits: all codes are 0, and only the lengths of cells bound distances.
const MOST_DIMENSIONS: usize = 60_000;

/// What bounds the distance to a cell, in units of [`Codes::unit`]. Sums in f32 of what these numbers are made of are off by
/// a few units of its last place, 6e-8 each; [`SLACK`] of every term is given away so that the bound holds.
pub(super) struct Panel {
    /// By groups of dimensions.
    pub columns: Vec<Column>,
    /// ‖s·q‖² − e², a little less.
    pub reach: [f32; PANEL],
    /// s.
    pub scale: [f32; PANEL],
    /// e.
    pub error: [f32; PANEL],
}

/// Cells of which the mean is taken.
const MEAN_OF: usize = 4096;

/// Share of each term of a bound that rounding may have changed.
pub(super) const SLACK: f64 = 4e-6;

/// Codes of all cells, some at a time.
pub(super) struct Codes {
    /// At least the largest difference of a number from its mean: all other numbers are in units of it.
    pub unit: f64,
    /// The last one is filled up with cells that are never near.
    pub panels: Vec<Panel>,
    mean: Vec<f64>,
}

/// A cell whose neighbours are looked for.
pub(super) struct QueryCode {
    /// Codes, by groups of dimensions.
    pub words: Vec<[i8; GROUP]>,
    /// Start of the sum of products that takes back what [`OFFSET`] adds to it.
    pub start: i32,
    /// s.
    pub scale: f32,
    /// e.
    pub error: f64,
    /// ‖s·q‖².
    pub squared: f64,
}

/// Of every dimension over some cells all over the file, 0 where it is no number. It only has to be near the cells: bounds
/// hold for any.
fn mean(embeddings: ArrayView2<'_, f32>) -> Vec<f64> {
    let mut sums = vec![0.0; embeddings.ncols()];
    let rows = (0..embeddings.nrows()).step_by(embeddings.nrows().div_ceil(MEAN_OF).max(1));
    let n = rows.len().max(1) as f64;
    for row in rows {
        for (sum, &value) in sums.iter_mut().zip(embeddings.row(row)) {
            *sum += f64::from(value);
        }
    }
    sums.into_iter().map(|sum| if f64::is_finite(sum) { sum / n } else { 0.0 }).collect()
}

#[derive(Default)]
struct Code {
    values: Vec<f64>,
    codes: Vec<i32>,
    scale: f64,
    error: f64,
    squared: f64,
}

impl Codes {
    /// Codes of every row.
    pub(super) fn new(embeddings: ArrayView2<'_, f32>) -> Self {
        let n = embeddings.nrows();
        let mean = mean(embeddings);
        let finite = |v: f32| if v.is_finite() { v.abs() } else { 0.0 };
        let largest =
            parallel::map(n, |row| embeddings.row(row).iter().fold(0.0, |most: f32, &v| most.max(finite(v))));
        // Twice, because the mean is taken away.
        let largest = 2.0 * f64::from(largest.into_iter().fold(0.0, f32::max));
        let mut codes = Self { unit: if largest > 0.0 { largest } else { 1.0 }, panels: Vec::new(), mean };
        codes.panels = parallel::map(n.div_ceil(PANEL), |i| codes.panel(embeddings, i * PANEL));
        codes
    }

    fn panel(&self, embeddings: ArrayView2<'_, f32>, first: usize) -> Panel {
        let mut panel = Panel {
            columns: vec![[[0; GROUP]; PANEL]; self.mean.len().div_ceil(GROUP)],
            reach: [f32::INFINITY; PANEL],
            scale: [0.0; PANEL],
            error: [0.0; PANEL],
        };
        let mut code = Code::default();
        for place in 0..PANEL.min(embeddings.nrows() - first) {
            self.code(embeddings, first + place, &mut code);
            for (column, codes) in panel.columns.iter_mut().zip(code.codes.chunks(GROUP)) {
                for (byte, &q) in column[place].iter_mut().zip(codes) {
                    *byte = (q + OFFSET) as u8;
                }
            }
            panel.reach[place] = (code.squared * (1.0 - SLACK) - code.error.powi(2) * (1.0 + SLACK)) as f32;
            panel.scale[place] = code.scale as f32;
            panel.error[place] = code.error as f32;
        }
        panel
    }

    /// The code of a row as a query.
    pub(super) fn query(&self, embeddings: ArrayView2<'_, f32>, row: usize) -> QueryCode {
        let mut code = Code::default();
        self.code(embeddings, row, &mut code);
        let mut words = vec![[0; GROUP]; self.mean.len().div_ceil(GROUP)];
        for (word, codes) in words.iter_mut().zip(code.codes.chunks(GROUP)) {
            for (word, &q) in word.iter_mut().zip(codes) {
                *word = q as i8;
            }
        }
        QueryCode {
            words,
            start: -OFFSET * code.codes.iter().sum::<i32>(),
            scale: code.scale as f32,
            error: code.error,
            squared: code.squared,
        }
    }

    /// Codes of a row; what `code` held before is overwritten.
    fn code(&self, embeddings: ArrayView2<'_, f32>, row: usize, code: &mut Code) {
        let Code { values, codes, .. } = code;
        let per_unit = 1.0 / self.unit;
        values.clear();
        values.extend(
            embeddings.row(row).iter().zip(&self.mean).map(|(&v, mean)| (f64::from(v) - mean) * per_unit),
        );
        let most = if values.len() > MOST_DIMENSIONS {
            0.0
        } else {
            values.iter().fold(0.0, |m: f64, v| m.max(v.abs()))
        };
        // The scale is a number of f32, with which codes are multiplied later.
        code.scale = f64::from((most / LARGEST) as f32);
        let inverse = if code.scale > 0.0 { 1.0 / code.scale } else { 0.0 };
        codes.clear();
        // Adding what makes it positive and cutting off rounds without a call; what is no number becomes some code.
        let shift = f64::from(OFFSET) + 0.5;
        codes.extend(values.iter().map(|v| ((v * inverse).clamp(-LARGEST, LARGEST) + shift) as i32 - OFFSET));
        (code.error, code.squared) = (0.0, 0.0);
        for (v, &q) in values.iter().zip(&*codes) {
            let coded = code.scale * f64::from(q);
            code.error += (v - coded) * (v - coded);
            code.squared += coded * coded;
        }
        code.error = code.error.sqrt();
    }
}
