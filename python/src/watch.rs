//! Long work without the interpreter's lock: Ctrl-C is heard, and progress told, a hundred times at most.

use std::ops::ControlFlow;

use pyo3::prelude::*;

/// Told how far the work is; remembers the exception that ended it.
pub(crate) struct Watcher {
    callback: Option<Py<PyAny>>,
    told: u32,
    raised: Option<PyErr>,
}

impl Watcher {
    /// Calls `callback(share)` with the share of the work that is done, from 0 to 1.
    pub(crate) fn new(callback: Option<Py<PyAny>>) -> Self {
        Self { callback, told: 0, raised: None }
    }

    /// Takes the lock for a moment where a hundredth of the work was done since it was last taken.
    pub(crate) fn at(&mut self, share: f64) -> ControlFlow<()> {
        let hundredths = (share.clamp(0.0, 1.0) * 100.0) as u32;
        if hundredths <= self.told {
            return ControlFlow::Continue(());
        }
        self.told = hundredths;
        let told = Python::attach(|py| {
            py.check_signals()?;
            self.callback.as_ref().map_or(Ok(()), |call| call.call1(py, (share,)).map(|_| ()))
        });
        match told {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                self.raised = Some(error);
                ControlFlow::Break(())
            }
        }
    }

    /// The exception that ended the work, if one did.
    ///
    /// # Errors
    /// That exception.
    pub(crate) fn finish(self) -> PyResult<()> {
        self.raised.map_or(Ok(()), Err)
    }
}
