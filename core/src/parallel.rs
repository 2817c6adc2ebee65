//! One place where work is spread over threads: results come in the order of the items, so they never depend
//! on the number of threads. Without the feature `parallel` (in the browser) it is a plain loop.

/// `f(0), f(1), … f(n − 1)`.
#[cfg(feature = "parallel")]
pub fn map<T: Send>(n: usize, f: impl Fn(usize) -> T + Sync + Send) -> Vec<T> {
    use rayon::prelude::*;
    if n < 2 || is_alone() {
        return (0..n).map(f).collect();
    }
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
    if items.len() < 2 || is_alone() {
        return items.iter_mut().enumerate().for_each(|(i, item)| f(i, item));
    }
    items.par_iter_mut().enumerate().for_each(|(i, item)| f(i, item));
}

/// `f(0, first)`, `f(1, second)`, … for every item.
#[cfg(not(feature = "parallel"))]
pub fn for_each_mut<T>(items: &mut [T], f: impl Fn(usize, &mut T)) {
    items.iter_mut().enumerate().for_each(|(i, item)| f(i, item));
}

/// `work` of every piece, in the order of the pieces.
#[cfg(feature = "parallel")]
pub fn each<T: Send, R: Send>(pieces: Vec<T>, work: impl Fn(T) -> R + Sync + Send) -> Vec<R> {
    use rayon::prelude::*;
    if pieces.len() < 2 || is_alone() {
        return pieces.into_iter().map(work).collect();
    }
    pieces.into_par_iter().map(work).collect()
}

/// `work` of every piece, in the order of the pieces.
#[cfg(not(feature = "parallel"))]
pub fn each<T, R>(pieces: Vec<T>, work: impl Fn(T) -> R) -> Vec<R> {
    pieces.into_iter().map(work).collect()
}

/// Whether one thread does everything: handing work to it and waiting would only put this one to sleep.
#[cfg(feature = "parallel")]
fn is_alone() -> bool {
    rayon::current_num_threads() < 2
}

/// Both results, computed at the same time where there are threads.
#[cfg(feature = "parallel")]
pub fn both<A: Send, B: Send>(a: impl FnOnce() -> A + Send, b: impl FnOnce() -> B + Send) -> (A, B) {
    if is_alone() {
        return (a(), b());
    }
    rayon::join(a, b)
}

/// Both results, one after the other.
#[cfg(not(feature = "parallel"))]
pub fn both<A, B>(a: impl FnOnce() -> A, b: impl FnOnce() -> B) -> (A, B) {
    (a(), b())
}
