//! What every check of a file needs: the files that are there, their arrays, and a report.

mod arrays;
mod folder;
mod report;

pub(super) use arrays::Arrays;
pub(super) use folder::Bundle;
pub use folder::{Folder, FolderError};
pub use report::{Problem, Report};
