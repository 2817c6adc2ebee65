//! Sorting without asking: the comparisons do not depend on the values, so many lists are sorted side by side, one in each lane
//! of rows.
//!
//! Blocks of [`BLOCK`] rows are sorted in registers, by the network of M. W. Green with its 60 comparisons. Runs of blocks are
//! merged by K. E. Batcher's bitonic rule, whose last steps stay within blocks, too.

use super::places::{LANES, Place};
use crate::simd::Simd;

/// Rows that are sorted in registers.
pub(super) const BLOCK: usize = 16;

/// Orders pairs of rows one after the other. Written out, so that the rows stay in registers.
macro_rules! order_pairs {
    ($simd:ident, $rows:ident: $($low:literal $high:literal),* $(,)?) => {
        $(
            let (a, b) = ($rows[$low], $rows[$high]);
            $rows[$low] = P::least($simd, a, b);
            $rows[$high] = P::most($simd, a, b);
        )*
    };
}

/// Green's comparisons of 16 rows, in an order that lets neighbours run at the same time.
#[inline(always)]
fn green<S: Simd, P: Place>(simd: S, mut rows: [P::Vector<S>; BLOCK]) -> [P::Vector<S>; BLOCK] {
    order_pairs!(simd, rows:
        0 13, 1 12, 2 15, 3 14, 4 8, 5 6, 7 11, 9 10,
        0 5, 1 7, 2 9, 3 4, 6 13, 8 14, 10 15, 11 12,
        0 1, 2 3, 4 5, 6 8, 7 9, 10 11, 12 13, 14 15,
        0 2, 1 3, 4 10, 5 11, 6 7, 8 9, 12 14, 13 15,
        1 2, 3 12, 4 6, 5 7, 8 10, 9 11, 13 14,
        1 4, 2 6, 5 8, 7 10, 9 13, 11 14,
        2 4, 3 6, 9 12, 11 13,
        3 5, 6 8, 7 9, 10 12,
        3 4, 5 6, 7 8, 9 10, 11 12,
        6 7, 8 9,
    );
    rows
}

/// The last four steps of a bitonic merge: rows 8, 4, 2 and 1 apart.
#[inline(always)]
fn within<S: Simd, P: Place>(simd: S, mut rows: [P::Vector<S>; BLOCK]) -> [P::Vector<S>; BLOCK] {
    order_pairs!(simd, rows:
        0 8, 1 9, 2 10, 3 11, 4 12, 5 13, 6 14, 7 15,
        0 4, 1 5, 2 6, 3 7, 8 12, 9 13, 10 14, 11 15,
        0 2, 1 3, 4 6, 5 7, 8 10, 9 11, 12 14, 13 15,
        0 1, 2 3, 4 5, 6 7, 8 9, 10 11, 12 13, 14 15,
    );
    rows
}

/// Sorts every lane.
#[inline(always)]
pub(super) fn sort<S: Simd, P: Place>(simd: S, rows: &mut Vec<[P; LANES]>) {
    let n = rows.len();
    // Rows that come last are what whole blocks want, and are taken away again.
    rows.resize(n.next_multiple_of(BLOCK), [P::LAST; LANES]);
    for block in rows.as_chunks_mut::<BLOCK>().0 {
        in_registers::<S, P, false>(simd, block);
    }
    let mut sorted = BLOCK;
    while sorted < rows.len() {
        for run in rows.chunks_mut(2 * sorted) {
            if run.len() > sorted {
                merge(simd, run, sorted);
            }
        }
        sorted *= 2;
    }
    rows.truncate(n);
}

/// Merges the first `sorted` rows with the others, which are no more. What is missing at the end would come last and never move.
#[inline(always)]
fn merge<S: Simd, P: Place>(simd: S, run: &mut [[P; LANES]], sorted: usize) {
    let missing = 2 * sorted - run.len();
    let (first, second) = run.split_at_mut(sorted);
    for (low, high) in first[missing..].iter_mut().zip(second.iter_mut().rev()) {
        order(simd, low, high);
    }
    let mut apart = sorted / 2;
    while apart >= BLOCK {
        for part in run.chunks_mut(2 * apart) {
            if part.len() > apart {
                let (low, high) = part.split_at_mut(apart);
                for (low, high) in low.iter_mut().zip(high) {
                    order(simd, low, high);
                }
            }
        }
        apart /= 2;
    }
    for block in run.as_chunks_mut::<BLOCK>().0 {
        in_registers::<S, P, true>(simd, block);
    }
}

