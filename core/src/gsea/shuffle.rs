//! The shuffle of the `rand` crate 0.9: Durstenfeld's algorithm from the front, several indices drawn from one
//! 32-bit number while their product fits. GSEApy's permutations are defined by it.

use rand_core::Rng;

/// Shuffles in place, drawing from `rng` exactly what `rand` 0.9's `SliceRandom::shuffle` draws.
pub(super) fn shuffle<T>(items: &mut [T], rng: &mut impl Rng) {
    if items.len() <= 1 {
        return;
    }
    let mut chunk = 0u32;
    // The first index is always 0 and needs no draw.
    let mut left = 1u32;
    for i in 0..items.len() as u32 {
        let bound = i + 1;
        if left == 0 {
            let (product, factors) = product_from(bound);
            chunk = below(product, rng);
            left = factors;
        }
        left -= 1;
        let index = if left == 0 {
            chunk
        } else {
            let index = chunk % bound;
            chunk /= bound;
            index
        };
        items.swap(i as usize, index as usize);
    }
}

/// `m · (m + 1) · …` as long as it fits 32 bits, and the number of factors.
fn product_from(m: u32) -> (u32, u32) {
    let (mut product, mut next) = (m, m + 1);
    while let Some(larger) = product.checked_mul(next) {
        product = larger;
        next += 1;
    }
    (product, next - m)
}

/// A number below `bound` by Canon's method with one correction, as `rand` 0.9 draws 32-bit ranges.
pub(super) fn below(bound: u32, rng: &mut impl Rng) -> u32 {
    let wide = u64::from(rng.next_u32()) * u64::from(bound);
    let (mut high, low) = ((wide >> 32) as u32, wide as u32);
    if low > bound.wrapping_neg() {
        let correction = ((u64::from(rng.next_u32()) * u64::from(bound)) >> 32) as u32;
        high += u32::from(low.checked_add(correction).is_none());
    }
    high
}
