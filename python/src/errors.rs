//! Errors of the library as Python's exceptions, with all of their causes in one line.

use std::{error::Error, path::Path};

use pyo3::{PyErr, exceptions};

/// A `ValueError` that says what is wrong.
pub(crate) fn value(error: &dyn Error) -> PyErr {
    exceptions::PyValueError::new_err(chain(error))
}

/// A file that cannot be read or written; `FileNotFoundError` where there is none.
pub(crate) fn io(path: &Path, error: &std::io::Error) -> PyErr {
    let text = format!("{}: {error}", path.display());
    match error.kind() {
        std::io::ErrorKind::NotFound => exceptions::PyFileNotFoundError::new_err(text),
        std::io::ErrorKind::PermissionDenied => exceptions::PyPermissionError::new_err(text),
        _ => exceptions::PyOSError::new_err(text),
    }
}

fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let words = next.to_string();
        // transparent errors repeat what they wrap
        if !text.ends_with(&words) {
            text += ": ";
            text += &words;
        }
        cause = next.source();
    }
    text
}
