//! Sorting networks: the comparisons do not depend on the values, so many short lists are sorted side by side.

#![allow(unsafe_code)] // leaving out a check that the constructor has made

use std::sync::OnceLock;

/// Longest list sorted by comparators; lanes of a longer one are sorted one by one.
const LONGEST: usize = 600;

/// Comparators for every length, made when they are first wanted, for thousands of rankings: 14 MB if all lengths are.
static COMPARATORS: [OnceLock<Vec<(u16, u16)>>; LONGEST + 1] = [const { OnceLock::new() }; LONGEST + 1];

/// How lists of one length are sorted.
#[derive(Clone, Copy)]
pub(super) struct Network {
    length: usize,
    /// Pairs below `length` to be put in order one after another.
    pairs: &'static [(u16, u16)],
}

impl Network {
    /// For lists of so many items.
    pub(super) fn of(length: usize) -> Self {
        let made = COMPARATORS.get(length).map(|made| {
            made.get_or_init(|| {
                let pairs = comparators(length);
                assert!(pairs.iter().all(|&(i, j)| i < j && usize::from(j) < length));
                pairs
            })
        });
        Self { length, pairs: made.map_or(&[], Vec::as_slice) }
    }

    /// Without comparators, lane by lane.
    #[cfg(test)]
    pub(super) fn none(length: usize) -> Self {
        Self { length, pairs: &[] }
    }

    /// Sorts every lane of as many rows as the network is for.
    ///
    /// # Panics
    /// If there are more or fewer rows.
    #[inline(always)]
    pub(super) fn sort<P: Copy + Ord, const LANES: usize>(self, rows: &mut [[P; LANES]]) {
        assert_eq!(rows.len(), self.length);
        if self.pairs.is_empty() {
            return sort_each(rows);
        }
        for &(i, j) in self.pairs {
            // SAFETY: i < j < length, which was checked when the pairs were made, and there are `length` rows.
            let [low, high] = unsafe { rows.get_disjoint_unchecked_mut([usize::from(i), usize::from(j)]) };
            let (a, b) = (*low, *high);
            for lane in 0..LANES {
                low[lane] = a[lane].min(b[lane]);
                high[lane] = a[lane].max(b[lane]);
            }
        }
    }
}

fn sort_each<P: Copy + Ord, const LANES: usize>(rows: &mut [[P; LANES]]) {
    let mut column: Vec<P> = Vec::with_capacity(rows.len());
    for lane in 0..LANES {
        column.clear();
        column.extend(rows.iter().map(|row| row[lane]));
        column.sort_unstable();
        for (row, &item) in rows.iter_mut().zip(&column) {
            row[lane] = item;
        }
    }
}

/// Pairs (i, j), i < j, to be put in order one after another: Batcher's odd–even merge sort for `n` items.
fn comparators(n: usize) -> Vec<(u16, u16)> {
    let mut pairs = Vec::new();
    let mut p = 1;
    while p < n {
        let mut k = p;
        while k >= 1 {
            let mut j = k % p;
            while j + k < n {
                for i in 0..k.min(n - j - k) {
                    if (i + j) / (2 * p) == (i + j + k) / (2 * p) {
                        pairs.push(((i + j) as u16, (i + j + k) as u16));
                    }
                }
                j += 2 * k;
            }
            k /= 2;
        }
        p *= 2;
    }
    pairs
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn sorts_any_list(mut values in proptest::collection::vec(0u16..50, 0..70)) {
            let mut sorted = values.clone();
            sorted.sort_unstable();
            for (i, j) in comparators(values.len()) {
                let (i, j) = (usize::from(i), usize::from(j));
                if values[i] > values[j] {
                    values.swap(i, j);
                }
            }
            prop_assert_eq!(values, sorted);
        }
    }
}
