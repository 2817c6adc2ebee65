//! A finished file or folder gets its final name, in one step: whoever looks, and whatever is killed, finds the old one or
//! the new one.

use std::{fs, io, path::Path};

use super::sync;

/// Moves a finished file or folder to `to` and brings that to the disk. What is there already is afterwards at `from`, but
/// for a file or an empty folder, which is gone. `from` must lie on the same file system and be synchronised.
///
/// # Errors
/// If it cannot be renamed. Then what was at `to` before is there still.
pub fn at(from: &Path, to: &Path) -> io::Result<()> {
    if to.is_dir() && fs::read_dir(to)?.next().is_some() {
        exchange(from, to)?;
    } else {
        fs::rename(from, to)?;
    }
    sync::parent(to)
}

/// Each gets the name of the other.
fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_os = "macos"))]
    {
        use rustix::{
            fs::{CWD, RenameFlags, renameat_with},
            io::Errno,
        };
        match renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE) {
            // A file system that knows no exchange.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
            done => return Ok(done?),
        }
    }
    one_after_the_other(one, other)
}

/// The same by three renames, where a system has nothing better; a kill between the first two leaves the old one aside.
fn one_after_the_other(one: &Path, other: &Path) -> io::Result<()> {
    let mut aside = one.as_os_str().to_owned();
    aside.push(".older");
    let aside = Path::new(&aside);
    fs::rename(other, aside)?;
    if let Err(error) = fs::rename(one, other) {
        fs::rename(aside, other)?;
        return Err(error);
    }
    fs::rename(aside, one)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work::sync::tests::synchronised;

    #[test]
    fn both_ways_change_names_and_keep_the_old_one_at_hand() {
        for by in [exchange, one_after_the_other] {
            let work = tempfile::tempdir().unwrap();
            let (new, old) = (work.path().join("new"), work.path().join("old"));
            for folder in [&new, &old] {
                fs::create_dir(folder).unwrap();
                fs::write(folder.join(folder.file_name().unwrap()), "x").unwrap();
            }
            by(&new, &old).unwrap();
            assert!(old.join("new").exists() && new.join("old").exists());
            assert_eq!(fs::read_dir(work.path()).unwrap().count(), 2);
        }
    }

    #[test]
    fn an_empty_folder_and_a_file_are_replaced_and_the_name_is_on_the_disk() {
        let work = tempfile::tempdir().unwrap();
        let (new, to) = (work.path().join("new"), work.path().join("to"));
        for folder in [&new, &to] {
            fs::create_dir(folder).unwrap();
        }
        fs::write(new.join("x"), "x").unwrap();
        synchronised();
        at(&new, &to).unwrap();
        assert_eq!(synchronised(), [work.path()]);
        assert!(to.join("x").exists() && !new.exists());
    }
}
