//! L-BFGS (Nocedal 1980; Liu & Nocedal 1989) with ten remembered steps, as scipy's, for functions without bounds.

use std::collections::VecDeque;

use super::line_search::{Point, search};

/// Steps remembered.
const MEMORY: usize = 10;
/// First steps, before which nothing is known of how far to go: there a line is followed to its lowest point, nearly.
const UNKNOWN: usize = 3;
/// Share of a line's slope that such a step may leave.
const NEAR: f64 = 0.1;
/// Share of a line's slope that other steps may leave.
const CURVATURE: f64 = 0.9;

/// Why a minimisation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// No entry of the gradient is above the tolerance.
    Gradient,
    /// No step lowers the function any more: the rounding of doubles is reached.
    Rounding,
    /// As many steps as allowed.
    Iterations,
}

/// What was reached.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Minimum {
    /// Where.
    pub(super) at: Vec<f64>,
    /// The function there.
    pub(super) value: f64,
    /// The largest entry of the gradient there.
    pub(super) gradient: f64,
    /// Steps.
    pub(super) iterations: usize,
    /// Why it ended.
    pub(super) stop: Stop,
}

/// A step and the change of the gradient along it.
struct Pair {
    step: Vec<f64>,
    change: Vec<f64>,
    product: f64,
}

/// A smooth convex function that is known along a line at less cost than at single points.
pub(super) trait Objective {
    /// The value at the start; writes its gradient.
    fn start(&mut self, at: &[f64], gradient: &mut [f64]) -> f64;

    /// The line that the next points lie on: from `at`, where the last gradient was asked for.
    fn along(&mut self, at: &[f64], direction: &[f64]);

    /// The point so many directions along the line.
    fn point(&mut self, step: f64) -> Point;

    /// The value so many directions along the line, which is `at`; writes its gradient.
    fn arrive(&mut self, step: f64, at: &[f64], gradient: &mut [f64]) -> f64;
}

/// Minimises from `start`.
pub(super) fn minimise(
    start: Vec<f64>,
    most: usize,
    tolerance: f64,
    function: &mut impl Objective,
) -> Minimum {
    let size = start.len();
    let (mut at, mut gradient) = (start, vec![0.0; size]);
    let mut value = function.start(&at, &mut gradient);
    let mut memory: VecDeque<Pair> = VecDeque::with_capacity(MEMORY);
    let mut iterations = 0;
    let (mut next, mut next_gradient) = (vec![0.0; size], vec![0.0; size]);
    let stop = loop {
        if largest(&gradient) <= tolerance {
            break Stop::Gradient;
        }
        if iterations == most {
            break Stop::Iterations;
        }
        let direction = direction(&gradient, &memory);
        let slope = dot(&direction, &gradient);
        let first = if memory.is_empty() { (1.0 / norm(&direction)).min(1.0) } else { 1.0 };
        let left = if iterations < UNKNOWN { NEAR } else { CURVATURE };
        let found = (slope < 0.0)
            .then(|| {
                function.along(&at, &direction);
                search(Point { step: 0.0, value, slope }, first, left, |step| function.point(step))
            })
            .flatten();
        let Some(point) = found else {
            // What is remembered may be spoilt by rounding: once more, straight down.
            if memory.is_empty() {
                break Stop::Rounding;
            }
            memory.clear();
            continue;
        };
        for ((next, at), direction) in next.iter_mut().zip(&at).zip(&direction) {
            *next = at + point.step * direction;
        }
        value = function.arrive(point.step, &next, &mut next_gradient);
        remember(&mut memory, &at, &next, &gradient, &next_gradient);
        std::mem::swap(&mut at, &mut next);
        std::mem::swap(&mut gradient, &mut next_gradient);
        iterations += 1;
    };
    Minimum { gradient: largest(&gradient), at, value, iterations, stop }
}

/// Against the gradient, bent by what was learned of the curvature: the two loops of L-BFGS.
fn direction(gradient: &[f64], memory: &VecDeque<Pair>) -> Vec<f64> {
    let mut direction: Vec<f64> = gradient.iter().map(|g| -g).collect();
    let mut shares = Vec::with_capacity(memory.len());
    for pair in memory.iter().rev() {
        let share = dot(&pair.step, &direction) / pair.product;
        add(&mut direction, -share, &pair.change);
        shares.push(share);
    }
    if let Some(last) = memory.back() {
        let scale = last.product / dot(&last.change, &last.change);
        direction.iter_mut().for_each(|d| *d *= scale);
    }
    for (pair, share) in memory.iter().zip(shares.into_iter().rev()) {
        let other = dot(&pair.change, &direction) / pair.product;
        add(&mut direction, share - other, &pair.step);
    }
    direction
}

