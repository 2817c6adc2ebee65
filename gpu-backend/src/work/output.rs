//! What a command writes as its result: either whole under its final name or not there. It is claimed before the work begins.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};

use super::{partial::Partial, target};

/// A file that a command writes as its result, claimed before the work begins: nobody else writes it meanwhile, and what
/// cannot be written is said at once.
#[derive(Debug)]
pub struct OutputFile(Partial);

impl OutputFile {
    /// Claims `target`; `task` says what is done, and `inputs` what is read for it. A file that is there already stays until this
    /// one is whole.
    ///
    /// # Errors
    /// If a folder, a link, a device or one of the inputs is there, another process writes it, or its folder cannot be written to.
    pub fn claim(target: &Path, task: &str, inputs: &[&Path]) -> anyhow::Result<Self> {
        target::no_input(target, inputs)?;
        target::for_file(target).with_context(|| format!("cannot write {}", target.display()))?;
        Partial::claim(target, task).map(Self)
    }

    /// A place beside the output for what is only needed meanwhile; it goes with this value, or with the next run after a kill.
    pub fn meanwhile(&self, name: &str) -> PathBuf {
        self.0.path(name)
    }

    /// The file is there, whole.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn finish(self, content: &[u8]) -> anyhow::Result<()> {
        self.0.publish_file(content)
    }

    /// The same, written part by part.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn finish_parts(self, write: &mut dyn FnMut(&mut fs::File) -> io::Result<()>) -> anyhow::Result<()> {
        self.0.publish_parts(write)
    }
}

/// A folder being written: it appears under its final name only by [`OutputFolder::finish`], and is removed
/// if it is dropped before.
#[derive(Debug)]
pub struct OutputFolder {
    partial: Partial,
    folder: PathBuf,
    target: PathBuf,
    replaces: bool,
}

/// What becomes the output.
const FOLDER: &str = "folder";

impl OutputFolder {
    /// Starts a folder that will become `target`.
    ///
    /// # Errors
    /// If `target` exists and is not an empty folder, another process writes it, or its parent cannot be written to.
    pub fn create(target: &Path) -> anyhow::Result<Self> {
        is_free(target)?;
        Self::start(target, false)
    }

    /// Starts a folder that will take the place of `target`, whatever is in that: look first whether it may go.
    /// Until [`OutputFolder::finish`] the old one stays as it is.
    ///
    /// # Errors
    /// If another process writes it, or the parent of `target` cannot be written to.
    pub fn replace(target: &Path) -> anyhow::Result<Self> {
        Self::start(target, true)
    }

    fn start(target: &Path, replaces: bool) -> anyhow::Result<Self> {
        target::for_folder(target)?;
        let partial = Partial::claim(target, "folder")?;
        let folder = partial.path(FOLDER);
        fs::create_dir_all(&folder).with_context(|| format!("cannot write {}", folder.display()))?;
        Ok(Self { partial, folder, target: target.to_owned(), replaces })
    }

    /// Where to write meanwhile.
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// Gives the folder its final name.
    ///
    /// # Errors
    /// If it cannot be renamed. Then what was at `target` before is there still.
    pub fn finish(self) -> anyhow::Result<()> {
        if !self.replaces {
            is_free(&self.target)?;
        }
        self.partial.publish(FOLDER)
    }
}

fn is_free(target: &Path) -> anyhow::Result<()> {
    if target.exists() && (!target.is_dir() || fs::read_dir(target)?.next().is_some()) {
        bail!("{} exists already: choose another name or remove it", target.display());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work::atomic::write_file;

    #[test]
    fn a_folder_takes_the_place_of_another_only_when_it_is_whole() {
        let work = tempfile::tempdir().unwrap();
        let target = work.path().join("out");
        fs::create_dir(&target).unwrap();
        fs::write(target.join("old"), "").unwrap();
        let refused = OutputFolder::create(&target).unwrap_err().to_string();
        assert!(refused.contains("exists already"), "{refused}");

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

    #[test]
    fn what_another_program_has_made_meanwhile_is_not_replaced() {
        let work = tempfile::tempdir().unwrap();
        let target = work.path().join("out");
        let folder = OutputFolder::create(&target).unwrap();
        fs::create_dir(&target).unwrap();
        fs::write(target.join("thesis.txt"), "mine").unwrap();
        assert!(folder.finish().unwrap_err().to_string().contains("exists already"));
        assert_eq!(fs::read(target.join("thesis.txt")).unwrap(), b"mine");
        assert_eq!(fs::read_dir(work.path()).unwrap().count(), 1, "nothing else is left");
    }

    #[test]
    fn an_output_is_claimed_before_the_work() {
        let work = tempfile::tempdir().unwrap();
        let target = work.path().join("out");
        let first = OutputFile::claim(&target, "enrich", &[]).unwrap();
        fs::write(first.meanwhile("scores"), "x").unwrap();
        let second = OutputFile::claim(&target, "attribute", &[]).unwrap_err().to_string();
        assert!(second.contains(&format!("process {}", std::process::id())), "{second}");
        first.finish(b"x").unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"x");
        assert!(OutputFile::claim(work.path(), "enrich", &[]).is_err());
        // folders that were made for an output go with it, where nothing else is in them
        drop(OutputFile::claim(&work.path().join("new/deep/out"), "enrich", &[]).unwrap());
        let read = OutputFile::claim(&target, "enrich", &[&target]).unwrap_err().to_string();
        assert!(read.contains("is a file that is read"), "{read}");
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
        let claimed = work.path().join("claimed");
        OutputFile::claim(&claimed, "test", &[]).unwrap().finish(b"x").unwrap();
        assert_eq!(mode(&claimed), mode(&file));
        let output = OutputFolder::create(&work.path().join("output")).unwrap();
        output.finish().unwrap();
        assert_eq!(mode(&work.path().join("output")), mode(&folder));
    }
}
