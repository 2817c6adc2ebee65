//! A column of measurements of cells: counts, shares, times.

use thiserror::Error;

/// Code of a cell without a value.
pub const NO_NUMBER: u16 = u16::MAX;
/// The code of the largest value.
const LAST: u16 = u16::MAX - 1;

/// A measurement of every cell in 16 bits: `least + code · (most − least) / 65534`, at most half such a step from the value
/// in the data; whole numbers that span no more than 65,534 are kept as they are.
#[derive(Clone, Debug, PartialEq)]
pub struct Numbers {
    /// Name in `obs`.
    pub name: String,
    /// The value of code 0.
    pub least: f64,
    /// The largest value.
    pub most: f64,
    /// From one code to the next.
    pub step: f64,
    /// A code a cell, [`NO_NUMBER`] where it has no value.
    pub codes: Vec<u16>,
}

/// Why a column is no measurement.
#[derive(Clone, Copy, Debug, Error, PartialEq)]
pub enum NoNumbers {
    /// No cell has a finite value.
    #[error("no finite number")]
    None,
    /// All cells have the same.
    #[error("the same number in every cell ({0})")]
    One(f64),
}

impl Numbers {
    /// From a value a cell; what is not finite is none.
    ///
    /// ```
    /// use cellprism_core::cells::Numbers;
    ///
    /// let counts = Numbers::quantise("n_counts", &[700.0, f64::NAN, 2_100.0]).unwrap();
    /// assert_eq!((counts.codes.as_slice(), counts.step), (&[0, 65535, 1400][..], 1.0));
    /// let share = Numbers::quantise("pct_mito", &[0.0, 0.25, 1.0]).unwrap();
    /// assert!((share.value(share.codes[1]).unwrap() - 0.25).abs() <= share.step / 2.0);
    /// ```
    ///
    /// # Errors
    /// If there are not two different values.
    pub fn quantise(name: &str, values: &[f64]) -> Result<Self, NoNumbers> {
        let finite = || values.iter().copied().filter(|value| value.is_finite());
        let (least, most) =
            (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
        if least > most {
            return Err(NoNumbers::None);
        }
        // Halved first: the span of two finite numbers may be none.
        let step = (most / f64::from(LAST)) - (least / f64::from(LAST));
        if least == most || step <= 0.0 {
            return Err(NoNumbers::One(least));
        }
        let whole = most - least <= f64::from(LAST) && finite().all(|value| value.fract() == 0.0);
        let step = if whole { 1.0 } else { step };
        let code = |&value: &f64| match value.is_finite() {
            true => (value / step - least / step).round().clamp(0.0, f64::from(LAST)) as u16,
            false => NO_NUMBER,
        };
        Ok(Self { name: name.to_owned(), least, most, step, codes: values.iter().map(code).collect() })
    }

    /// The value of a code.
    pub fn value(&self, code: u16) -> Option<f64> {
        (code != NO_NUMBER).then(|| (self.least + f64::from(code) * self.step).min(self.most))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn columns_that_tell_nothing_apart_are_none() {
        assert_eq!(Numbers::quantise("x", &[f64::NAN, f64::INFINITY]), Err(NoNumbers::None));
        assert_eq!(Numbers::quantise("x", &[]), Err(NoNumbers::None));
        assert_eq!(Numbers::quantise("x", &[2.0, 2.0, f64::NAN]), Err(NoNumbers::One(2.0)));
    }

    proptest! {
        #[test]
        fn no_value_is_further_than_half_a_step(values in prop::collection::vec(-1e6f64..1e6, 2..60)) {
            let found = Numbers::quantise("x", &values).unwrap();
            for (value, &code) in values.iter().zip(&found.codes) {
                let error = (found.value(code).unwrap() - value).abs();
                prop_assert!(error <= found.step / 2.0 * (1.0 + 1e-9) + 1e-9, "{value}: {error} of {}", found.step);
            }
        }

        #[test]
        fn whole_numbers_of_a_small_span_are_exact(values in prop::collection::vec(-30_000i32..30_000, 2..60)) {
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            if let Ok(found) = Numbers::quantise("x", &values) {
                let again: Vec<f64> = found.codes.iter().filter_map(|&code| found.value(code)).collect();
                prop_assert_eq!(again, values);
            }
        }
    }
}