/// Keeps a step, unless it shows no curvature.
fn remember(memory: &mut VecDeque<Pair>, at: &[f64], next: &[f64], gradient: &[f64], next_gradient: &[f64]) {
    let difference = |a: &[f64], b: &[f64]| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| a - b).collect() };
    let (step, change) = (difference(next, at), difference(next_gradient, gradient));
    let product = dot(&step, &change);
    if product <= f64::EPSILON * dot(&change, &change) {
        return;
    }
    if memory.len() == MEMORY {
        memory.pop_front();
    }
    memory.push_back(Pair { step, change, product });
}

/// Eight sums side by side, in one order on every machine.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let mut sums = [0.0; 8];
    for (a, b) in a.iter().zip(b) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f64>() + rest
}

fn add(to: &mut [f64], share: f64, what: &[f64]) {
    to.iter_mut().zip(what).for_each(|(to, what)| *to += share * what);
}

fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

fn largest(gradient: &[f64]) -> f64 {
    gradient.iter().fold(0.0, |most, g| if g.is_nan() { f64::NAN } else { g.abs().max(most) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A function that is known by single points only.
    struct Points<F> {
        function: F,
        at: Vec<f64>,
        direction: Vec<f64>,
    }

    impl<F: FnMut(&[f64], &mut [f64]) -> f64> Objective for Points<F> {
        fn start(&mut self, at: &[f64], gradient: &mut [f64]) -> f64 {
            (self.function)(at, gradient)
        }

        fn along(&mut self, at: &[f64], direction: &[f64]) {
            (self.at, self.direction) = (at.to_vec(), direction.to_vec());
        }

        fn point(&mut self, step: f64) -> Point {
            let there: Vec<f64> =
                self.at.iter().zip(&self.direction).map(|(at, by)| at + step * by).collect();
            let mut gradient = vec![0.0; there.len()];
            let value = (self.function)(&there, &mut gradient);
            Point { step, value, slope: dot(&gradient, &self.direction) }
        }

        fn arrive(&mut self, _: f64, at: &[f64], gradient: &mut [f64]) -> f64 {
            (self.function)(at, gradient)
        }
    }

    fn minimised(
        start: Vec<f64>,
        most: usize,
        tolerance: f64,
        function: impl FnMut(&[f64], &mut [f64]) -> f64,
    ) -> Minimum {
        minimise(start, most, tolerance, &mut Points { function, at: Vec::new(), direction: Vec::new() })
    }

    /// Log-cosh of scaled differences: convex, its curvature between 1 and 6,000.
    fn valley(x: &[f64], gradient: &mut [f64]) -> f64 {
        let mut sum = 0.0;
        for (i, (x, g)) in x.iter().zip(gradient.iter_mut()).enumerate() {
            let scale = 10f64.powf(i as f64 / 10.0);
            let y = scale * (x - i as f64);
            sum += y.abs() + (-2.0 * y.abs()).exp().ln_1p();
            *g = scale * y.tanh();
        }
        sum
    }

    #[test]
    fn an_uneven_valley_is_descended() {
        let found = minimised(vec![0.0; 20], 2000, 1e-9, valley);
        assert_eq!(found.stop, Stop::Gradient, "{found:?}");
        for (i, x) in found.at.iter().enumerate() {
            assert!((x - i as f64).abs() < 1e-8);
        }
    }

    #[test]
    fn it_ends_where_it_is_told_to() {
        let found = minimised(vec![0.0; 20], 3, 0.0, valley);
        assert_eq!((found.iterations, found.stop), (3, Stop::Iterations));
        let none = minimised(vec![], 5, 1e-4, |_, _| 7.0);
        assert_eq!((none.value, none.stop), (7.0, Stop::Gradient));
    }

    #[test]
    fn an_impossible_tolerance_ends_at_rounding() {
        let found = minimised(vec![0.3; 4], 10_000, 1e-300, |x, g| {
            g.iter_mut().zip(x).for_each(|(g, x)| *g = x - 0.1);
            1.0 + x.iter().map(|x| (x - 0.1).powi(2) / 2.0).sum::<f64>()
        });
        assert!(found.stop != Stop::Iterations && found.gradient < 1e-14, "{found:?}");
    }
}
