//! Unfinished work, one protocol for all that takes long: the folder `OUT.partial` beside an output.
//!
//! It holds a marker of ours with the [`Key`] of the work, a lock, and finished parts, each with its checksum. The same work
//! goes on from there. Where something that decides the result has changed, it is said, and the work begins anew. A folder of
//! that name without the marker is somebody else's: it is refused and left alone. The lock is held until the output has its
//! final name, so that two runs never write one output.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{atomic, key::Key, progress::Progress};

/// The file that tells our folders from others.
const MARKER: &str = "cellprism-work.json";
/// Held while a process works here; holds its number.
const LOCK: &str = "lock";
/// How often the folder is looked for again, where another process has just removed it.
const TRIES: usize = 100;

/// The folder, locked.
#[derive(Debug)]
pub struct Partial {
    root: PathBuf,
    lock: File,
    resumed: bool,
}

/// The content of the marker.
#[derive(Debug, Serialize, Deserialize)]
struct Marker {
    /// The program.
    made_by: String,
    /// What is done.
    task: String,
    /// Everything that decides the result.
    key: Key,
}

impl Partial {
    /// Opens the folder of an output: that of interrupted work with the same key, or a new one. `task` names what is done, for
    /// instance `embed`.
    ///
    /// # Errors
    /// If another process works there, the folder is somebody else's, or it cannot be made.
    pub fn open(out: &Path, task: &str, key: &Key, progress: &dyn Progress) -> anyhow::Result<Self> {
        let mut name = out.file_name().with_context(|| format!("{} has no name", out.display()))?.to_owned();
        name.push(".partial");
        let root = out.with_file_name(name);
        let lock = lock(&root, out)?;
        let mut partial = Self { root, lock, resumed: false };
        let wanted = Marker { made_by: "cellprism".into(), task: task.into(), key: key.clone() };
        match partial.marker()? {
            Some(found) if found.task == task && found.key == *key => partial.resumed = true,
            Some(found) => {
                let changes = if found.task == task {
                    key.changes(&found.key)
                } else {
                    vec![format!("task: {}, now {task}", found.task)]
                };
                progress.say(&format!(
                    "{}: unfinished work of other inputs, begun anew ({})",
                    partial.root.display(),
                    changes.join("; ")
                ));
                partial.begin_anew()?;
                partial.mark(&wanted)?;
            }
            None => partial.mark(&wanted)?,
        }
        Ok(partial)
    }

    /// Whether interrupted work goes on.
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
        let mut whole = format!("{:x}\n", Sha256::digest(content)).into_bytes();
        whole.extend_from_slice(content);
        atomic::write_file(&path, &whole).with_context(|| format!("cannot write {}", path.display()))
    }

    /// A finished part, if it is there and whole. What is damaged is made again.
    pub fn get(&self, name: &str) -> Option<Vec<u8>> {
        let mut whole = fs::read(self.path(name)).ok()?;
        let at = whole.iter().position(|&byte| byte == b'\n')?;
        let content = whole.split_off(at + 1);
        whole.pop();
        let sum = format!("{:x}", Sha256::digest(&content));
        if whole != sum.as_bytes() {
            tracing::warn!("{} is damaged and made again", self.path(name).display());
            return None;
        }
        Some(content)
    }

    /// Forgets all parts.
    ///
    /// # Errors
    /// If one cannot be removed.
    pub fn begin_anew(&mut self) -> anyhow::Result<()> {
        self.resumed = false;
        let failed = || format!("cannot empty {}", self.root.display());
        for entry in fs::read_dir(&self.root).with_context(failed)? {
            let entry = entry.with_context(failed)?;
            let (name, path) = (entry.file_name(), entry.path());
            if name == LOCK || name == MARKER {
                continue;
            }
            let removed = if entry.file_type().with_context(failed)?.is_dir() {
                fs::remove_dir_all(&path)
            } else {
                fs::remove_file(&path)
            };
            removed.with_context(|| format!("cannot remove {}", path.display()))?;
        }
        Ok(())
    }

    /// Removes the folder: the output has its final name.
    ///
    /// # Errors
    /// If it cannot be removed.
    pub fn remove(self) -> anyhow::Result<()> {
        // Not the lock before the rest: whoever comes now must find one or the other.
        fs::remove_dir_all(&self.root).with_context(|| format!("cannot remove {}", self.root.display()))
    }

    fn marker(&self) -> anyhow::Result<Option<Marker>> {
        let path = self.path(MARKER);
        match fs::read(&path) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    fn mark(&self, marker: &Marker) -> anyhow::Result<()> {
        let path = self.path(MARKER);
        atomic::write_file(&path, &serde_json::to_vec_pretty(marker)?)
            .with_context(|| format!("cannot write {}", path.display()))
    }
}

