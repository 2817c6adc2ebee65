//! What is counted while requests are answered.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::http::Method;

/// Upper bounds of latencies, in seconds.
pub(super) const BOUNDS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0];

/// What is counted of requests.
#[derive(Debug, Default)]
pub struct Metrics {
    pub(super) requests: Mutex<BTreeMap<(String, String, u16), u64>>,
    pub(super) latencies: Mutex<BTreeMap<String, Latencies>>,
    pub(super) going: AtomicU64,
}

/// How long answers took to begin.
#[derive(Debug, Default)]
pub(super) struct Latencies {
    /// How many took no longer than each bound.
    pub(super) within: [u64; BOUNDS.len()],
    pub(super) all: u64,
    pub(super) seconds: f64,
}

/// Held while a request is answered.
#[derive(Debug)]
pub struct Going<'a>(&'a AtomicU64);

impl Drop for Going<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Metrics {
    /// A request begins.
    pub fn begin(&self) -> Going<'_> {
        self.going.fetch_add(1, Ordering::Relaxed);
        Going(&self.going)
    }

    /// A request was answered.
    pub fn count(&self, method: &Method, route: &str, status: u16, taken: Duration) {
        // Methods that nobody knows are one.
        let known = [
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
            Method::OPTIONS,
        ];
        let method = if known.contains(method) { method.as_str() } else { "other" };
        let key = (method.to_owned(), route.to_owned(), status);
        *self.requests.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default() += 1;
        let mut all = self.latencies.lock().unwrap_or_else(PoisonError::into_inner);
        let one = all.entry(route.to_owned()).or_default();
        let seconds = taken.as_secs_f64();
        for (count, bound) in one.within.iter_mut().zip(BOUNDS) {
            *count += u64::from(seconds <= bound);
        }
        one.all += 1;
        one.seconds += seconds;
    }
}
