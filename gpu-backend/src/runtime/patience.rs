//! How long a model may run. A graph of somebody else's can hold a loop without end.

use std::{
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

use super::EngineError;

/// Time for one batch; the slowest published models take seconds.
pub const PATIENCE: Duration = Duration::from_secs(600);
/// Time for the few cells that are tried when a foreign graph is imported.
pub const PATIENCE_AT_IMPORT: Duration = Duration::from_secs(60);

/// Runs `work`; where it takes longer, `end` is called to end it.
///
/// # Errors
/// If it was ended.
pub fn within<T>(
    patience: Duration,
    end: impl FnOnce() + Send,
    work: impl FnOnce() -> Result<T, EngineError>,
) -> Result<T, EngineError> {
    thread::scope(|scope| {
        let (done, waiting) = mpsc::channel::<()>();
        let watch = scope.spawn(move || {
            let late = waiting.recv_timeout(patience) == Err(RecvTimeoutError::Timeout);
            if late {
                end();
            }
            late
        });
        let outcome = work();
        drop(done);
        match (watch.join(), outcome) {
            (Ok(true), Err(_)) => Err(EngineError::Late(patience)),
            (_, outcome) => outcome,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

    #[test]
    fn what_takes_too_long_is_ended() {
        let ended = AtomicBool::new(false);
        let outcome: Result<(), EngineError> = within(
            Duration::from_millis(20),
            || ended.store(true, SeqCst),
            || {
                while !ended.load(SeqCst) {
                    thread::yield_now();
                }
                Err(EngineError::Run("terminated".into()))
            },
        );
        let said = outcome.unwrap_err().to_string();
        assert!(said.contains("longer than 0.02 s"), "{said}");
        assert_eq!(within(PATIENCE, || ended.store(false, SeqCst), || Ok(3)).unwrap(), 3);
        assert!(ended.load(SeqCst), "what ends in time is left alone");
    }
}
