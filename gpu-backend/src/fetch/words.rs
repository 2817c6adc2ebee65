//! Where to put a file by hand, and how it is known to be the right one.

use std::path::Path;

use cellprism_core::catalogue::CatalogueFile;

/// A line about a file: where it must be, its size and digest.
pub fn place(file: &CatalogueFile, at: &Path) -> String {
    let size =
        file.bytes.map_or_else(|| "its size is not known".to_owned(), |bytes| format!("{bytes} bytes"));
    let sum = file
        .sha256
        .as_ref()
        .map_or_else(|| "no public source states its digest".to_owned(), |sum| format!("SHA-256 {sum}"));
    format!("{} ({size}; {sum})", at.display())
}
