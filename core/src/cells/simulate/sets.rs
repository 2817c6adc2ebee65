//! The truth as gene sets, with decoys: sets that no program raises, of the same size and mean expression.

use super::Truth;

/// Programs' genes nearest in expression among which a decoy's is chosen.
const NEAREST: usize = 10;
/// Most exchanges that bring a decoy's mean to its program's.
const MOST_EXCHANGES: usize = 200;

/// A gene set.
#[derive(Clone, Debug, PartialEq)]
pub struct TrueSet {
    /// The program's name, or `decoy …`.
    pub name: String,
    /// Mean count of its genes in a cell.
    pub mean: f64,
    /// Its genes, ascending.
    pub genes: Vec<usize>,
}

/// One set a program, named by it, then as many decoys: genes that no program raises, each taken for a gene of the
/// program with about its mean count, so that the set's mean comes out the same where the genes allow it. `means` are the
/// mean counts of the genes.
pub fn true_sets(truth: &Truth, means: &[f64]) -> Vec<TrueSet> {
    let programs = truth.programs.len();
    let genes = means.len();
    let raised =
        |gene: usize| truth.effects[gene * programs..(gene + 1) * programs].iter().any(|&e| e != 0.0);
    let mut free: Vec<usize> = (0..genes).filter(|&gene| !raised(gene)).collect();
    free.sort_by(|&a, &b| means[a].total_cmp(&means[b]).then(a.cmp(&b)));
    let set = |name: String, mut genes: Vec<usize>| {
        genes.sort_unstable();
        let mean = genes.iter().map(|&gene| means[gene]).sum::<f64>() / genes.len().max(1) as f64;
        TrueSet { name, mean, genes }
    };
    let own = |program: usize| (0..genes).filter(move |gene| truth.effects[gene * programs + program] > 0.0);
    let mut sets: Vec<TrueSet> =
        (0..programs).map(|program| set(truth.programs[program].clone(), own(program).collect())).collect();
    let mut used = vec![0u32; genes];
    for program in 0..programs {
        let genes = decoy(&sets[program], &free, means, &mut used);
        sets.push(set(format!("decoy of {}", truth.programs[program]), genes));
    }
    sets
}

/// Genes for one decoy out of `free`, which is sorted by mean. Genes that other decoys have are taken later.
fn decoy(program: &TrueSet, free: &[usize], means: &[f64], used: &mut [u32]) -> Vec<usize> {
    let mut taken = vec![false; free.len()];
    let mut wished: Vec<f64> = program.genes.iter().map(|&gene| means[gene]).collect();
    // The highest first: there are fewest of them.
    wished.sort_by(|a, b| b.total_cmp(a));
    for &mean in wished.iter().take(free.len()) {
        let at = free.partition_point(|&gene| means[gene] < mean);
        let near = nearest(at, free, &taken, |gene| (means[gene] - mean).abs());
        let best = near.into_iter().enumerate().min_by_key(|&(rank, place)| (used[free[place]], rank));
        if let Some((_, place)) = best {
            taken[place] = true;
        }
    }
    let mut sum: f64 = (0..free.len()).filter(|&place| taken[place]).map(|place| means[free[place]]).sum();
    let target: f64 = wished.iter().sum();
    for _ in 0..MOST_EXCHANGES {
        let Some((out, into, change)) = exchange(target - sum, free, &taken, means) else { break };
        (taken[out], taken[into]) = (false, true);
        sum += change;
    }
    let genes: Vec<usize> = (0..free.len()).filter(|&place| taken[place]).map(|place| free[place]).collect();
    genes.iter().for_each(|&gene| used[gene] += 1);
    genes
}

