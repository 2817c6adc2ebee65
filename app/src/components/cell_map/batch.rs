//! Cells that are drawn in one go, by either painter.

use std::ops::Range;

/// Some cells of a layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Layer: 0 the bundle's cells, 1 those laid over them.
    pub layer: usize,
    /// Which cells, in drawing order.
    pub cells: Range<usize>,
    /// Every how many of them.
    pub step: usize,
    /// Radius in CSS pixels.
    pub radius: f64,
    /// Opacity of a dot.
    pub opacity: f64,
}