/// Puts the smaller of each lane into `low`, the other into `high`.
#[inline(always)]
fn order<S: Simd, P: Place>(simd: S, low: &mut [P; LANES], high: &mut [P; LANES]) {
    for (low, high) in P::vectors_mut::<S>(low).iter_mut().zip(P::vectors_mut::<S>(high)) {
        let (a, b) = (*low, *high);
        *low = P::least(simd, a, b);
        *high = P::most(simd, a, b);
    }
}

/// Orders the rows of a block, as many lanes at a time as a register holds: any, or those of the last steps of a merge.
#[inline(always)]
fn in_registers<S: Simd, P: Place, const MERGE: bool>(simd: S, block: &mut [[P; LANES]; BLOCK]) {
    for part in 0..P::vectors::<S>(&block[0]).len() {
        // No closures: what is not inlined is compiled without the processor's own instructions.
        let mut rows = [P::vectors::<S>(&block[0])[part]; BLOCK];
        for (kept, row) in rows.iter_mut().zip(&*block) {
            *kept = P::vectors::<S>(row)[part];
        }
        let rows = if MERGE { within::<S, P>(simd, rows) } else { green::<S, P>(simd, rows) };
        for (row, sorted) in block.iter_mut().zip(rows) {
            P::vectors_mut::<S>(row)[part] = sorted;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use pulp::Scalar;

    use super::*;
    use crate::simd::{WithSimd, widest};

    struct Sort<'a, P>(&'a mut Vec<[P; LANES]>);

    impl<P: Place> WithSimd for Sort<'_, P> {
        type Output = ();

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            sort(simd, self.0);
        }
    }

    fn by_lane<P: Place>(rows: &[[P; LANES]]) -> Vec<Vec<P>> {
        let lane = |lane: usize| rows.iter().map(move |row| row[lane]);
        (0..LANES).map(|at| lane(at).collect()).collect()
    }

    fn check<P: Place + std::fmt::Debug>(values: &[u16]) {
        let rows = values.chunks_exact(LANES);
        let rows: Vec<[P; LANES]> =
            rows.map(|row| std::array::from_fn(|lane| P::from_index(row[lane].into()))).collect();
        let mut sorted = by_lane(&rows);
        sorted.iter_mut().for_each(|lane| lane.sort_unstable());
        let (mut wide, mut scalar) = (rows.clone(), rows);
        widest(Sort(&mut wide));
        sort(Scalar::new(), &mut scalar);
        assert_eq!(by_lane(&wide), sorted);
        assert_eq!(by_lane(&scalar), sorted);
    }

    proptest! {
        #[test]
        fn sorts_every_lane(rows in 0usize..200, seed in any::<u64>(), few in any::<bool>()) {
            let mixed = |i: usize| (seed ^ (i as u64 + 1)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 48;
            let most = if few { 7 } else { u64::from(u16::MAX) + 1 };
            let values: Vec<u16> = (0..rows * LANES).map(|i| (mixed(i) % most) as u16).collect();
            check::<u16>(&values);
            check::<u32>(&values);
        }
    }

    /// What sorts all lists of two values sorts any list.
    #[test]
    fn a_block_sorts_all_lists_of_zeros_and_ones() {
        for first in (0..1u32 << BLOCK).step_by(LANES) {
            let row = |row: usize| std::array::from_fn(|lane| (((first + lane as u32) >> row) & 1) as u16);
            let mut rows: Vec<[u16; LANES]> = (0..BLOCK).map(row).collect();
            widest(Sort(&mut rows));
            assert!(rows.is_sorted_by(|a, b| a.iter().zip(b).all(|(a, b)| a <= b)));
        }
    }
}
