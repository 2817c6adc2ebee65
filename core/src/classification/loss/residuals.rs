//! From a cell's linear functions to its loss and residuals, probability less truth.

use super::lanes::multiply_add_to;
use crate::stats::exponential::exp;

/// Of any number of classes; one linear function for two. Returns the loss −ln p(truth).
#[inline(always)]
pub(super) fn residuals(outputs: &mut [f64], class: usize) -> f64 {
    if let [score] = outputs {
        // ln(1 + e^s) − s·y, without overflow
        let score = std::mem::replace(score, 0.0);
        let tail = libm::exp(-score.abs());
        let probability = if score >= 0.0 { 1.0 / (1.0 + tail) } else { tail / (1.0 + tail) };
        let truth = class as f64;
        outputs[0] = probability - truth;
        return score.max(0.0) + libm::log1p(tail) - score * truth;
    }
    let most = outputs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let truth = outputs[class] - most;
    let mut sum = 0.0;
    for output in &mut *outputs {
        *output = exp(*output - most);
        sum += *output;
    }
    outputs.iter_mut().for_each(|output| *output /= sum);
    outputs[class] -= 1.0;
    libm::log(sum) - truth
}

/// The same of several classes, of which the first `outputs` of N are there: the others are left at 0. In place of the loss
/// the two numbers that it is made of: it is the logarithm of the first less the second.
#[inline(always)]
pub(super) fn residuals_held<const N: usize>(
    found: &mut [f64; N],
    outputs: usize,
    class: usize,
) -> (f64, f64) {
    // plain loops of one thing each: iterators are not always inlined into functions of the processor's own instructions,
    // and sums among other arithmetic keep it from vectors
    let mut most = f64::NEG_INFINITY;
    #[allow(clippy::needless_range_loop)]
    for at in 0..outputs.min(N) {
        most = if found[at] > most { found[at] } else { most };
    }
    let truth = found[class] - most;
    #[allow(clippy::needless_range_loop)]
    for at in 0..N {
        let share = exp(found[at] - most);
        found[at] = if at < outputs { share } else { 0.0 };
    }
    let sum = sum_held(found);
    let part = 1.0 / sum;
    found.iter_mut().for_each(|share| *share *= part);
    found[class] -= 1.0;
    (sum, truth)
}

/// Four sums side by side.
#[inline(always)]
fn sum_held<const N: usize>(numbers: &[f64; N]) -> f64 {
    let mut sums = [0.0; 4];
    for group in 0..N / 4 {
        for lane in 0..4 {
            sums[lane] += numbers[4 * group + lane];
        }
    }
    (sums[0] + sums[1]) + (sums[2] + sums[3])
}

/// The sum of losses as [`residuals_held`] gives them: one logarithm for some cells.
#[derive(Clone, Copy)]
pub(super) struct Losses {
    total: f64,
    product: f64,
    factors: u32,
}

impl Losses {
    /// So many factors of at most 32 are a double.
    const MOST: u32 = 64;

    #[inline(always)]
    pub(super) fn new() -> Self {
        Self { total: 0.0, product: 1.0, factors: 0 }
    }

    #[inline(always)]
    pub(super) fn add(&mut self, (sum, truth): (f64, f64)) {
        self.total -= truth;
        self.product *= sum;
        self.factors += 1;
        if self.factors == Self::MOST {
            *self = Self { total: self.total(), ..Self::new() };
        }
    }

    pub(super) fn total(self) -> f64 {
        self.total + libm::log(self.product)
    }
}

/// Loss and slope of cells so far along a line: of any number of classes.
#[inline(always)]
pub(super) fn point<'a>(
    functions: impl Iterator<Item = &'a [f64]>,
    line: impl Iterator<Item = &'a [f64]>,
    classes: &[usize],
    step: f64,
) -> (f64, f64) {
    let (mut loss, mut slope, mut found) = (0.0, 0.0, Vec::new());
    for ((functions, line), &class) in functions.zip(line).zip(classes) {
        found.clear();
        found.extend(functions.iter().zip(line).map(|(function, line)| function + step * line));
        loss += residuals(&mut found, class);
        slope += found.iter().zip(line).map(|(residual, line)| residual * line).sum::<f64>();
    }
    (loss, slope)
}

/// The same of several classes.
#[inline(always)]
pub(super) fn point_held<const N: usize>(
    functions: &[[f64; N]],
    line: &[[f64; N]],
    classes: &[usize],
    outputs: usize,
    step: f64,
) -> (f64, f64) {
    let (mut loss, mut slope) = (Losses::new(), 0.0);
    for ((functions, line), &class) in functions.iter().zip(line).zip(classes) {
        let mut found = *functions;
        multiply_add_to(&mut found, step, line);
        loss.add(residuals_held(&mut found, outputs, class));
        // a plain loop, as above
        #[allow(clippy::needless_range_loop)]
        for lane in 0..N {
            found[lane] *= line[lane];
        }
        slope += sum_held(&found);
    }
    (loss.total(), slope)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_with_a_gap_are_the_classes_alone() {
        let scores = [0.3, -1.2, 2.0, 0.7, -0.4, 900.0];
        for outputs in 2..=6 {
            for class in 0..outputs {
                let mut plain = scores[..outputs].to_vec();
                let mut held = [7.0; 8];
                held[..outputs].copy_from_slice(&scores[..outputs]);
                let mut losses = Losses::new();
                let loss = residuals(&mut plain, class);
                losses.add(residuals_held(&mut held, outputs, class));
                assert!((losses.total() - loss).abs() < 1e-13 * loss.max(1.0));
                let (found, gap) = held.split_at(outputs);
                assert!(found.iter().zip(&plain).all(|(a, b)| (a - b).abs() < 1e-15));
                assert!(gap.iter().all(|&v| v == 0.0));
            }
        }
    }

    #[test]
    fn losses_of_many_cells_are_their_sum() {
        let mut losses = Losses::new();
        let mut sum = 0.0;
        for cell in 0..200u32 {
            let parts = (1.0 + f64::from(cell % 32), -f64::from(cell % 7));
            losses.add(parts);
            sum += parts.0.ln() - parts.1;
        }
        assert!((losses.total() - sum).abs() < 1e-11);
    }
}
