//! Nominal p, NES, FDR and FWER from enrichment scores and their null, as GSEApy computes them.

use std::collections::HashMap;

use crate::parallel;

/// Statistics of the sets of one library.
#[derive(Clone, Debug, PartialEq)]
pub struct Statistics {
    /// Normalised enrichment scores.
    pub nes: Vec<f64>,
    /// Share of permutations of the same sign that score at least as far from 0; 1 where none has that sign.
    pub p: Vec<f64>,
    /// False-discovery rates.
    pub fdr: Vec<f64>,
    /// Family-wise error rates.
    pub fwer: Vec<f64>,
}

/// Sums of the null scores that are at least 0 and below 0, and how many there are.
#[derive(Clone, Copy)]
struct Sums {
    positive: (f64, u32),
    negative: (f64, u32),
}

impl Sums {
    fn of(null: &[f64]) -> Self {
        let (mut positive, mut negative, mut n_positive, mut n_negative) = (0.0, 0.0, 0u32, 0u32);
        // Without branches, which no processor could foresee; adding 0 changes no sum.
        for &score in null {
            positive += if score >= 0.0 { score } else { 0.0 };
            negative += if score < 0.0 { score } else { 0.0 };
            n_positive += u32::from(score >= 0.0);
            n_negative += u32::from(score < 0.0);
        }
        Self { positive: (positive, n_positive), negative: (negative, n_negative) }
    }

    /// Their means; the set's own score where there is none.
    fn means(self, es: f64) -> (f64, f64) {
        let mean = |(sum, n): (f64, u32)| if n > 0 { sum / f64::from(n) } else { es };
        (mean(self.positive), mean(self.negative))
    }
}

fn normalise(score: f64, (positive, negative): (f64, f64)) -> f64 {
    score / if score >= 0.0 { positive } else { negative.abs() }
}

/// Nominal p of a score among null scores.
pub(super) fn nominal_p(es: f64, null: &[f64]) -> f64 {
    let (same_sign, as_far) = if es < 0.0 {
        (null.iter().filter(|&&x| x < 0.0).count(), null.iter().filter(|&&x| x <= es).count())
    } else {
        (null.iter().filter(|&&x| x >= 0.0).count(), null.iter().filter(|&&x| x >= es).count())
    };
    if same_sign == 0 { 1.0 } else { as_far as f64 / same_sign as f64 }
}

/// Sets counted together; the counts are whole numbers, so their sum does not depend on the threads.
const TOGETHER: usize = 256;

/// All statistics of the sets of one library: `es[set]`, `null[set][permutation]`. Sets may share their null scores, which
/// then are looked at once.
pub fn statistics(es: &[f64], null: &[&[f64]]) -> Statistics {
    let permutations = null.first().map_or(0, |scores| scores.len());
    let (shared, of_set) = distinct(null);
    let sums = parallel::map(shared.len(), |i| Sums::of(shared[i]));
    let means: Vec<(f64, f64)> = of_set.iter().zip(es).map(|(&own, &es)| sums[own].means(es)).collect();
    let nes: Vec<f64> = es.iter().zip(&means).map(|(&es, &means)| normalise(es, means)).collect();
    let p = parallel::map(es.len(), |i| nominal_p(es[i], null[i]));
    let scale = Scale::new(&nes);
    let alike = alike(&of_set, &means);
    let (mut highest, mut lowest) = (vec![0.0f64; permutations], vec![0.0f64; permutations]);
    let mut counts = Counts::new(&scale);
    for (part, high, low) in parallel::map(alike.len().div_ceil(TOGETHER), |group| {
        let members = &alike[group * TOGETHER..((group + 1) * TOGETHER).min(alike.len())];
        let (mut high, mut low) = (vec![0.0f64; permutations], vec![0.0f64; permutations]);
        let mut counts = Counts::new(&scale);
        let mut normalised = vec![0.0; permutations];
        for &(set, times) in members {
            for (out, &score) in normalised.iter_mut().zip(null[set]) {
                *out = normalise(score, means[set]);
            }
            for ((&x, high), low) in normalised.iter().zip(&mut high).zip(&mut low) {
                *high = x.max(*high);
                *low = x.min(*low);
            }
            normalised.iter().for_each(|&x| counts.add(&scale, x, times));
        }
        (counts, high, low)
    }) {
        counts.merge(&part);
        highest.iter_mut().zip(high).for_each(|(a, b)| *a = a.max(b));
        lowest.iter_mut().zip(low).for_each(|(a, b)| *a = a.min(b));
    }
    let fwer = family_wise(&nes, highest, lowest);
    Statistics { fdr: counts.rates(&scale, &nes), p, fwer, nes }
}

