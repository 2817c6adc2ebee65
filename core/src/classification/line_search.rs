//! How far to go along a direction: to a point that is lower and less steep (Wolfe's conditions), as the steps of scipy's
//! L-BFGS-B are accepted. Where the loss changes by no more than its rounding, the slopes alone decide (Hager & Zhang 2005).

/// Share of the decrease that the first slope promises.
const DECREASE: f64 = 1e-3;
/// Share of the first slope that a slope past the minimum may have where the loss says nothing.
const PAST: f64 = 0.8;
/// Evaluations at most.
const MOST: usize = 50;
/// How much further a step goes at most that was too short.
const STRETCH: f64 = 10.0;

/// A point along the direction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point {
    pub(super) step: f64,
    pub(super) value: f64,
    pub(super) slope: f64,
}

/// A step that is accepted, or none. `at` gives value and slope of a step; the last step that it was asked for is the one
/// returned. `start` is step 0, its slope negative, of which a share of `left` may be left.
pub(super) fn search(start: Point, first: f64, left: f64, mut at: impl FnMut(f64) -> Point) -> Option<Point> {
    let noise = 1e-13 * start.value.abs() + f64::MIN_POSITIVE;
    let (mut low, mut high): (Point, Option<Point>) = (start, None);
    let mut step = first;
    for _ in 0..MOST {
        let point = at(step);
        let lower = point.value <= start.value + DECREASE * step * start.slope;
        let as_low = point.value <= start.value + noise && point.slope <= PAST * -start.slope;
        if point.slope.abs() <= left * -start.slope && (lower || as_low) {
            return Some(point);
        }
        step = if point.slope < 0.0 && point.value.is_finite() && (lower || as_low) {
            let before = std::mem::replace(&mut low, point);
            match high {
                Some(high) => between(low, high),
                None => beyond(before, low),
            }
        } else {
            high = Some(point);
            between(low, point)
        };
        if step == low.step || high.is_some_and(|high| step == high.step) {
            return None;
        }
    }
    None
}

/// Where the slope would be 0 if it changed evenly, well within both.
fn between(low: Point, high: Point) -> f64 {
    let width = high.step - low.step;
    let share = -low.slope / (high.slope - low.slope);
    let share = if share.is_finite() && high.slope > 0.0 { share.clamp(0.1, 0.9) } else { 0.5 };
    low.step + share * width
}

/// Where the slope would be 0 if it went on changing as before, at most some times as far.
fn beyond(before: Point, now: Point) -> f64 {
    let width = now.step - before.step;
    let share = -now.slope / (now.slope - before.slope);
    let share = if share.is_finite() && share > 0.0 { share.clamp(1.1, STRETCH) } else { STRETCH };
    now.step + share * width
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_too_long_and_too_short_are_mended() {
        // (x − 3)² along x, from 0
        let parabola = |step: f64| Point { step, value: (step - 3.0).powi(2), slope: 2.0 * (step - 3.0) };
        for first in [1e-4, 0.01, 1.0, 5.0, 100.0, 1e6] {
            let found = search(parabola(0.0), first, 0.9, parabola).unwrap();
            assert!(found.value < 9.0 && found.slope.abs() <= 0.9 * 6.0, "from {first}: {found:?}");
        }
    }

    #[test]
    fn what_falls_for_ever_is_given_up() {
        assert!(
            search(Point { step: 0.0, value: 0.0, slope: -1.0 }, 1.0, 0.9, |step| Point {
                step,
                value: -step,
                slope: -1.0
            })
            .is_none()
        );
    }
}
