//! Sorting where bytes of code matter more than time: the page sorts dozens of short lists, and each kind of row would bring a
//! sort of its own, of five kilobytes. Here places are sorted, by one compiled function; then the rows are moved.

use std::cmp::Ordering;

/// Sorts like `slice::sort_by`: equal values stay in their order.
///
/// ```
/// let mut rows = [("b", 2), ("a", 1), ("c", 2)];
/// cellprism_core::order::sort_by(&mut rows, |x, y| y.1.cmp(&x.1));
/// assert_eq!(rows, [("b", 2), ("c", 2), ("a", 1)]);
/// ```
pub fn sort_by<T>(values: &mut [T], mut compare: impl FnMut(&T, &T) -> Ordering) {
    let mut order: Vec<usize> = (0..values.len()).collect();
    places(&mut order, &mut |a, b| compare(&values[a], &values[b]));
    for start in 0..order.len() {
        // a cycle of the permutation, moved by swaps
        let mut at = start;
        while order[at] != start {
            let next = order[at];
            values.swap(at, next);
            order[at] = at;
            at = next;
        }
        order[at] = at;
    }
}

/// Sorts like `slice::sort_by_key`.
///
/// ```
/// let mut words = ["pear", "fig", "plum"];
/// cellprism_core::order::sort_by_key(&mut words, |word| word.len());
/// assert_eq!(words, ["fig", "pear", "plum"]);
/// ```
pub fn sort_by_key<T, K: Ord>(values: &mut [T], mut key: impl FnMut(&T) -> K) {
    sort_by(values, |a, b| key(a).cmp(&key(b)));
}

fn places(order: &mut [usize], compare: &mut dyn FnMut(usize, usize) -> Ordering) {
    order.sort_by(|&a, &b| compare(a, b));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_sorts_as_the_standard_library_does(keys in prop::collection::vec(0u8..8, 0..60)) {
            let mut rows: Vec<(u8, usize)> = keys.iter().copied().zip(0..).collect();
            let mut expected = rows.clone();
            sort_by_key(&mut rows, |row| std::cmp::Reverse(row.0));
            expected.sort_by_key(|row| std::cmp::Reverse(row.0));
            prop_assert_eq!(rows, expected);
        }
    }
}
