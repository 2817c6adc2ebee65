//! An exact bound of a share that was counted in a sample.

use statrs::distribution::{Beta, ContinuousCDF};

/// The share that is not exceeded with so much confidence where `found` of `drawn` were counted (Clopper and Pearson 1934,
/// one-sided); 1 where none was drawn.
///
/// ```
/// use cellprism_core::stats::upper_bound;
///
/// // The rule of three: nothing among 59 is at most 5 %.
/// assert!((upper_bound(0, 59, 0.95) - 0.0495).abs() < 1e-4);
/// assert_eq!(upper_bound(3, 3, 0.95), 1.0);
/// ```
pub fn upper_bound(found: u32, drawn: u32, confidence: f64) -> f64 {
    if found >= drawn {
        return 1.0;
    }
    let beta = Beta::new(f64::from(found) + 1.0, f64::from(drawn - found));
    beta.map_or(1.0, |beta| beta.inverse_cdf(confidence))
}
