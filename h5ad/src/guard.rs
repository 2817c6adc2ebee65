//! Containment of panics in the HDF5 library, and of its nesting: a damaged file is an error, not a crash.

#[cfg(not(target_arch = "wasm32"))]
use std::{
    any::Any,
    cell::Cell,
    panic::{self, AssertUnwindSafe},
    sync::Once,
    thread,
};

#[cfg(not(target_arch = "wasm32"))]
thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

#[cfg(not(target_arch = "wasm32"))]
static HOOK: Once = Once::new();

/// Runs `work`; a panic inside becomes `Err` with its message, and nothing is printed for it.
///
/// Only the calling thread is silenced: the process's own panic hook keeps working for all others.
#[cfg(not(target_arch = "wasm32"))]
pub(super) fn contain<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    HOOK.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !QUIET.get() {
                previous(info);
            }
        }));
    });
    let outer = QUIET.replace(true);
    let outcome = panic::catch_unwind(AssertUnwindSafe(work));
    QUIET.set(outer);
    outcome.map_err(|payload| message(payload.as_ref()))
}

/// Runs `work`: nothing can be contained here.
#[cfg(target_arch = "wasm32")]
pub(super) fn contain<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    Ok(work())
}

/// Stack for what is nested in a file: types within types go as deep as their 64 KB allow.
#[cfg(not(target_arch = "wasm32"))]
const STACK: usize = 64 << 20;

/// [`contain`] on a thread with a deep stack.
#[cfg(not(target_arch = "wasm32"))]
pub(super) fn deep<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, String> {
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || contain(work));
        match thread.map(thread::ScopedJoinHandle::join) {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(payload)) => Err(message(payload.as_ref())),
            Err(error) => Err(format!("no thread could be started: {error}")),
        }
    })
}

/// A page has one thread and ends a worker that panics: whoever started it says that the file is damaged.
#[cfg(target_arch = "wasm32")]
pub(super) fn deep<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    Ok(work())
}

#[cfg(not(target_arch = "wasm32"))]
fn message(payload: &(dyn Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else {
        "unknown".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deep_work_has_a_deep_stack() {
        fn down(levels: usize) -> usize {
            let room = std::hint::black_box([levels; 64]);
            if levels == 0 { 0 } else { room[1].min(1) + down(levels - 1) }
        }
        assert_eq!(deep(|| down(50_000)), Ok(50_000));
        assert_eq!(deep(|| panic!("in there")), Err::<(), _>("in there".into()));
    }

    #[test]
    fn a_panic_becomes_its_message() {
        assert_eq!(contain(|| 3), Ok(3));
        let empty: Vec<u8> = Vec::new();
        assert!(contain(|| empty[1]).unwrap_err().contains("index"));
        assert!(!QUIET.get());
    }
}