/// Places not taken, nearest first, looking up and down from `at`.
fn nearest(at: usize, free: &[usize], taken: &[bool], distance: impl Fn(usize) -> f64) -> Vec<usize> {
    let (mut low, mut high) = (at, at);
    let mut found = Vec::new();
    while found.len() < NEAREST && (low > 0 || high < free.len()) {
        let down = low > 0 && (high >= free.len() || distance(free[low - 1]) <= distance(free[high]));
        let place = if down {
            low -= 1;
            low
        } else {
            high += 1;
            high - 1
        };
        if !taken[place] {
            found.push(place);
        }
    }
    found
}

/// The exchange of a taken place for a free one that brings the sum nearest to what is missing; nothing where none does.
fn exchange(missing: f64, free: &[usize], taken: &[bool], means: &[f64]) -> Option<(usize, usize, f64)> {
    let mut best: Option<(usize, usize, f64)> = None;
    let mut least = missing.abs();
    let open: Vec<usize> = (0..free.len()).filter(|&place| !taken[place]).collect();
    for out in (0..free.len()).filter(|&place| taken[place]) {
        let wished = means[free[out]] + missing;
        let at = open.partition_point(|&place| means[free[place]] < wished);
        for &into in &open[at.saturating_sub(1)..open.len().min(at + 1)] {
            let change = means[free[into]] - means[free[out]];
            let left = (missing - change).abs();
            // What is gained by less than this is rounding.
            if left < least * (1.0 - 1e-9) {
                least = left;
                best = Some((out, into, change));
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cells::simulate::{SimulateOptions, simulate};

    #[test]
    fn decoys_have_the_size_and_the_mean_of_their_programs_and_no_raised_gene() {
        for options in [
            SimulateOptions { cells: 400, genes: 900, programs: 10, ..SimulateOptions::default() },
            SimulateOptions {
                cells: 400,
                genes: 900,
                programs: 6,
                children: 2,
                rare: 2,
                overlap: 0.3,
                ..SimulateOptions::default()
            },
        ] {
            let simulation = simulate(&options).unwrap();
            let truth = &simulation.truth;
            let programs = truth.programs.len();
            let counts = &simulation.cells.counts;
            let sums = counts.transposed().row_sums();
            let means: Vec<f64> = sums.iter().map(|sum| sum / counts.rows as f64).collect();
            let sets = true_sets(truth, &means);
            assert_eq!(sets.len(), 2 * programs);
            for program in 0..programs {
                let (own, decoy) = (&sets[program], &sets[programs + program]);
                assert_eq!(own.name, truth.programs[program]);
                assert_eq!(decoy.name, format!("decoy of {}", own.name));
                assert_eq!(own.genes.len(), decoy.genes.len());
                assert!(own.genes.iter().all(|gene| truth.effects[gene * programs + program] > 0.0));
                let raised = |gene: &usize| (0..programs).any(|p| truth.effects[gene * programs + p] != 0.0);
                assert!(!decoy.genes.iter().any(raised), "{}", decoy.name);
                assert!(decoy.genes.windows(2).all(|pair| pair[0] < pair[1]), "a gene twice");
                let ratio = decoy.mean / own.mean;
                assert!((0.95..1.05).contains(&ratio), "{}: {} and {}", decoy.name, decoy.mean, own.mean);
            }
            let alike =
                |a: &TrueSet, b: &TrueSet| a.genes.iter().filter(|gene| b.genes.contains(gene)).count();
            let most = (0..programs)
                .flat_map(|a| (0..a).map(move |b| (a, b)))
                .map(|(a, b)| alike(&sets[programs + a], &sets[programs + b]))
                .max();
            assert!(most.unwrap() * 3 <= 2 * sets[0].genes.len(), "decoys are much the same: {most:?}");
        }
    }

    #[test]
    fn the_nearest_are_found_on_both_sides() {
        let means = [0.0f64, 1.0, 2.0, 3.0, 10.0];
        let free = [0, 1, 2, 3, 4];
        let found = nearest(3, &free, &[false, false, true, false, false], |gene| (means[gene] - 2.1).abs());
        assert_eq!(found, [3, 1, 0, 4]);
    }
}
