//! Counts of cells, drawn at the same time on several threads with the numbers that one generator gives one cell after
//! another: a gene takes three of them unless its expectation is large, so that a walk which draws nothing else finds where
//! each cell begins. And most counts are zero: two numbers alone tell for most of them.

use super::{
    DEPTH_SD, NOISE_SD, SimulateOptions,
    random::{PART, Random},
    shares::Shares,
    state::State,
};
use crate::parallel;

/// Shares held at once, as numbers.
const HELD: usize = 1 << 22;
/// Cells of a block, where genes are few.
const MOST_CELLS: usize = 512;
/// More than what noise multiplies with: no radius drawn from 53 bits is above 8.6.
const MOST_NOISE: f64 = 14.0;
/// Parts of the first and of the second uniform number for which a bound of the noise is kept.
const BOUNDS: (usize, usize) = (128, 64);

/// A cell's counts: genes rising.
pub(super) type Row = Vec<(u32, f32)>;

/// Draws the counts of cells, some at a time.
pub(super) struct Counts<'a> {
    options: &'a SimulateOptions,
    states: &'a [State],
    shares: &'a Shares,
    /// Mean share of each gene over all cells.
    ambient: Vec<f64>,
    random: Random,
    bounds: Vec<f32>,
    next: usize,
}

impl<'a> Counts<'a> {
    /// Counts of these cells; the ambient part is the average of all.
    pub(super) fn new(
        options: &'a SimulateOptions,
        states: &'a [State],
        shares: &'a Shares,
        random: Random,
    ) -> Self {
        let mut ambient = vec![0.0; options.genes];
        for block in states.chunks(block(options)) {
            let cells = parallel::map(block.len(), |cell| shares.in_cell(&block[cell]));
            for cell in &cells {
                for (sum, share) in ambient.iter_mut().zip(cell) {
                    *sum += share / options.cells as f64;
                }
            }
        }
        Self { options, states, shares, ambient, random, bounds: bounds(), next: 0 }
    }

    fn mean(&self, depth: f64, share: f64, gene: usize, noise: f64) -> f64 {
        let ambient = self.options.ambient;
        depth * ((1.0 - ambient) * share * noise + ambient * self.ambient[gene])
    }

    /// Advances `random` as far as the cell with these shares takes it.
    fn pass(&self, random: &mut Random, shares: &[f64]) {
        let depth = depth(self.options, random);
        for (gene, &share) in shares.iter().enumerate() {
            let most = self.mean(depth, share, gene, MOST_NOISE);
            if most < PART && most > f64::MIN_POSITIVE {
                random.skip(3);
            } else {
                let mut mean = self.mean(depth, share, gene, noise(random.normal()));
                while mean > 0.0 {
                    mean -= mean.min(PART);
                    random.skip(1);
                }
            }
        }
    }

    fn draw(&self, mut random: Random, shares: &[f64]) -> Row {
        let depth = depth(self.options, &mut random);
        let mut row = Row::new();
        for (gene, &share) in shares.iter().enumerate() {
            let (first, second) = (random.uniform(), random.uniform());
            let bound = f64::from(self.bounds[cell_of_bound(first, second)]);
            let most = self.mean(depth, share, gene, bound);
            if most < PART && most > f64::MIN_POSITIVE {
                let last = random.uniform();
                // exp(−x) from below, by an even number of terms.
                if last < 1.0 - most * (1.0 - most * (0.5 - most / 6.0)) - 1e-9 {
                    continue;
                }
                let mean = self.mean(depth, share, gene, noise(Random::normal_of(first, second)));
                let count = Random::poisson_of(mean, || last);
                push(&mut row, gene, count);
            } else {
                let mean = self.mean(depth, share, gene, noise(Random::normal_of(first, second)));
                let count = random.poisson(mean);
                push(&mut row, gene, count);
            }
        }
        row
    }
}

impl Iterator for Counts<'_> {
    type Item = Vec<Row>;

    /// The next cells.
    fn next(&mut self) -> Option<Vec<Row>> {
        let rest = self.states.get(self.next..).filter(|rest| !rest.is_empty())?;
        let block = &rest[..block(self.options).min(rest.len())];
        let shares = parallel::map(block.len(), |cell| self.shares.in_cell(&block[cell]));
        let mut random = self.random.clone();
        let starts: Vec<Random> = shares
            .iter()
            .map(|shares| {
                let start = random.clone();
                self.pass(&mut random, shares);
                start
            })
            .collect();
        self.random = random;
        self.next += block.len();
        Some(parallel::map(block.len(), |cell| self.draw(starts[cell].clone(), &shares[cell])))
    }
}

fn push(row: &mut Row, gene: usize, count: u64) {
    if count > 0 {
        row.push((gene as u32, count as f32));
    }
}

fn block(options: &SimulateOptions) -> usize {
    (HELD / options.genes.max(1)).clamp(1, MOST_CELLS)
}

fn depth(options: &SimulateOptions, random: &mut Random) -> f64 {
    options.depth * (DEPTH_SD * random.normal()).exp()
}

/// What a normal number multiplies a share with.
fn noise(normal: f64) -> f64 {
    (NOISE_SD * normal - NOISE_SD * NOISE_SD / 2.0).exp()
}

fn cell_of_bound(first: f64, second: f64) -> usize {
    (first * BOUNDS.0 as f64) as usize * BOUNDS.1 + (second * BOUNDS.1 as f64) as usize
}

/// The largest noise that two uniform numbers give, by the parts of [0, 1) that they are in.
fn bounds() -> Vec<f32> {
    let radius = |u: f64| (-2.0 * (1.0 - u).max(1e-17).ln()).sqrt();
    let turn = |u: f64| (std::f64::consts::TAU * u).cos();
    let mut bounds = Vec::with_capacity(BOUNDS.0 * BOUNDS.1);
    for i in 0..BOUNDS.0 {
        let (low, high) = (i as f64 / BOUNDS.0 as f64, (i + 1) as f64 / BOUNDS.0 as f64);
        for j in 0..BOUNDS.1 {
            // The cosine falls, then rises: it is largest at an end of each part.
            let (start, end) = (j as f64 / BOUNDS.1 as f64, (j + 1) as f64 / BOUNDS.1 as f64);
            let most = turn(start).max(turn(end));
            let normal = most * if most > 0.0 { radius(high) } else { radius(low) };
            bounds.push((noise(normal) * 1.000_01) as f32);
        }
    }
    bounds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_bounds_and_near() {
        let (bounds, mut random) = (bounds(), Random::of_seed(3));
        let mut ratio = 0.0;
        for _ in 0..200_000 {
            let (first, second) = (random.uniform(), random.uniform());
            let bound = f64::from(bounds[cell_of_bound(first, second)]);
            let found = noise(Random::normal_of(first, second));
            assert!(found <= bound && bound < MOST_NOISE);
            ratio += bound / found;
        }
        assert!(ratio / 200_000.0 < 1.1, "{ratio}");
    }

    #[test]
    fn no_noise_is_above_what_the_walk_takes_for_the_most() {
        let largest = 1.0 - 1.0 / (1u64 << 53) as f64;
        assert!(noise(Random::normal_of(largest, 0.0)) < MOST_NOISE);
    }
}
