//! The nearest point of the probability simplex (Euclidean), after Michelot 1986.

/// Replaces a row by the nearest one whose numbers are at least 0 and sum to 1. A row with a number that is not finite
/// becomes all NaN, for the training to name.
pub(crate) fn project(row: &mut [f32]) {
    // Entries at or below the threshold leave; each departure only raises it, so every one is final.
    let mut threshold = f64::NEG_INFINITY;
    let mut left = row.len() + 1;
    loop {
        let (mut sum, mut count) = (0.0f64, 0usize);
        for value in row.iter().map(|&value| f64::from(value)).filter(|&value| value > threshold) {
            sum += value;
            count += 1;
        }
        let first = left > row.len();
        if count == 0 || !sum.is_finite() || (first && count < row.len()) {
            row.fill(f32::NAN);
            return;
        }
        if count == left {
            break;
        }
        left = count;
        threshold = (sum - 1.0) / count as f64;
    }
    row.iter_mut().for_each(|value| *value = (f64::from(*value) - threshold).max(0.0) as f32);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// By sorting (Held, Wolfe and Crowder 1974).
    fn sorted(row: &[f32]) -> Vec<f64> {
        let mut values: Vec<f64> = row.iter().map(|&v| f64::from(v)).collect();
        values.sort_by(|a, b| b.total_cmp(a));
        let (mut sum, mut threshold) = (0.0, 0.0);
        for (i, value) in values.iter().enumerate() {
            sum += value;
            let candidate = (sum - 1.0) / (i + 1) as f64;
            if *value > candidate {
                threshold = candidate;
            }
        }
        row.iter().map(|&v| (f64::from(v) - threshold).max(0.0)).collect()
    }

    proptest! {
        #[test]
        fn equals_the_projection_by_sorting(row in proptest::collection::vec(-3.0f32..3.0, 1..60)) {
            let mut found = row.clone();
            project(&mut found);
            for (a, b) in found.iter().zip(sorted(&row)) {
                prop_assert!((f64::from(*a) - b).abs() < 1e-6);
            }
            prop_assert!((found.iter().map(|&v| f64::from(v)).sum::<f64>() - 1.0).abs() < 1e-5);
            let once = found.clone();
            project(&mut found);
            prop_assert!(once.iter().zip(&found).all(|(a, b)| (a - b).abs() < 1e-6));
        }
    }

    #[test]
    fn what_is_no_number_shows() {
        for bad in [f32::NAN, f32::INFINITY] {
            let mut row = [0.5, bad];
            project(&mut row);
            assert!(row.iter().any(|v| v.is_nan()), "{row:?}");
        }
    }
}
