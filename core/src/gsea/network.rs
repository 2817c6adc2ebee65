//! Sorting networks: the comparisons do not depend on the values, so many short lists are sorted side by side.

/// Pairs (i, j), i < j, to be put in order one after another: Batcher's odd–even merge sort for `n` items.
pub fn comparators(n: usize) -> Vec<(u32, u32)> {
    let mut pairs = Vec::new();
    let mut p = 1;
    while p < n {
        let mut k = p;
        while k >= 1 {
            let mut j = k % p;
            while j + k < n {
                for i in 0..k.min(n - j - k) {
                    if (i + j) / (2 * p) == (i + j + k) / (2 * p) {
                        pairs.push(((i + j) as u32, (i + j + k) as u32));
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
                if values[i as usize] > values[j as usize] {
                    values.swap(i as usize, j as usize);
                }
            }
            prop_assert_eq!(values, sorted);
        }
    }
}
