//! Lists: names of cells or genes, one a line.

use std::path::Path;

use anyhow::{Context, ensure};

use crate::work::regular;

/// Largest list that is read.
const MOST_BYTES: u64 = 1 << 30;

/// The lines of a file that hold anything, without spaces around them, in the file's order.
///
/// # Errors
/// If the file cannot be read, is no text, or holds nothing.
pub fn read(path: &Path) -> anyhow::Result<Vec<String>> {
    let text = regular::text(path, MOST_BYTES).with_context(|| format!("cannot read {}", path.display()))?;
    let lines: Vec<String> =
        text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
    ensure!(!lines.is_empty(), "{}: no names in it; one a line is expected", path.display());
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn lines_are_trimmed_and_nothing_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "a\r\n\n b c \n").unwrap();
        assert_eq!(read(file.path()).unwrap(), ["a", "b c"]);
        fs::write(file.path(), " \n").unwrap();
        assert!(read(file.path()).unwrap_err().to_string().contains("no names"));
        assert!(read(Path::new("nowhere.txt")).unwrap_err().to_string().contains("nowhere.txt"));
    }
}
