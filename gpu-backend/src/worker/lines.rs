//! Progress as lines: at most some a second, as the server keeps each of them.

use std::{
    io::Write,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use super::Told;
use crate::work::progress::{Progress, Steps};

/// Time between two lines of a stage.
const PAUSE: Duration = Duration::from_millis(500);

/// Where lines go.
#[derive(Clone)]
pub struct Lines {
    out: Arc<Mutex<Box<dyn Write + Send>>>,
}

impl Lines {
    /// Lines to this.
    pub fn new(out: Box<dyn Write + Send>) -> Self {
        Self { out: Arc::new(Mutex::new(out)) }
    }

    /// Tells something. Who does not listen any more will end this process anyway.
    pub fn tell(&self, told: &Told) {
        let Ok(mut line) = serde_json::to_string(told) else { return };
        line.push('\n');
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = out.write_all(line.as_bytes()).and_then(|()| out.flush());
    }
}

impl Progress for Lines {
    fn begin(&self, stage: &'static str, total: u64, unit: &str) -> Box<dyn Steps> {
        self.tell(&Told::Begin { stage: stage.into(), total, unit: unit.into() });
        Box::new(Stage { lines: self.clone(), done: AtomicU64::new(0), last: Mutex::new(Instant::now()) })
    }

    fn say(&self, line: &str) {
        self.tell(&Told::Say { line: line.into() });
    }
}

/// One stage.
struct Stage {
    lines: Lines,
    done: AtomicU64,
    last: Mutex<Instant>,
}

impl Steps for Stage {
    fn advance(&self, n: u64) {
        let done = self.done.fetch_add(n, Ordering::Relaxed) + n;
        // Whoever has the lock tells.
        let Ok(mut last) = self.last.try_lock() else { return };
        if last.elapsed() > PAUSE {
            *last = Instant::now();
            self.lines.tell(&Told::Done { done });
        }
    }

    fn message(&self, _: &str) {}

    fn finish(&self) {
        self.lines.tell(&Told::Done { done: self.done.load(Ordering::Relaxed) });
    }
}
