//! The learning rate of a step.

use super::Schedule;

/// Learning rate of step `step` (from 0) of `total`.
pub(crate) fn learning_rate(schedule: Schedule, highest: f64, step: u64, total: u64) -> f64 {
    match schedule {
        Schedule::Constant => highest,
        Schedule::Cosine { warmup, floor } => {
            let rising = warmup * total as f64;
            let at = (step + 1) as f64;
            if at <= rising {
                return highest * at / rising;
            }
            let share = (at - rising) / (total as f64 - rising).max(1.0);
            highest * (floor + (1.0 - floor) * 0.5 * (1.0 + cos_pi(share.min(1.0))))
        }
    }
}

/// cos(π·x) for x in [0, 1] by its series: the same bits everywhere, which the mathematical library does not promise.
fn cos_pi(x: f64) -> f64 {
    if x > 0.5 {
        return -cos_pi(1.0 - x);
    }
    let square = (x * std::f64::consts::PI) * (x * std::f64::consts::PI);
    let (mut term, mut sum) = (1.0, 1.0);
    for n in 1..14 {
        term *= -square / f64::from((2 * n - 1) * (2 * n));
        sum += term;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rises_then_falls_along_a_cosine() {
        let cosine = Schedule::Cosine { warmup: 0.1, floor: 0.2 };
        let rate = |step| learning_rate(cosine, 1.0, step, 100);
        assert!((rate(0) - 0.1).abs() < 1e-12 && (rate(9) - 1.0).abs() < 1e-12);
        assert!((rate(54) - 0.6).abs() < 1e-12);
        assert!((rate(99) - 0.2).abs() < 1e-12);
        assert_eq!(learning_rate(Schedule::Constant, 0.5, 3, 10), 0.5);
    }

    #[test]
    fn the_series_is_the_cosine() {
        for i in 0..=1000 {
            let x = f64::from(i) / 1000.0;
            assert!((cos_pi(x) - (x * std::f64::consts::PI).cos()).abs() < 1e-14);
        }
    }
}
