//! Output that is either whole under its final name or not there: written beside it, synchronised, renamed.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::target;

/// Writes `content` to `path` so that a reader, or a crash, never sees half of it.
///
/// # Errors
/// If the folder cannot be written to, or a link, a device or a folder is there. Nothing is left under the final name then.
pub fn write_file(path: &Path, content: &[u8]) -> io::Result<()> {
    write_parts(path, &mut |file| file.write_all(content))
}

/// The same of content that is written piece by piece.
///
/// # Errors
/// As [`write_file`], and what `write` fails with.
pub fn write_parts(path: &Path, write: &mut dyn FnMut(&mut File) -> io::Result<()>) -> io::Result<()> {
    target::for_file(path)?;
    let folder = parent(path);
    fs::create_dir_all(folder)?;
    let mut file = partial(0o666).tempfile_in(folder)?;
    write(file.as_file_mut())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|e| e.error)?;
    File::open(folder)?.sync_all()
}

/// A folder being written: it appears under its final name only by [`OutputFolder::finish`], and is removed
/// if it is dropped before.
#[derive(Debug)]
pub struct OutputFolder {
    partial: tempfile::TempDir,
    target: PathBuf,
    replaces: bool,
}

impl OutputFolder {
    /// Starts a folder that will become `target`.
    ///
    /// # Errors
    /// If `target` exists and is not an empty folder, or its parent cannot be written to.
    pub fn create(target: &Path) -> io::Result<Self> {
        if target.exists() && (!target.is_dir() || fs::read_dir(target)?.next().is_some()) {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                format!("{} exists already: choose another name or remove it", target.display()),
            ));
        }
        Self::start(target, false)
    }

    /// Starts a folder that will take the place of `target`, whatever is in that: look first whether it may go.
    /// Until [`OutputFolder::finish`] the old one stays as it is.
    ///
    /// # Errors
    /// If the parent of `target` cannot be written to.
    pub fn replace(target: &Path) -> io::Result<Self> {
        Self::start(target, true)
    }

    fn start(target: &Path, replaces: bool) -> io::Result<Self> {
        target::for_folder(target)?;
        let folder = parent(target);
        fs::create_dir_all(folder)?;
        let partial = partial(0o777).tempdir_in(folder)?;
        Ok(Self { partial, target: target.to_owned(), replaces })
    }

    /// Where to write meanwhile.
    pub fn path(&self) -> &Path {
        self.partial.path()
    }

    /// Gives the folder its final name.
    ///
    /// # Errors
    /// If it cannot be renamed. Then what was at `target` before is there still.
    pub fn finish(self) -> io::Result<()> {
        let older = if self.replaces && self.target.exists() {
            let aside = partial(0o777).tempdir_in(parent(&self.target))?;
            fs::rename(&self.target, aside.path().join("older"))?;
            Some(aside)
        } else {
            if self.target.exists() {
                fs::remove_dir(&self.target)?;
            }
            None
        };
        if let Err(error) = fs::rename(self.partial.path(), &self.target) {
            if let Some(aside) = older {
                fs::rename(aside.path().join("older"), &self.target)?;
            }
            return Err(error);
        }
        let _ = self.partial.keep();
        Ok(())
    }
}

/// Names for what is not whole yet. The mode is the ordinary one, less what the umask takes away: by itself
/// `tempfile` lets nobody but the owner read, and a web server is somebody else.
fn partial(mode: u32) -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".").suffix(".partial");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
    #[cfg(not(unix))]
    let _ = mode;
    builder
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_takes_the_place_of_another_only_when_it_is_whole() {
        let work = tempfile::tempdir().unwrap();
        let target = work.path().join("out");
        fs::create_dir(&target).unwrap();
        fs::write(target.join("old"), "").unwrap();
        assert_eq!(OutputFolder::create(&target).unwrap_err().kind(), io::ErrorKind::AlreadyExists);

        let given_up = OutputFolder::replace(&target).unwrap();
        fs::write(given_up.path().join("new"), "").unwrap();
        drop(given_up);
        assert!(target.join("old").exists());

        let folder = OutputFolder::replace(&target).unwrap();
        fs::write(folder.path().join("new"), "").unwrap();
        folder.finish().unwrap();
        assert!(target.join("new").exists() && !target.join("old").exists());
        assert_eq!(fs::read_dir(work.path()).unwrap().count(), 1, "nothing else is left");
    }

    #[cfg(unix)]
    #[test]
    fn others_may_read_what_the_umask_lets_them() {
        use std::os::unix::fs::PermissionsExt;
        let work = tempfile::tempdir().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        // what the system gives to an ordinary file and folder here
        let (file, folder) = (work.path().join("file"), work.path().join("folder"));
        fs::write(&file, "").unwrap();
        fs::create_dir(&folder).unwrap();

        let written = work.path().join("written");
        write_file(&written, b"x").unwrap();
        assert_eq!(mode(&written), mode(&file));
        let output = OutputFolder::create(&work.path().join("output")).unwrap();
        output.finish().unwrap();
        assert_eq!(mode(&work.path().join("output")), mode(&folder));
    }
}
