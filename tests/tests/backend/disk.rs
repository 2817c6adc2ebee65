//! Disks that are full or read-only: file systems mounted for a test, where this machine lets it.

use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

/// Something mounted, taken away with this value.
pub struct Mounted(PathBuf);

impl Mounted {
    /// A disk of so many megabytes at a folder; nothing, with a line, where nothing may be mounted here.
    pub fn small(at: &Path, megabytes: u32, test: &str) -> Option<Self> {
        let size = format!("size={megabytes}m");
        Self::mount(&["-t", "tmpfs", "-o", &size, "none"], at, test)
    }

    /// From now on nothing in this folder can be changed.
    pub fn read_only(at: &Path, test: &str) -> Option<Self> {
        let name = at.to_str().unwrap();
        let bound = Self::mount(&["--bind", name], at, test)?;
        let fixed = Command::new("mount").args(["-o", "remount,bind,ro"]).arg(at).status().unwrap();
        assert!(fixed.success(), "a folder that is bound can be made read-only");
        Some(bound)
    }

    fn mount(arguments: &[&str], at: &Path, test: &str) -> Option<Self> {
        let done = Command::new("mount").args(arguments).arg(at).output();
        let why = match done {
            Ok(done) if done.status.success() => return Some(Self(at.to_owned())),
            Ok(done) => String::from_utf8_lossy(&done.stderr).trim().to_owned(),
            Err(error) => error.to_string(),
        };
        println!("skipped: {test} (nothing can be mounted here: {why})");
        None
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

/// Takes all room of the disk that this file is on, until it is removed.
pub fn fill(file: &Path) {
    let mut filler = File::create(file).unwrap();
    for size in [1 << 20, 4096, 1] {
        while filler.write_all(&vec![7; size]).is_ok() {}
    }
    assert!(fs::metadata(file).unwrap().len() > 0);
}
