//! Charts. The plot area is a stretched SVG, text is HTML beside it, so that it keeps its size at every width.

mod axes;
mod bars;
mod chart;
mod curve;
mod points;

pub use axes::{tick_text, ticks};
pub use bars::{histogram, sparkline};
pub use chart::{curves_chart, points_chart};
pub use curve::{Curve, curves};
pub use points::{Point, points};
