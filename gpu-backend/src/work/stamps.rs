//! Whether inputs are still what they were when they were first looked at: what was changed while it was read is neither the
//! old file nor the new one, and no digest tells.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use anyhow::{Context as _, bail};

/// Files as they were.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamps(Vec<(PathBuf, Stamp)>);

/// What changes with a file's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    bytes: u64,
    modified: Option<SystemTime>,
    /// Another file under the same name.
    number: u64,
}

impl Stamps {
    /// Looks at files.
    ///
    /// # Errors
    /// If one is not there.
    pub fn of<P: Into<PathBuf>>(files: impl IntoIterator<Item = P>) -> anyhow::Result<Self> {
        let stamped = |file: P| {
            let path = file.into();
            let stamp = stamp(&path).with_context(|| format!("cannot read {}", path.display()))?;
            Ok((path, stamp))
        };
        files.into_iter().map(stamped).collect::<anyhow::Result<_>>().map(Self)
    }

    /// Looks again.
    ///
    /// # Errors
    /// Names the first file that is another one now.
    pub fn check(&self) -> anyhow::Result<()> {
        match self.0.iter().find(|(path, before)| stamp(path).ok() != Some(*before)) {
            None => Ok(()),
            Some((path, _)) => bail!(
                "{} was changed while this was at work: give the command again when it stays as it is",
                path.display()
            ),
        }
    }
}

fn stamp(path: &Path) -> io::Result<Stamp> {
    let about = fs::metadata(path)?;
    #[cfg(unix)]
    let number = std::os::unix::fs::MetadataExt::ino(&about);
    #[cfg(not(unix))]
    let number = 0;
    Ok(Stamp { bytes: about.len(), modified: about.modified().ok(), number })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let (cells, sets) = (folder.path().join("cells"), folder.path().join("sets"));
        for path in [&cells, &sets] {
            fs::write(path, "x").unwrap();
        }
        let stamps = Stamps::of([&cells, &sets]).unwrap();
        stamps.check().unwrap();
        // as large as before, and as old, but another file
        let other = folder.path().join("other");
        fs::write(&other, "y").unwrap();
        let when = fs::metadata(&sets).unwrap().modified().unwrap();
        fs::File::options().write(true).open(&other).unwrap().set_modified(when).unwrap();
        fs::rename(&other, &sets).unwrap();
        let error = stamps.check().unwrap_err().to_string();
        assert!(error.contains("sets was changed"), "{error}");
        assert!(Stamps::of([folder.path().join("none")]).is_err());
    }
}
