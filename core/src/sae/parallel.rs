//! Independent pieces of work, on threads where the `parallel` feature is on. Results come back in the order
//! of the pieces, so nothing depends on the number of threads.

/// `work` of every piece, in order.
#[cfg(feature = "parallel")]
pub(crate) fn map<T: Send, R: Send>(pieces: Vec<T>, work: impl Fn(T) -> R + Sync + Send) -> Vec<R> {
    use rayon::prelude::*;
    if pieces.len() < 2 {
        return pieces.into_iter().map(work).collect();
    }
    pieces.into_par_iter().map(work).collect()
}

/// `work` of every piece, in order.
#[cfg(not(feature = "parallel"))]
pub(crate) fn map<T: Send, R: Send>(pieces: Vec<T>, work: impl Fn(T) -> R + Sync + Send) -> Vec<R> {
    pieces.into_iter().map(work).collect()
}
