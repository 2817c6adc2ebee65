//! The k largest of a row, ties to the lowest index.

/// Work space of [`top_k`], kept between rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scratch {
    maxima: Vec<f32>,
    keys: Vec<u64>,
    ordered: Vec<u32>,
    places: Vec<u32>,
}

/// A key that grows with the value and, among equal values, with falling index. NaN counts as the largest.
#[inline(always)]
fn key(value: f32, index: usize) -> u64 {
    (u64::from(ordered(value)) << 32) | u64::from(!(index as u32))
}

/// Bits that are ordered as the numbers are; −0 equals 0.
#[inline(always)]
fn ordered(value: f32) -> u32 {
    let bits = (value + 0.0).to_bits();
    let mask = ((bits as i32 >> 31) as u32) | 0x8000_0000;
    if value.is_nan() { u32::MAX } else { bits ^ mask }
}

/// Indices of the `k` largest values in descending order of value, ties to the lowest index. `1 ≤ k ≤ row.len()`.
///
/// A lower bound of the k-th value leaves few candidates: the row is dealt to at least k groups, and the k-th largest
/// of the groups' maxima cannot exceed the k-th largest value.
#[inline(always)]
pub(crate) fn top_k(row: &[f32], k: usize, scratch: &mut Scratch, indices: &mut [u32]) {
    let candidates = candidates(row, k, scratch);
    if k < candidates.len() {
        candidates.select_nth_unstable_by(k - 1, |a, b| b.cmp(a));
    }
    let best = &mut candidates[..k];
    best.sort_unstable_by(|a, b| b.cmp(a));
    for (index, key) in indices.iter_mut().zip(best) {
        *index = !(*key as u32);
    }
}

/// The same k indices in ascending order.
#[inline(always)]
pub(crate) fn top_k_ascending(row: &[f32], k: usize, scratch: &mut Scratch, indices: &mut [u32]) {
    let candidates = candidates(row, k, scratch);
    if candidates.len() <= FEW {
        let mut keys = [0; FEW];
        keys[..candidates.len()].copy_from_slice(candidates);
        let ranks = ranks(&keys, candidates.len());
        // Candidates come in ascending order already.
        let best = candidates.iter().zip(ranks).filter(|&(_, rank)| (rank as usize) < k);
        for (index, (key, _)) in indices.iter_mut().zip(best) {
            *index = !(*key as u32);
        }
        return;
    }
    if k < candidates.len() {
        candidates.select_nth_unstable_by(k - 1, |a, b| b.cmp(a));
    }
    for (index, key) in indices.iter_mut().zip(&*candidates) {
        *index = !(*key as u32);
    }
    indices[..k].sort_unstable();
}

/// So many are ranked by comparing each with each, many at once, faster than they are sorted.
const FEW: usize = 32;

/// How many of the first `n` items are greater than each.
#[inline(always)]
fn ranks<T: Copy + Ord>(items: &[T; FEW], n: usize) -> [u32; FEW] {
    let mut ranks = [0; FEW];
    for other in &items[..n] {
        for (rank, item) in ranks.iter_mut().zip(items) {
            *rank += u32::from(item < other);
        }
    }
    ranks
}

/// Keys of at least the k largest values, in ascending order of index.
#[inline(always)]
fn candidates<'a>(row: &[f32], k: usize, scratch: &'a mut Scratch) -> &'a mut [u64] {
    let Scratch { maxima, keys, ordered: orders, places } = scratch;
    let bound = lower_bound(row, k, maxima, orders);
    if places.len() < row.len() + 1 {
        places.resize(row.len() + 1, 0);
    }
    // Places first; keys only for the few that are left.
    let mut found = 0;
    let (blocks, rest) = row.as_chunks::<16>();
    let mut at = 0;
    for block in blocks {
        let mut bits = block
            .iter()
            .zip(&BITS)
            .fold(0, |bits, (&v, &bit)| bits | if reaches(v, bound) { bit } else { 0 });
        while bits != 0 {
            places[found] = at + bits.trailing_zeros();
            found += 1;
            bits &= bits - 1;
        }
        at += 16;
    }
    for (l, &v) in rest.iter().enumerate() {
        places[found] = at + l as u32;
        found += usize::from(reaches(v, bound));
    }
    keys.clear();
    keys.extend(places[..found].iter().map(|&place| key(row[place as usize], place as usize)));
    keys
}

