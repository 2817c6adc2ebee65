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

/// Log-normalised expression of a cell: its genes and values, zeros left out.
pub(crate) fn of_cell(counts: &CountMatrix, cell: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
    let (genes, values) = counts.row(cell);
    let total = values.iter().map(|&value| f64::from(value)).sum::<f64>();
    genes.iter().zip(values).map(move |(&gene, &value)| (gene as usize, log_normalised(value, total)))
}
