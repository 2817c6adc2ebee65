//! Unfinished work, one protocol for every output: the folder `OUT.partial` beside it.
//!
//! It holds a marker of ours with the [`Key`] of the work, a lock, and what is finished. The same work goes on from there.
//! Where something that decides the result has changed, it is said, and the work begins anew. A folder of that name without
//! the marker is somebody else's: it is refused and left alone. The lock is held until the output has its final name, so that
//! two runs never write one output.
//!
//! | file | idea |
//! |---|---|
//! | `marker` | tells our folders from others |
//! | `lock` | who works there |
//! | `stale` | what a kill leaves while such a folder is made or removed |

mod lock;
mod marker;
mod stale;
#[cfg(test)]
mod tests;

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use anyhow::Context;

use super::{checked, key::Key, place, progress::Progress, sync, target, unnamed};
pub use lock::Held;
use lock::LOCK;
use marker::{Found, MARKER, Marker};
pub use stale::sweep;

/// What becomes the output, where it is a file.
const OUTPUT: &str = "output";
/// Where files are written that get their names when they are whole.
const STAGING: &str = "staging";

/// The folder, locked.
#[derive(Debug)]
pub struct Partial {
    root: PathBuf,
    out: PathBuf,
    lock: File,
    resumed: bool,
    /// Whether finished parts stay when this value goes before its output is there.
    stays: bool,
    /// Folders that were made for it, the innermost first.
    made: Vec<PathBuf>,
}

impl Partial {
    /// Opens the folder of an output: that of interrupted work with the same key, or a new one. `task` names what is done, for
    /// instance `embed`.
    ///
    /// # Errors
    /// If another process works there, the folder is somebody else's, or it cannot be made.
    pub fn open(out: &Path, task: &str, key: &Key, progress: &dyn Progress) -> anyhow::Result<Self> {
        let wanted = Marker::new(task, key);
        let mut partial = Self::lock(out, &wanted, true)?;
        let changes = match partial.marker()? {
            Found::Whole(found) if found == wanted => {
                partial.resumed = !is_only_begun(&partial.root);
                return Ok(partial);
            }
            Found::Whole(found) if found.task == task => key.changes(&found.key),
            Found::Whole(found) => vec![format!("task: {}, now {task}", found.task)],
            Found::None | Found::Damaged => vec![format!("{MARKER} is damaged")],
        };
        progress.say(&format!(
            "{}: unfinished work of other inputs, begun anew ({})",
            partial.root.display(),
            changes.join("; ")
        ));
        partial.begin_anew()?;
        partial.mark(&wanted)?;
        Ok(partial)
    }

    /// The same for work of which no part is kept: what a killed run has left goes, and so does everything when this value
    /// goes before the output is there.
    ///
    /// # Errors
    /// As [`Partial::open`].
    pub fn claim(out: &Path, task: &str) -> anyhow::Result<Self> {
        let wanted = Marker::new(task, &Key::default());
        let mut partial = Self::lock(out, &wanted, false)?;
        if let Found::Whole(found) = partial.marker()?
            && found.task != task
        {
            tracing::warn!("{}: unfinished work of {:?} is removed", partial.root.display(), found.task);
        }
        partial.begin_anew()?;
        partial.mark(&wanted)?;
        Ok(partial)
    }

    fn lock(out: &Path, wanted: &Marker, stays: bool) -> anyhow::Result<Self> {
        let mut name = out.file_name().with_context(|| format!("{} has no name", out.display()))?.to_owned();
        name.push(".partial");
        let root = out.with_file_name(name);
        target::in_no_bundle(out)?;
        let above = sync::folder_of(out).ancestors().take_while(|folder| !folder.exists());
        let made = above.filter(|folder| !folder.as_os_str().is_empty()).map(Path::to_owned).collect();
        let lock = lock::take(&root, out, wanted)?;
        sweep(sync::folder_of(out));
        Ok(Self { root, out: out.to_owned(), lock, resumed: false, stays, made })
    }

    /// Whether there are parts of interrupted work.
    pub fn resumed(&self) -> bool {
        self.resumed
    }

