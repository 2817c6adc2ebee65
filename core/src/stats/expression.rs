//! Log-normalised expression, as scanpy's `normalize_total(target_sum=1e4)` and `log1p` make it of counts in double precision.

use super::log1p::log1p;
use crate::cells::CountMatrix;

/// Counts of a cell after normalisation.
const TARGET: f64 = 1e4;

/// ln(1 + count · 10,000 / total); 0 in a cell without counts.
///
/// The count is divided by total / 10,000, in this order: equal values then tie where scanpy's tie.
pub(crate) fn log_normalised(count: f32, total: f64) -> f64 {
    if total > 0.0 { log1p(f64::from(count) / (total / TARGET)) } else { 0.0 }
}

/// Whole counts whose logarithm is kept.
const SMALL: usize = 64;

/// Log-normalised values of one cell. Its counts repeat: of each small whole one the logarithm is taken once.
pub(crate) struct Logarithms {
    total: f64,
    small: [f64; SMALL],
}

impl Logarithms {
    /// Of a cell with this sum of counts.
    pub(crate) fn new(total: f64) -> Self {
        Self { total, small: [f64::NAN; SMALL] }
    }

    /// [`log_normalised`] of a count.
    #[inline]
    pub(crate) fn of(&mut self, count: f32) -> f64 {
        let whole = count as usize;
        if whole >= SMALL || whole as f32 != count {
            return log_normalised(count, self.total);
        }
        if self.small[whole].is_nan() {
            self.small[whole] = log_normalised(count, self.total);
        }
        self.small[whole]
    }
}

/// Log-normalised expression of a cell: its genes and values, zeros left out.
pub(crate) fn of_cell(counts: &CountMatrix, cell: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
    let (genes, values) = counts.row(cell);
    let mut logarithms = Logarithms::new(values.iter().map(|&value| f64::from(value)).sum());
    genes.iter().zip(values).map(move |(&gene, &value)| (gene as usize, logarithms.of(value)))
}