/// A bit for each value of a block.
const BITS: [u32; 16] = {
    let mut bits = [0; 16];
    let mut i = 0;
    while i < 16 {
        bits[i] = 1 << i;
        i += 1;
    }
    bits
};

/// Whether a value may be among the largest. NaN may, so that a diverged run is seen.
#[inline(always)]
fn reaches(value: f32, bound: f32) -> bool {
    (value >= bound) | value.is_nan()
}

#[inline(always)]
fn lower_bound(row: &[f32], k: usize, maxima: &mut Vec<f32>, orders: &mut Vec<u32>) -> f32 {
    // About 16 values a group, but more groups than k, and whole vectors of groups.
    let groups = (row.len() / 16).max(2 * k).next_multiple_of(16);
    if groups * 2 > row.len() {
        return f32::NEG_INFINITY;
    }
    maxima.clear();
    maxima.extend_from_slice(&row[..groups]);
    // A vector of groups at a time, so that its maxima stay in a register.
    let parts = row[groups..].chunks_exact(groups);
    raise(maxima, parts.remainder());
    for (number, kept) in maxima.as_chunks_mut::<16>().0.iter_mut().enumerate() {
        let mut most = *kept;
        for part in parts.clone() {
            raise(&mut most, &part[number * 16..(number + 1) * 16]);
        }
        *kept = most;
    }
    orders.clear();
    orders.extend(maxima.iter().map(|&v| ordered(v)));
    // No more than FEW groups are filled up with what is below all of them.
    orders.resize(groups.max(FEW), 0);
    let nth = match <&[u32; FEW]>::try_from(orders.as_slice()) {
        // The k-th largest is the smallest of those that fewer than k exceed.
        Ok(few) => {
            let at_least = few.iter().zip(ranks(few, FEW)).filter(|&(_, rank)| (rank as usize) < k);
            at_least.map(|(&order, _)| order).min().unwrap_or(0)
        }
        Err(_) => *orders.select_nth_unstable_by(k - 1, |a, b| b.cmp(a)).1,
    };
    let bits = if nth >> 31 == 1 { nth & 0x7fff_ffff } else { !nth };
    let bound = f32::from_bits(bits);
    if bound.is_nan() { f32::NEG_INFINITY } else { bound }
}

/// Each maximum with one more value of its group.
#[inline(always)]
fn raise(maxima: &mut [f32], values: &[f32]) {
    for (most, &v) in maxima.iter_mut().zip(values) {
        *most = if v > *most { v } else { *most };
    }
}

/// What [`top_k`] must equal: a stable sort by falling value.
#[cfg(test)]
pub(crate) fn naive_top_k(row: &[f32], k: usize) -> Vec<u32> {
    let mut order: Vec<u32> = (0..row.len() as u32).collect();
    order.sort_by(|&a, &b| row[b as usize].partial_cmp(&row[a as usize]).unwrap());
    order.truncate(k);
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn equals_a_stable_sort(row in proptest::collection::vec(-4i32..40, 1..900), share in 0.0f64..1.0, fine in any::<bool>()) {
            let row: Vec<f32> = row.iter().enumerate()
                .map(|(i, &v)| v as f32 * 0.25 + if fine { ((i * 7919) % 613) as f32 * 1e-3 } else { 0.0 }).collect();
            let k = 1 + (share * (row.len() - 1) as f64) as usize;
            let mut found = vec![0; k];
            top_k(&row, k, &mut Scratch::default(), &mut found);
            let mut expected = naive_top_k(&row, k);
            prop_assert_eq!(&found, &expected);
            top_k_ascending(&row, k, &mut Scratch::default(), &mut found);
            expected.sort_unstable();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn negative_zero_ties_with_zero() {
        let mut found = vec![9; 2];
        top_k(&[-0.0, 0.0, -1.0], 2, &mut Scratch::default(), &mut found);
        assert_eq!(found, [0, 1]);
    }

    #[test]
    fn a_nan_is_always_among_them() {
        let mut row: Vec<f32> = (0..500).map(|i| i as f32).collect();
        row[137] = f32::NAN;
        let mut found = vec![0; 8];
        top_k(&row, 8, &mut Scratch::default(), &mut found);
        assert!(found.contains(&137));
    }
}
