//! Some of the cells: their linear functions at the weights and along a line, and one pass over them.

use std::ops::Range;

use super::{
    by_feature::Tiles,
    by_row,
    lanes::{side_by_side, side_by_side_mut},
    residuals::{point, point_held},
};
use crate::{
    classification::Features,
    simd::{Simd, WithSimd, widest},
};

/// Lines that are found row by row before entries are laid anew, which takes as long as some passes and as much memory as the
/// features.
const BY_ROW: usize = 3;

/// All cells.
pub(super) struct Cells<'a> {
    pub(super) features: &'a Features,
    /// Rows of the features.
    pub(super) rows: &'a [usize],
    /// Class of each row.
    pub(super) classes: &'a [usize],
    /// Linear functions: one a class, or a single one for two classes.
    pub(super) outputs: usize,
}

/// What is done with the cells of a block.
#[derive(Clone, Copy)]
pub(super) enum Pass {
    /// The line's functions from its weights.
    Line,
    /// Loss and slope so far along the line.
    Point(f64),
    /// So far along the line.
    Move(f64),
    /// Loss and gradient.
    Gradient,
    /// Loss and gradient at weights of 0, where a block begins.
    Start,
}

/// Cells that follow each other.
pub(super) struct Block {
    span: Range<usize>,
    /// Linear functions of each cell, `[cells, stride]`.
    functions: Vec<f64>,
    /// What the line adds to them at step 1.
    line: Vec<f64>,
    /// The entries of sparse cells, laid for several classes: once it is seen that many passes are needed.
    tiles: Option<Tiles>,
    /// Passes for a line so far.
    lines: usize,
    /// Whether `stride` numbers are held in registers.
    held: bool,
    stride: usize,
    pub(super) loss: f64,
    pub(super) slope: f64,
    pub(super) gradient: Vec<f64>,
}

impl Block {
    /// At weights of 0.
    pub(super) fn new(cells: &Cells<'_>, span: Range<usize>, stride: usize, held: bool) -> Self {
        Self {
            functions: vec![0.0; span.len() * stride],
            line: vec![0.0; span.len() * stride],
            tiles: None,
            lines: 0,
            held,
            stride,
            loss: 0.0,
            slope: 0.0,
            gradient: vec![0.0; (cells.features.width() + 1) * stride],
            span,
        }
    }

    /// Lays the entries of sparse cells for several classes.
    pub(super) fn lay(&mut self, cells: &Cells<'_>) {
        if self.held {
            self.tiles = Tiles::of(cells.features, &cells.rows[self.span.clone()], self.stride);
        }
    }

    /// `weights` are the line's `[width + 1, stride]`.
    pub(super) fn pass(&mut self, pass: Pass, cells: &Cells<'_>, weights: &[f64]) {
        match pass {
            Pass::Move(step) => {
                self.functions.iter_mut().zip(&self.line).for_each(|(all, line)| *all += step * line);
            }
            Pass::Gradient => {
                self.loss = 0.0;
                self.gradient.fill(0.0);
                widest(Over { block: self, pass, cells, weights });
            }
            Pass::Start => {
                self.gradient.fill(0.0);
                let rows = cells.rows[self.span.clone()].iter().map(|&row| cells.features.row(row));
                let classes = &cells.classes[self.span.clone()];
                let numbers = (cells.outputs, self.stride);
                self.loss = by_row::gradient_at_zero(rows, classes, numbers, &mut self.gradient);
            }
            Pass::Line => {
                if self.lines == BY_ROW {
                    self.lay(cells);
                }
                self.lines += 1;
                widest(Over { block: self, pass, cells, weights });
            }
            Pass::Point(_) => widest(Over { block: self, pass, cells, weights }),
        }
    }
}

struct Over<'a> {
    block: &'a mut Block,
    pass: Pass,
    cells: &'a Cells<'a>,
    weights: &'a [f64],
}

impl WithSimd for Over<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        match (self.block.held, self.block.stride) {
            (true, 4) => self.held::<4>(),
            (true, 8) => self.held::<8>(),
            (true, 16) => self.held::<16>(),
            (true, 24) => self.held::<24>(),
            (true, 32) => self.held::<32>(),
            _ => self.any(),
        }
    }
}

impl Over<'_> {
    /// Any number of outputs.
    #[inline(always)]
    fn any(self) {
        let Self { block, pass, cells, weights } = self;
        let outputs = cells.outputs;
        let rows = cells.rows[block.span.clone()].iter().map(|&row| cells.features.row(row));
        let classes = &cells.classes[block.span.clone()];
        match pass {
            Pass::Line if outputs == 1 => by_row::line_single(rows, weights, &mut block.line),
            Pass::Gradient if outputs == 1 => {
                block.loss = by_row::gradient_single(rows, &block.functions, classes, &mut block.gradient);
            }
            Pass::Line => {
                for (row, line) in rows.zip(block.line.chunks_exact_mut(outputs)) {
                    by_row::outputs_of(row, weights, line);
                }
            }
            Pass::Point(step) => {
                let functions = block.functions.chunks_exact(outputs);
                (block.loss, block.slope) = point(functions, block.line.chunks_exact(outputs), classes, step);
            }
            Pass::Gradient => {
                let functions = block.functions.chunks_exact(outputs);
                block.loss = by_row::gradient(rows, functions, classes, &mut block.gradient);
            }
            Pass::Move(_) | Pass::Start => {}
        }
    }

    /// So many outputs, held in registers: the same sums in the same order.
    #[inline(always)]
    fn held<const N: usize>(self) {
        let Self { block, pass, cells, weights } = self;
        let rows = cells.rows[block.span.clone()].iter().map(|&row| cells.features.row(row));
        let (outputs, classes) = (cells.outputs, &cells.classes[block.span.clone()]);
        let functions = side_by_side::<N>(&block.functions);
        match pass {
            Pass::Line => {
                let (weights, line) = (side_by_side::<N>(weights), side_by_side_mut::<N>(&mut block.line));
                match &block.tiles {
                    Some(tiles) => tiles.line(weights, line),
                    None => by_row::line_held(rows, weights, line),
                }
            }
            Pass::Point(step) => {
                let line = side_by_side::<N>(&block.line);
                (block.loss, block.slope) = point_held(functions, line, classes, outputs, step);
            }
            Pass::Gradient => {
                let gradient = side_by_side_mut::<N>(&mut block.gradient);
                block.loss = match &block.tiles {
                    Some(tiles) => tiles.gradient(functions, classes, outputs, gradient),
                    None => by_row::gradient_held(rows, functions, classes, outputs, gradient),
                };
            }
            Pass::Move(_) | Pass::Start => {}
        }
    }
}