    /// A file or folder in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Keeps a finished part.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn put(&self, name: &str, content: &[u8]) -> anyhow::Result<()> {
        let path = self.path(name);
        checked::write(&path, content).with_context(|| format!("cannot write {}", path.display()))
    }

    /// A finished part, if it is there and whole. What is damaged is made again.
    pub fn get(&self, name: &str) -> Option<Vec<u8>> {
        checked::read(&self.path(name))
    }

    /// Writes a file of a folder that becomes the output: a kill leaves the old one or the new one there and nothing else.
    /// [`Partial::publish`] brings all of them to the disk.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        let staging = self.path(STAGING);
        fs::create_dir_all(&staging)?;
        fs::create_dir_all(sync::folder_of(path))?;
        let mut file = unnamed::file_in(&staging)?;
        file.write_all(content)?;
        file.persist(path).map_err(|e| e.error)?;
        Ok(())
    }

    /// Forgets all parts.
    ///
    /// # Errors
    /// If one cannot be removed.
    pub fn begin_anew(&mut self) -> anyhow::Result<()> {
        self.resumed = false;
        lock::empty(&self.root).with_context(|| format!("cannot empty {}", self.root.display()))
    }

    /// Gives a folder within this one the name of the output, in one step and in the place of what is there, brings it to the
    /// disk, and removes the rest.
    ///
    /// # Errors
    /// If that cannot be done; then what was there before is there still.
    pub fn publish(self, folder: &str) -> anyhow::Result<()> {
        let from = self.path(folder);
        target::for_folder(&self.out)
            .and_then(|()| sync::tree(&from))
            .and_then(|()| place::at(&from, &self.out))
            .with_context(|| format!("cannot write {}", self.out.display()))?;
        self.remove()
    }

    /// The same for an output that is a file with this content.
    ///
    /// # Errors
    /// As [`Partial::publish`].
    pub fn publish_file(self, content: &[u8]) -> anyhow::Result<()> {
        self.publish_parts(&mut |file: &mut File| file.write_all(content))
    }

    /// The same for a file that is written part by part.
    ///
    /// # Errors
    /// As [`Partial::publish`], and if a part cannot be written.
    pub fn publish_parts(self, write: &mut dyn FnMut(&mut File) -> io::Result<()>) -> anyhow::Result<()> {
        let from = self.path(OUTPUT);
        target::for_file(&self.out)
            .and_then(|()| write(&mut File::create(&from)?))
            .with_context(|| format!("cannot write {}", self.out.display()))?;
        self.publish_written(OUTPUT)
    }

    /// The same for a file that was written in this folder already, under this name.
    ///
    /// # Errors
    /// As [`Partial::publish`].
    pub fn publish_written(self, name: &str) -> anyhow::Result<()> {
        let from = self.path(name);
        target::for_file(&self.out)
            .and_then(|()| sync::one(&from))
            .and_then(|()| place::at(&from, &self.out))
            .with_context(|| format!("cannot write {}", self.out.display()))?;
        self.remove()
    }

    /// Removes the folder: the output has its final name.
    ///
    /// # Errors
    /// If it cannot be removed.
    pub fn remove(self) -> anyhow::Result<()> {
        lock::remove(&self.root).with_context(|| format!("cannot remove {}", self.root.display()))
    }

    fn marker(&self) -> anyhow::Result<Found> {
        Marker::find(&self.root).with_context(|| format!("cannot read {}", self.path(MARKER).display()))
    }

    fn mark(&self, marker: &Marker) -> anyhow::Result<()> {
        marker.write(&self.root).with_context(|| format!("cannot write {}", self.path(MARKER).display()))
    }
}

/// An error before the first finished part leaves nothing behind.
impl Drop for Partial {
    fn drop(&mut self) {
        if self.root.exists() && (!self.stays || is_only_begun(&self.root)) {
            // What cannot be removed is taken up by the next run.
            let _ = lock::remove(&self.root);
        }
        let _ = self.lock.unlock();
        // Only those that are empty go.
        let _ = self.made.iter().try_for_each(fs::remove_dir);
    }
}

/// Whether nothing but marker, lock and empty folders is there.
fn is_only_begun(root: &Path) -> bool {
    let is_empty = |folder: &Path| fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
    let ours = |entry: fs::DirEntry| {
        let name = entry.file_name();
        name == LOCK || name == MARKER || is_empty(&entry.path())
    };
    fs::read_dir(root).is_ok_and(|entries| entries.flatten().all(ours))
}