/// Null scores that are not the same memory, and which of them each set has.
fn distinct<'a>(null: &[&'a [f64]]) -> (Vec<&'a [f64]>, Vec<usize>) {
    let mut known = HashMap::new();
    let mut shared = Vec::new();
    let of_set = null.iter().map(|&scores| {
        *known.entry((scores.as_ptr(), scores.len())).or_insert_with(|| {
            shared.push(scores);
            shared.len() - 1
        })
    });
    let of_set = of_set.collect();
    (shared, of_set)
}

/// The first of the sets whose normalised null scores are the same, and how many they are.
fn alike(of_set: &[usize], means: &[(f64, f64)]) -> Vec<(usize, u64)> {
    let mut known = HashMap::new();
    let mut alike: Vec<(usize, u64)> = Vec::new();
    for (set, (&own, &(positive, negative))) in of_set.iter().zip(means).enumerate() {
        let place = *known.entry((own, positive.to_bits(), negative.to_bits())).or_insert_with(|| {
            alike.push((set, 0));
            alike.len() - 1
        });
        alike[place].1 += 1;
    }
    alike
}

fn family_wise(nes: &[f64], mut highest: Vec<f64>, mut lowest: Vec<f64>) -> Vec<f64> {
    highest.sort_unstable_by(f64::total_cmp);
    lowest.sort_unstable_by(f64::total_cmp);
    let negative = lowest.partition_point(|&x| x < 0.0) as f64;
    nes.iter()
        .map(|&e| {
            if e < 0.0 {
                lowest.partition_point(|&x| x < e) as f64 / negative
            } else if e.is_nan() {
                0.0
            } else {
                (highest.len() - highest.partition_point(|&x| x < e)) as f64 / highest.len() as f64
            }
        })
        .collect()
}

/// Observed values in order, and where to look for the first that is not below a null value.
struct Scale {
    /// Observed values, ascending.
    observed: Vec<f64>,
    /// They and one beyond all.
    bounded: Vec<f64>,
    /// For each bucket of the value range the first candidate; marked where the bucket has several observed values, so
    /// that a null value in it must be compared with more than the first.
    first: Vec<u32>,
    low: f64,
    per_bucket: f64,
}

/// Buckets over the range of observed values: many more than these, so that few null values must be compared.
const BUCKETS: usize = 1 << 16;
/// The mark of a bucket with several observed values.
const MARK: u32 = 1 << 31;

impl Scale {
    fn new(nes: &[f64]) -> Self {
        let mut observed: Vec<f64> = nes.iter().copied().filter(|x| !x.is_nan()).collect();
        observed.sort_unstable_by(f64::total_cmp);
        let low = observed.first().copied().unwrap_or(0.0);
        let high = observed.last().copied().unwrap_or(0.0);
        let per_bucket =
            if high > low && (high - low).is_finite() { BUCKETS as f64 / (high - low) } else { 0.0 };
        let bucket = |x: f64| (((x - low) * per_bucket) as usize).min(BUCKETS);
        let mut first = Vec::with_capacity(BUCKETS + 1);
        let mut place = 0;
        for b in 0..=BUCKETS {
            let start = place;
            while place < observed.len() && bucket(observed[place]) <= b {
                place += 1;
            }
            first.push(start as u32 | if place > start + 1 { MARK } else { 0 });
        }
        let bounded = observed.iter().copied().chain([f64::INFINITY]).collect();
        Self { observed, bounded, first, low, per_bucket }
    }
}

/// Null values counted between observed ones, without sorting the millions of them.
struct Counts {
    /// `between[i]`: null values x with observed[i − 1] < x ≤ observed[i].
    between: Vec<u64>,
    /// Those equal to observed[i], for counting ≥.
    equal: Vec<u64>,
    negative: u64,
    all: u64,
}

impl Counts {
    fn new(scale: &Scale) -> Self {
        let n = scale.observed.len();
        Self { between: vec![0; n + 1], equal: vec![0; n + 1], negative: 0, all: 0 }
    }

    /// Counts a null value so many times. 0/0, of a set without any null score above 0, is no value; GSEApy sorts such values
    /// among the others by a comparison that is no order, so that its FDR depends on the sort's inner workings.
    #[inline]
    fn add(&mut self, scale: &Scale, x: f64, times: u64) {
        if x.is_nan() {
            return;
        }
        self.all += times;
        self.negative += u64::from(x < 0.0) * times;
        let bucket = (((x - scale.low) * scale.per_bucket) as usize).min(BUCKETS);
        let first = scale.first[bucket];
        let mut place = (first & !MARK) as usize;
        // Adding the comparison, not asking it: whether it holds cannot be foreseen.
        place += usize::from(scale.bounded[place] < x);
        if first & MARK != 0 {
            while scale.bounded[place] < x {
                place += 1;
            }
        }
        if scale.bounded[place] == x {
            self.equal[place] += times;
        }
        self.between[place] += times;
    }

