//! How many concepts a dictionary is given where nobody says: from the data.
//!
//! The *effective rank* of embeddings is the exponential of the entropy of their covariance's eigenvalues, each as a
//! share of their sum (Roy and Vetterli 2007): 8 for embeddings that spread evenly over 8 directions. A ladder of 2, 4, 8, 12 and
//! 20 times as many concepts is trained, each rung on nine tenths of the cells, and measured on the rest. Among rungs
//! with at most a tenth of dead concepts the smallest is chosen whose R² is within 0.005 of the best.

mod rank;
mod rung;

pub use rank::effective_rank;
pub use rung::{Rung, active_by_default, choose, climb};

use super::train::{Purpose, below, generator};

/// Multiples of the effective rank.
pub const MULTIPLES: [u32; 5] = [2, 4, 8, 12, 20];
/// Largest share of dead concepts.
pub const MOST_DEAD: f64 = 0.1;
/// How far below the best R² a smaller rung may be.
pub const TOLERANCE: f64 = 0.005;
/// Share of cells that rungs are measured on.
pub const HELD_OUT: f64 = 0.1;
/// Most cells that rungs are trained and measured on.
pub const MOST_CELLS: usize = 20_000;
/// Cells that each concept has at least.
const CELLS_OF_A_CONCEPT: usize = 10;

/// Rows of the cells used: all, or a seeded sample of [`MOST_CELLS`], ascending.
pub fn sample(cells: usize, seed: u64) -> Vec<usize> {
    if cells <= MOST_CELLS {
        return (0..cells).collect();
    }
    // Floyd's sampling: each cell once, every set of cells equally likely.
    let mut random = generator(seed, Purpose::Size);
    let mut chosen = std::collections::BTreeSet::new();
    for last in cells - MOST_CELLS..cells {
        let cell = below(&mut random, u32::try_from(last + 1).unwrap_or(u32::MAX)) as usize;
        if !chosen.insert(cell) {
            chosen.insert(last);
        }
    }
    chosen.into_iter().collect()
}

/// Sizes to try, ascending: concepts c and active ones k. `active` fixes k; otherwise it follows c. A rung has at most
/// one concept for ten cells, but more than k.
pub fn rungs(effective_rank: f64, cells: usize, active: Option<usize>) -> Vec<(usize, usize)> {
    let most = cells / CELLS_OF_A_CONCEPT;
    let mut sizes: Vec<(usize, usize)> = MULTIPLES
        .iter()
        .map(|&multiple| {
            let wished = (f64::from(multiple) * effective_rank).round().max(1.0) as usize;
            let size = wished.min(most);
            let size = size.max(active.unwrap_or_else(|| active_by_default(size)) + 1);
            (size, active.unwrap_or_else(|| active_by_default(size)))
        })
        .collect();
    sizes.sort_unstable();
    sizes.dedup();
    sizes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_seeded_and_has_no_cell_twice() {
        assert_eq!(sample(5, 1), [0, 1, 2, 3, 4]);
        let cells = sample(50_000, 1);
        assert_eq!(cells.len(), MOST_CELLS);
        assert!(cells.windows(2).all(|pair| pair[0] < pair[1]) && cells[MOST_CELLS - 1] < 50_000);
        assert_eq!(cells, sample(50_000, 1));
        assert_ne!(cells, sample(50_000, 2));
        let mean = cells.iter().sum::<usize>() as f64 / MOST_CELLS as f64;
        assert!((mean - 25_000.0).abs() < 400.0, "{mean}");
    }

    #[test]
    fn rungs_follow_the_effective_rank_and_the_cells() {
        assert_eq!(rungs(8.97, 2638, None), [(18, 3), (36, 3), (72, 3), (108, 3), (179, 3)]);
        assert_eq!(rungs(30.2, 1_000_000, None), [(60, 3), (121, 3), (242, 4), (362, 6), (604, 10)]);
        assert_eq!(rungs(8.97, 500, None), [(18, 3), (36, 3), (50, 3)], "a concept for ten cells");
        assert_eq!(rungs(8.97, 2638, Some(20)), [(21, 20), (36, 20), (72, 20), (108, 20), (179, 20)]);
        assert_eq!(rungs(1.0, 30, None), [(4, 3)], "more concepts than active ones");
        assert_eq!(rungs(1.0, 2, None), [(4, 3)]);
    }
}
