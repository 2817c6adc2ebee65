//! The ladder: half of the random sets fall off at every step.

use rand_core::Rng;

use super::{
    Multilevel, Tail,
    sample::{Sample, Slope, below},
};
use crate::stats::beta::{mean_log, variance_log};

/// A score whose tail is wanted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    /// Height of the set's walk, in grains.
    pub height: i64,
    /// Share of random sets whose score has this sign.
    pub share: f64,
}

/// Most proposals a set gets for every swap that should be kept.
const PATIENCE: f64 = 40.0;

/// A random set with its height. Heights may be equal, as they are among many scores of 0; `tie`, uniform from 0
/// to 1, tells them apart, so that there is a median to halve the sets at and the steps are all of the same size.
struct Climber {
    sample: Sample,
    height: i64,
    /// Its walk goes further up than down: its score is positive.
    positive: bool,
    tie: f64,
}

impl Climber {
    fn measure(&mut self, slope: &Slope<'_>) {
        self.sample.refresh(slope);
        let (highest, lowest) = self.sample.extremes(slope);
        (self.height, self.positive) = (highest, highest >= lowest);
    }

    fn key(&self) -> (i64, f64) {
        (self.height, self.tie)
    }
}

/// Tails of targets of ascending height, for sets of one size.
pub(super) fn climb(
    slope: &Slope<'_>,
    size: usize,
    targets: &[Target],
    options: &Multilevel,
    rng: &mut impl Rng,
) -> Vec<Tail> {
    let n = options.sample_size.max(3) | 1;
    let half = n.div_ceil(2);
    let start = |rng: &mut _| {
        let sample = Sample::random(slope, size, rng);
        let mut climber = Climber { sample, height: 0, positive: true, tie: 0.0 };
        climber.measure(slope);
        climber.tie = uniform(rng);
        climber
    };
    let mut climbers: Vec<Climber> = (0..n).map(|_| start(rng)).collect();
    let (mut log_p, mut variance) = (0.0, 0.0);
    let mut out: Vec<Tail> = Vec::with_capacity(targets.len());
    let mut rate = 0.5f64;
    while let Some(target) = targets.get(out.len()) {
        let above = climbers.iter().filter(|c| c.height >= target.height).count();
        if above >= half {
            let positive = climbers.iter().filter(|c| c.height >= target.height && c.positive).count();
            out.push(finish(log_p, variance, positive, n, target.share, options.smallest));
            continue;
        }
        if log_p < (options.smallest * target.share).ln() {
            break;
        }
        log_p += mean_log(half, n);
        variance += variance_log(half, n);
        let level = halve(&mut climbers, rng);
        let proposals = (options.moves * size as f64 * (1.0 / rate).min(PATIENCE)).ceil() as usize;
        let mut kept = 0;
        for climber in &mut climbers {
            // With its tie a set may stand on the level's own height, or must stay above it.
            let height = if climber.tie > level.1 { level.0 } else { level.0 + 1 };
            kept += climber.sample.wander(slope, height, proposals, rng);
            climber.measure(slope);
            let lowest = if climber.height > level.0 { 0.0 } else { level.1 };
            climber.tie = lowest + (1.0 - lowest) * uniform(rng);
        }
        rate = (kept as f64 / (n * proposals) as f64).max(1e-3);
    }
    out.resize(targets.len(), Tail { p: options.smallest, log2_error: None });
    out
}

/// Puts copies of sets above the median in the place of those up to it; the median.
fn halve(climbers: &mut [Climber], rng: &mut impl Rng) -> (i64, f64) {
    let compare = |a: (i64, f64), b: (i64, f64)| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1));
    climbers.sort_by(|a, b| compare(a.key(), b.key()));
    let median = climbers.len() / 2;
    let level = climbers[median].key();
    let above = climbers.len() - median - 1;
    let (fallen, standing) = climbers.split_at_mut(median + 1);
    for climber in fallen {
        let copied = &standing[below(above as u32, rng.next_u32()) as usize];
        climber.sample.copy_from(&copied.sample);
        climber.tie = copied.tie;
    }
    level
}

fn finish(log_p: f64, variance: f64, positive: usize, n: usize, share: f64, smallest: f64) -> Tail {
    // Where none is positive, one more is assumed: a bound from above.
    let counted = positive.max(1);
    let p = ((log_p + mean_log(counted, n)).exp() / share).min(1.0);
    if p < smallest {
        return Tail { p: smallest, log2_error: None };
    }
    let error = (variance + variance_log(counted, n)).sqrt() / std::f64::consts::LN_2;
    Tail { p, log2_error: Some(error) }
}

/// From 0 up to but not including 1.
fn uniform(rng: &mut impl Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64
}
