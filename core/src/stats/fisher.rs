//! Fisher's exact test of a table of two by two.

use statrs::function::factorial::ln_binomial;

/// Two-sided p of the table `[[a, b], [c, d]]`: the chance, with its margins, of a table that is no more likely, as
/// `scipy.stats.fisher_exact`. 1 where a margin is empty.
///
/// ```
/// use cellprism_core::stats::fisher_exact;
/// assert!((fisher_exact([[8, 2], [1, 5]]) - 0.034_965_034_965_034_96).abs() < 1e-12);
/// assert_eq!(fisher_exact([[0, 0], [3, 4]]), 1.0);
/// ```
pub fn fisher_exact([[a, b], [c, d]]: [[u32; 2]; 2]) -> f64 {
    let [a, b, c, d] = [a, b, c, d].map(u64::from);
    let (row, other, column) = (a + b, c + d, a + c);
    if row == 0 || other == 0 || column == 0 || b + d == 0 {
        return 1.0;
    }
    let all = ln_binomial(row + other, column);
    let chance = |x: u64| (ln_binomial(row, x) + ln_binomial(other, column - x) - all).exp();
    // Tables that are as likely must count in spite of rounding.
    let limit = chance(a) * (1.0 + 1e-7);
    let possible = column.saturating_sub(other)..=row.min(column);
    possible.map(chance).filter(|&p| p <= limit).sum::<f64>().min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `scipy.stats.fisher_exact` of the same tables.
    #[test]
    fn p_is_scipys() {
        let scipy = [
            ([[10, 10], [10, 10]], 1.0),
            ([[25, 15], [11, 29]], 0.003_217_406_833_152_174_8),
            ([[40, 0], [33, 7]], 0.011_737_629_459_148_444),
            ([[3, 77], [12, 68]], 0.027_111_865_598_904_515),
        ];
        for (table, p) in scipy {
            let found = fisher_exact(table);
            assert!((found - p).abs() <= 1e-10 * p, "{table:?}: {found}, SciPy {p}");
        }
    }
}
