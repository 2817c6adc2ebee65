//! From a cell's linear functions to its loss and residuals, probability less truth.

use super::GROUP;
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

/// The same of several classes in groups, of which the last may be in part empty: there it leaves zeros.
#[inline(always)]
pub(super) fn residuals_in_groups<const GROUPS: usize>(
    found: &mut [[f64; GROUP]; GROUPS],
    outputs: usize,
    class: usize,
) -> f64 {
    let mut most = f64::NEG_INFINITY;
    for (at, &output) in found.as_flattened().iter().enumerate() {
        most = if at < outputs { most.max(output) } else { most };
    }
    let truth = found.as_flattened()[class] - most;
    let mut sums = [0.0; GROUP];
    // plain loops: iterators are not always inlined into functions of the processor's own instructions
    #[allow(clippy::needless_range_loop)]
    for group in 0..GROUPS {
        for lane in 0..GROUP {
            let share = exp(found[group][lane] - most);
            let share = if group * GROUP + lane < outputs { share } else { 0.0 };
            found[group][lane] = share;
            sums[lane] += share;
        }
    }
    let sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    for group in &mut *found {
        for share in group {
            *share /= sum;
        }
    }
    found.as_flattened_mut()[class] -= 1.0;
    libm::log(sum) - truth
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_with_a_gap_are_the_classes_alone() {
        let scores = [0.3, -1.2, 2.0, 0.7, -0.4, 900.0];
        for outputs in 2..=6 {
            for class in 0..outputs {
                let mut plain = scores[..outputs].to_vec();
                let mut groups = [[7.0; GROUP]; 2];
                groups.as_flattened_mut()[..outputs].copy_from_slice(&scores[..outputs]);
                let losses = (residuals(&mut plain, class), residuals_in_groups(&mut groups, outputs, class));
                assert!((losses.0 - losses.1).abs() < 1e-13 * losses.0.max(1.0), "{losses:?}");
                let (found, gap) = groups.as_flattened().split_at(outputs);
                assert!(found.iter().zip(&plain).all(|(a, b)| (a - b).abs() < 1e-15));
                assert!(gap.iter().all(|&v| v == 0.0));
            }
        }
    }
}
