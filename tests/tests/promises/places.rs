//! Places that cannot hold an output: a full disk, a folder that may only be read.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    process::Command,
};

use crate::setting::{Setting, Task, assert_same, contents};

/// The command where no file may grow beyond some kilobytes, as on a disk that is full by then.
fn limited(task: &Task, out: &Path, kilobytes: u32) -> Command {
    let command = task.to(out);
    let mut shell = Command::new("sh");
    // the unit is 512 bytes in some shells and 1,024 in others
    shell.arg("-c").arg(format!("ulimit -f {kilobytes}; exec \"$0\" \"$@\""));
    shell.arg(command.get_program()).args(command.get_args());
    shell
}

#[cfg(unix)]
#[test]
fn a_full_disk_is_an_error_and_afterwards_the_bytes_are_the_same() {
    let setting = Setting::with_inputs();
    for task in setting.tasks() {
        let whole = setting.at(&format!("whole {}", task.name));
        assert!(task.to(&whole).output().unwrap().status.success());
        let expected = contents(&whole);
        let outputs = setting.at(&format!("outputs of {}", task.name));
        fs::create_dir(&outputs).unwrap();
        let out = outputs.join("out");
        let largest = expected.values().map(Vec::len).max().unwrap() as u32 / 1024;
        for kilobytes in [1, largest / 4] {
            let ended = limited(&task, &out, kilobytes).output().unwrap();
            let said = String::from_utf8_lossy(&ended.stderr);
            assert_eq!(ended.status.code(), Some(1), "{} with {kilobytes} kB: {said}", task.name);
            assert!(said.starts_with("error: ") && !said.contains("panicked"), "{}: {said}", task.name);
            assert!(!out.exists(), "{}: half an output", task.name);
        }
        assert!(task.to(&out).output().unwrap().status.success(), "{}", task.name);
        assert_same(&expected, &out, &format!("after a full disk, {}", task.name));
        assert_eq!(Setting::left_in(&outputs), ["out"], "{}", task.name);
    }
}

/// A folder that this user cannot write to: one of ours, or of the system for those who may write everywhere.
fn read_only(setting: &Setting) -> Option<PathBuf> {
    let folder = setting.at("read-only");
    fs::create_dir(&folder).unwrap();
    let mut permissions = fs::metadata(&folder).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&folder, permissions).unwrap();
    let refuses =
        |folder: &Path| fs::create_dir(folder.join("x")).is_err_and(|e| e.kind() != ErrorKind::AlreadyExists);
    [folder, PathBuf::from("/sys"), PathBuf::from("/proc")]
        .into_iter()
        .find(|folder| folder.is_dir() && refuses(folder))
}

/// Before the work, not after it.
#[test]
fn a_folder_that_may_only_be_read_is_said_at_once() {
    let setting = Setting::with_inputs();
    let Some(folder) = read_only(&setting) else {
        return println!("skipped: everything can be written to here");
    };
    for task in setting.tasks() {
        let ended = task.to(&folder.join("out")).output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(1), "{}: {said}", task.name);
        assert!(said.contains("cannot write") && said.contains("out"), "{}: {said}", task.name);
    }
}