    fn merge(&mut self, other: &Self) {
        self.between.iter_mut().zip(&other.between).for_each(|(a, b)| *a += b);
        self.equal.iter_mut().zip(&other.equal).for_each(|(a, b)| *a += b);
        self.negative += other.negative;
        self.all += other.all;
    }

    /// FDR of each observed value in its original order.
    fn rates(&self, scale: &Scale, nes: &[f64]) -> Vec<f64> {
        let mut up_to = Vec::with_capacity(self.between.len());
        let mut sum = 0;
        for &count in &self.between {
            sum += count;
            up_to.push(sum);
        }
        let observed_negative = scale.observed.partition_point(|&x| x < 0.0);
        nes.iter().map(|&e| self.rate(scale, e, &up_to, observed_negative)).collect()
    }

    fn rate(&self, scale: &Scale, e: f64, up_to: &[u64], observed_negative: usize) -> f64 {
        if e.is_nan() {
            return 1.0;
        }
        let first = scale.observed.partition_point(|&x| x < e);
        let (as_far, all, observed_as_far, observed_all) = if e < 0.0 {
            // Null values ≤ e: all up to the first occurrence of e among the observed.
            (up_to[first], self.negative, scale.observed.partition_point(|&x| x <= e), observed_negative)
        } else {
            let below = up_to[first] - self.equal[first];
            (
                self.all - below,
                self.all - self.negative,
                scale.observed.len() - first,
                scale.observed.len() - observed_negative,
            )
        };
        let null_share = if all > 0 { as_far as f64 / all as f64 } else { 0.0 };
        let observed_share =
            if observed_all > 0 { observed_as_far as f64 / observed_all as f64 } else { 0.0 };
        if observed_share == 0.0 { 1.0 } else { (null_share / observed_share).clamp(0.0, 1.0) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// GSEApy's counts, by looking at every value.
    fn naive_fdr(nes: &[f64], null: &[f64]) -> Vec<f64> {
        let share = |part: usize, all: usize| if all > 0 { part as f64 / all as f64 } else { 0.0 };
        nes.iter()
            .map(|&e| {
                let (a, b) = if e < 0.0 {
                    (
                        share(
                            null.iter().filter(|&&x| x <= e).count(),
                            null.iter().filter(|&&x| x < 0.0).count(),
                        ),
                        share(
                            nes.iter().filter(|&&x| x <= e).count(),
                            nes.iter().filter(|&&x| x < 0.0).count(),
                        ),
                    )
                } else {
                    (
                        share(
                            null.iter().filter(|&&x| x >= e).count(),
                            null.iter().filter(|&&x| x >= 0.0).count(),
                        ),
                        share(
                            nes.iter().filter(|&&x| x >= e).count(),
                            nes.iter().filter(|&&x| x >= 0.0).count(),
                        ),
                    )
                };
                if b == 0.0 { 1.0 } else { (a / b).clamp(0.0, 1.0) }
            })
            .collect()
    }

    proptest! {
        #[test]
        fn counting_equals_looking_at_every_value(nes in proptest::collection::vec(-20i8..20, 1..30), null in proptest::collection::vec(-25i8..25, 0..200)) {
            let nes: Vec<f64> = nes.iter().map(|&x| f64::from(x) / 8.0).collect();
            let null: Vec<f64> = null.iter().map(|&x| f64::from(x) / 8.0).collect();
            let scale = Scale::new(&nes);
            let mut counts = Counts::new(&scale);
            null.iter().for_each(|&x| counts.add(&scale, x, 1));
            prop_assert_eq!(counts.rates(&scale, &nes), naive_fdr(&nes, &null));
        }
    }

    #[test]
    fn null_scores_that_sets_share_count_as_often_as_each_its_own() {
        let one: Vec<f64> = (0..90).map(|i| f64::from(i * 37 % 91) / 50.0 - 0.8).collect();
        let two: Vec<f64> = one.iter().map(|x| x.abs() + 0.01).collect();
        let es = [0.9, -0.4, 0.3, -0.2, 0.7, 0.05];
        let shared: Vec<&[f64]> = [&one, &one, &two, &two, &one, &two].map(Vec::as_slice).to_vec();
        let own: Vec<Vec<f64>> = shared.iter().map(|scores| scores.to_vec()).collect();
        let own: Vec<&[f64]> = own.iter().map(Vec::as_slice).collect();
        assert_eq!(statistics(&es, &shared), statistics(&es, &own));
    }

    #[test]
    fn p_is_a_share_of_the_same_sign() {
        assert_eq!(nominal_p(0.5, &[0.6, 0.4, -0.9]), 0.5);
        assert_eq!(nominal_p(-0.5, &[0.6, 0.4]), 1.0);
    }
}
