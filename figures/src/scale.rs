//! Numbers to places, and the round numbers that an axis shows.

/// A straight map from numbers to pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scale {
    /// First and last number.
    pub range: (f64, f64),
    /// Their places.
    pub pixels: (f64, f64),
}

impl Scale {
    /// Where a number is; those beyond the range are at its ends.
    pub(crate) fn at(&self, number: f64) -> f64 {
        let (low, high) = self.range;
        let share = ((number - low) / (high - low)).clamp(0.0, 1.0);
        self.pixels.0 + (self.pixels.1 - self.pixels.0) * share
    }

    /// Round numbers within the range, about `wanted` of them, with their words.
    pub(crate) fn ticks(&self, wanted: usize) -> Vec<(f64, String)> {
        let (low, high) = self.range;
        let step = step(high - low, wanted);
        let digits = (-step.log10().floor()).max(0.0) as usize;
        let first = (low / step - 1e-9).ceil() as i64;
        let last = (high / step + 1e-9).floor() as i64;
        (first..=last).map(|i| i as f64 * step).map(|tick| (tick, words(tick, digits))).collect()
    }
}

/// 1, 2 or 5 times a power of ten.
fn step(span: f64, wanted: usize) -> f64 {
    let rough = span.max(1e-12) / wanted.max(1) as f64;
    let power = 10f64.powf(rough.log10().floor());
    let share = rough / power;
    power * [1.0, 2.0, 5.0, 10.0].into_iter().find(|&nice| share <= nice * 1.0001).unwrap_or(10.0)
}

/// A number with so many digits, thousands apart, a true minus.
pub(crate) fn words(number: f64, digits: usize) -> String {
    let text = format!("{:.digits$}", number.abs());
    let (whole, rest) =
        text.split_once('.').map_or((text.as_str(), String::new()), |(w, r)| (w, format!(".{r}")));
    let mut grouped = String::new();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let is_zero = text.chars().all(|c| matches!(c, '0' | '.'));
    format!("{}{grouped}{rest}", if number < 0.0 && !is_zero { "−" } else { "" })
}

/// A range around numbers, from a round number to a round number; it holds 0 where that is near.
pub(crate) fn range_of(numbers: impl IntoIterator<Item = f64>) -> (f64, f64) {
    let (low, high) = numbers
        .into_iter()
        .filter(|n| n.is_finite())
        .fold((f64::MAX, f64::MIN), |(low, high), n| (low.min(n), high.max(n)));
    if low > high {
        return (0.0, 1.0);
    }
    let low = if low > 0.0 && low < 0.5 * high { 0.0 } else { low };
    let high = if high < 0.0 && high > 0.5 * low { 0.0 } else { high };
    let span = if high - low > 1e-12 { high - low } else { high.abs().max(1.0) * 0.1 };
    let step = step(span, 5);
    ((low / step + 1e-9).floor() * step, (high / step - 1e-9).ceil() * step).widened(step)
}

trait Widened {
    fn widened(self, step: f64) -> Self;
}

impl Widened for (f64, f64) {
    /// Never empty.
    fn widened(self, step: f64) -> Self {
        if self.1 - self.0 < step * 0.5 { (self.0, self.0 + step) } else { self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_within() {
        let ticks = |low, high| {
            let scale = Scale { range: (low, high), pixels: (0.0, 100.0) };
            scale.ticks(5).into_iter().map(|(_, words)| words).collect::<Vec<_>>()
        };
        assert_eq!(ticks(0.0, 1.0), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(ticks(-30.0, 2000.0), ["0", "500", "1,000", "1,500", "2,000"]);
        assert_eq!(ticks(-1.0, 1.0), ["−1.0", "−0.5", "0.0", "0.5", "1.0"]);
    }

    #[test]
    fn ranges_hold_their_numbers() {
        assert_eq!(range_of([0.12, 0.97]), (0.0, 1.0));
        assert_eq!(range_of([]), (0.0, 1.0));
        let (low, high) = range_of([3.0]);
        assert!(low <= 3.0 && high >= 3.0 && high > low);
        assert_eq!(range_of([-2.0, 5.0]), (-2.0, 6.0));
    }

    #[test]
    fn thousands_are_apart() {
        assert_eq!(
            (words(1234567.0, 0), words(-0.5, 1), words(-0.0, 1)),
            ("1,234,567".into(), "−0.5".into(), "0.0".into())
        );
    }
}
