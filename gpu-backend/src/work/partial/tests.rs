//! What is promised of unfinished work.

use std::sync::Mutex;

use super::*;
use crate::work::{
    progress::{Silent, Steps},
    sync::tests::synchronised,
};

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

    // a file that is called like our lock makes it no work of ours
    fs::write(theirs.join(LOCK), "mine, too").unwrap();
    assert!(Partial::open(&folder.path().join("out"), "run", &key(1), &Silent).is_err());
    assert!(Partial::claim(&folder.path().join("out"), "site").is_err());
    assert_eq!(fs::read(theirs.join(LOCK)).unwrap(), b"mine, too");

    // nor is a marker of another program
    let other = r#"{"made_by": "somebody", "task": "run", "key": {}}"#;
    fs::write(theirs.join(MARKER), other).unwrap();
    assert!(Partial::open(&folder.path().join("out"), "run", &key(1), &Silent).is_err());
    assert!(theirs.join("thesis.txt").exists());
}

#[cfg(unix)]
#[test]
fn links_in_its_place_are_not_followed() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let (out, theirs) = (folder.path().join("out"), folder.path().join("theirs"));
    let made = Partial::open(&theirs, "run", &key(1), &Silent).unwrap();
    made.put("part", b"x").unwrap();
    drop(made);
    symlink(folder.path().join("theirs.partial"), folder.path().join("out.partial")).unwrap();
    assert!(Partial::open(&out, "run", &key(1), &Silent).is_err());
    assert!(folder.path().join("theirs.partial/part").exists());

    let lock = folder.path().join("theirs.partial").join(LOCK);
    let thesis = folder.path().join("thesis.txt");
    fs::write(&thesis, "mine").unwrap();
    fs::remove_file(&lock).unwrap();
    symlink(&thesis, &lock).unwrap();
    assert!(Partial::open(&theirs, "run", &key(1), &Silent).is_err());
    assert_eq!(fs::read(&thesis).unwrap(), b"mine");
}

#[test]
fn a_damaged_marker_means_that_nothing_can_be_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let first = Partial::open(&out, "run", &key(1), &Silent).unwrap();
    first.put("a", b"of seed 1").unwrap();
    let marker = first.path(MARKER);
    drop(first);
    fs::write(marker, "{").unwrap();
    let other = Partial::open(&out, "run", &key(2), &Silent).unwrap();
    assert!(!other.resumed() && other.get("a").is_none());
}

#[test]
fn a_kill_while_it_is_removed_stops_no_later_run() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let killed = Partial::open(&out, "run", &key(1), &Silent).unwrap();
    killed.put("a", b"x").unwrap();
    lock::empty(&killed.root).unwrap();
    fs::remove_file(killed.path(LOCK)).unwrap();
    std::mem::forget(killed);
    let next = Partial::open(&out, "run", &key(1), &Silent).unwrap();
    assert!(!next.resumed());
}

#[test]
fn what_is_claimed_leaves_nothing_of_a_killed_run() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let killed = Partial::claim(&out, "site").unwrap();
    fs::write(killed.path("half"), "x").unwrap();
    let error = Partial::claim(&out, "site").unwrap_err().to_string();
    assert!(error.contains("another run"), "{error}");
    let Partial { lock, .. } = &killed;
    lock.unlock().unwrap();
    std::mem::forget(killed);
    let next = Partial::claim(&out, "site").unwrap();
    assert!(!next.path("half").exists());
    next.publish_file(b"whole").unwrap();
    assert_eq!(fs::read(&out).unwrap(), b"whole");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
}

#[test]
fn the_lock_is_held_and_files_are_on_the_disk_before_the_output_has_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    fs::create_dir(&out).unwrap();
    fs::write(out.join("old"), "x").unwrap();
    let work = Partial::open(&out, "run", &key(1), &Silent).unwrap();
    let place = work.path("bundle");
    work.write(&place.join("in/new"), b"x").unwrap();
    synchronised();
    work.publish("bundle").unwrap();
    assert_eq!(synchronised(), [place.join("in/new"), place.join("in"), place, folder.path().to_owned()]);
    assert!(out.join("in/new").exists() && !out.join("old").exists());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
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