/// An error before the first finished part leaves nothing behind.
impl Drop for Partial {
    fn drop(&mut self) {
        if is_only_begun(&self.root) {
            // What cannot be removed is empty, and taken up by the next run.
            let _ = fs::remove_dir_all(&self.root);
        }
        let _ = self.lock.unlock();
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

/// The lock of a folder of ours, which is made where there is none.
fn lock(root: &Path, out: &Path) -> anyhow::Result<File> {
    let path = root.join(LOCK);
    let failed = || format!("cannot write {}", root.display());
    for _ in 0..TRIES {
        match fs::symlink_metadata(root) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => make(root).with_context(failed)?,
            Err(error) => return Err(error).with_context(failed),
            Ok(_) => {}
        }
        let options = File::options().read(true).write(true).open(&path);
        let mut file = match options {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound && !root.exists() => continue,
            Err(_) => bail!(
                "{} is there already and no unfinished work of cellprism: move it away, or choose another --out",
                root.display()
            ),
        };
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = file.read_to_string(&mut holder);
                bail!(
                    "{} is being written by another run (process {}): wait for it, or choose another --out",
                    out.display(),
                    holder.trim()
                );
            }
            // A file system without locks.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {}
            Err(TryLockError::Error(error)) => return Err(error).with_context(failed),
        }
        // The process that held it may have removed the folder meanwhile.
        if is_same(&file, &path) {
            file.set_len(0).and_then(|()| file.rewind()).with_context(failed)?;
            writeln!(file, "{}", std::process::id()).with_context(failed)?;
            return Ok(file);
        }
    }
    bail!("{} comes and goes: is another run writing it?", root.display())
}

/// Makes the folder with its lock in one step, so that it is never there without.
fn make(root: &Path) -> io::Result<()> {
    let parent = root.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(parent)?;
    let made = atomic::OutputFolder::create(root).and_then(|new| {
        File::create(new.path().join(LOCK))?;
        new.finish()
    });
    match made {
        // Another process was faster: its folder is taken.
        Err(_) if root.join(LOCK).exists() => Ok(()),
        done => done,
    }
}

#[cfg(unix)]
fn is_same(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let place = |found: fs::Metadata| (found.dev(), found.ino());
    match (file.metadata(), fs::metadata(path)) {
        (Ok(ours), Ok(there)) => place(ours) == place(there),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_same(_: &File, path: &Path) -> bool {
    path.exists()
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::work::progress::{Silent, Steps};

    /// Remembers what was said.
    #[derive(Default)]
    struct Heard(Mutex<Vec<String>>);

    impl Progress for Heard {
        fn begin(&self, _: &'static str, _: u64, _: &str) -> Box<dyn Steps> {
            Box::new(Silent)
        }

        fn say(&self, line: &str) {
            self.0.lock().unwrap().push(line.to_owned());
        }
    }

    fn key(seed: u32) -> Key {
        Key::default().with("seed", seed)
    }

    #[test]
    fn the_same_work_goes_on_and_other_work_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        let first = Partial::open(&out, "run", &key(1), &Silent).unwrap();
        first.put("a", b"done").unwrap();
        drop(first);
        let again = Partial::open(&out, "run", &key(1), &Silent).unwrap();
        assert!(again.resumed());
        assert_eq!(again.get("a").as_deref(), Some(&b"done"[..]));
        let path = again.path("a");
        let mut damaged = fs::read(&path).unwrap();
        *damaged.last_mut().unwrap() ^= 1;
        fs::write(&path, damaged).unwrap();
        assert_eq!(again.get("a"), None, "what is damaged is made again");
        again.put("a", b"done").unwrap();
        drop(again);
        let heard = Heard::default();
        let other = Partial::open(&out, "run", &key(2), &heard).unwrap();
        assert!(!other.resumed() && other.get("a").is_none());
        let said = heard.0.lock().unwrap().join("");
        assert!(said.contains("seed: 1, now 2"), "{said}");
        drop(other);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
    }

    #[test]
    fn somebody_elses_folder_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let theirs = folder.path().join("out.partial");
        fs::create_dir(&theirs).unwrap();
        fs::write(theirs.join("thesis.txt"), "mine").unwrap();
        let error = Partial::open(&folder.path().join("out"), "run", &key(1), &Silent).unwrap_err();
        assert!(error.to_string().contains("no unfinished work of cellprism"), "{error}");
        assert!(theirs.join("thesis.txt").exists());
    }

    #[test]
    fn one_output_is_written_by_one_run() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        let held = Partial::open(&out, "run", &key(1), &Silent).unwrap();
        let error = Partial::open(&out, "run", &key(1), &Silent).unwrap_err().to_string();
        assert!(error.contains(&format!("process {}", std::process::id())), "{error}");
        held.remove().unwrap();
        Partial::open(&out, "run", &key(1), &Silent).unwrap();
    }
}
