//! Memory that a thread uses again: a pass takes and leaves the same few sizes, and fresh memory from the system costs as much
//! as a seventh of a small model's pass.

use std::cell::RefCell;

/// Vectors that a thread keeps; a layer has fewer at a time.
const KEPT: usize = 12;

thread_local! {
    static FREE: RefCell<Vec<Vec<f32>>> = const { RefCell::new(Vec::new()) };
}

/// So many zeros.
pub(super) fn zeros(length: usize) -> Vec<f32> {
    let fits = |free: &Vec<f32>| (length..=2 * length).contains(&free.capacity());
    let mut found = FREE
        .with_borrow_mut(|free| free.iter().rposition(fits).map(|place| free.swap_remove(place)))
        .unwrap_or_else(|| Vec::with_capacity(length));
    found.clear();
    found.resize(length, 0.0);
    found
}

/// Keeps a vector for later; the oldest goes where there are too many.
pub(super) fn leave(vector: Vec<f32>) {
    // A thread that ends has no place any more.
    let _ = FREE.try_with(|free| {
        if let Ok(mut free) = free.try_borrow_mut() {
            if free.len() == KEPT {
                free.remove(0);
            }
            free.push(vector);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_is_zeros_again() {
        let mut first = zeros(70);
        first.fill(3.0);
        let at = first.as_ptr();
        leave(first);
        let second = zeros(60);
        assert_eq!((second.as_ptr(), second.len()), (at, 60));
        assert!(second.iter().all(|&value| value == 0.0));
        leave(second);
        let small = zeros(20);
        assert_ne!(small.as_ptr(), at, "small ones leave large ones alone");
        (0..2 * KEPT).for_each(|i| leave(vec![0.0; i + 1]));
        assert_eq!(FREE.with_borrow(Vec::len), KEPT);
    }
}
