//! One place where work is spread over threads: results come in the order of the items, so they never depend
//! on the number of threads. Without the feature `parallel` (in the browser) it is a plain loop.

/// `f(0), f(1), … f(n − 1)`.
#[cfg(feature = "parallel")]
pub fn map<T: Send>(n: usize, f: impl Fn(usize) -> T + Sync + Send) -> Vec<T> {
    use rayon::prelude::*;
    (0..n).into_par_iter().map(f).collect()
}

/// `f(0), f(1), … f(n − 1)`.
#[cfg(not(feature = "parallel"))]
pub fn map<T>(n: usize, f: impl Fn(usize) -> T) -> Vec<T> {
    (0..n).map(f).collect()
}

/// `f(0, first)`, `f(1, second)`, … for every item.
#[cfg(feature = "parallel")]
pub fn for_each_mut<T: Send>(items: &mut [T], f: impl Fn(usize, &mut T) + Sync + Send) {
    use rayon::prelude::*;
    items.par_iter_mut().enumerate().for_each(|(i, item)| f(i, item));
}

/// `f(0, first)`, `f(1, second)`, … for every item.
#[cfg(not(feature = "parallel"))]
pub fn for_each_mut<T>(items: &mut [T], f: impl Fn(usize, &mut T)) {
    items.iter_mut().enumerate().for_each(|(i, item)| f(i, item));
}

/// Both results, computed at the same time where there are threads.
#[cfg(feature = "parallel")]
pub fn both<A: Send, B: Send>(a: impl FnOnce() -> A + Send, b: impl FnOnce() -> B + Send) -> (A, B) {
    rayon::join(a, b)
}

/// Both results, one after the other.
#[cfg(not(feature = "parallel"))]
pub fn both<A, B>(a: impl FnOnce() -> A, b: impl FnOnce() -> B) -> (A, B) {
    (a(), b())
}
