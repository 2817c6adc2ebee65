//! What is found wrong.

use serde::Serialize;

/// Something that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Path from the bundle's root.
    pub file: String,
    /// What is wrong.
    pub problem: String,
}

/// The outcome of [`verify`](super::super::verify::verify).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Files looked at.
    pub files: usize,
    /// Their size together.
    pub bytes: u64,
    /// What is wrong; nothing if the bundle is whole.
    pub problems: Vec<Problem>,
}

impl Report {
    pub(in crate::bundle) fn note(&mut self, file: &str, problem: impl Into<String>) {
        self.problems.push(Problem { file: file.to_owned(), problem: problem.into() });
    }

    /// Notes a problem unless `holds`.
    pub(in crate::bundle) fn expect(&mut self, holds: bool, file: &str, problem: impl FnOnce() -> String) {
        if !holds {
            self.note(file, problem());
        }
    }

    /// Notes that two numbers of the same thing differ.
    pub(in crate::bundle) fn same(
        &mut self,
        file: &str,
        what: &str,
        found: impl Into<u64>,
        expected: impl Into<u64>,
        by: &str,
    ) {
        let (found, expected) = (found.into(), expected.into());
        self.expect(found == expected, file, || format!("{what}: {found}, but {expected} by {by}"));
    }
}
