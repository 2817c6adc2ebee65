//! Two runs into one output: one of them writes it, the other is told so, or finds it there.

use std::{fs, path::Path};

use cellprism_tests::{cellprism, together};

use crate::setting::{Setting, assert_same, contents};

/// Every command with itself, started together.
#[test]
fn two_at_once_leave_one_whole_output() {
    let setting = Setting::with_inputs();
    for task in setting.tasks() {
        let whole = setting.at(&format!("whole {}", task.name));
        assert!(task.to(&whole).output().unwrap().status.success());
        let outputs = setting.at(&format!("outputs of {}", task.name));
        fs::create_dir(&outputs).unwrap();
        let out = outputs.join("out");
        let ended = together(&mut task.to(&out), &mut task.to(&out));
        assert!(ended.iter().any(|(code, _)| *code == Some(0)), "{}: {ended:?}", task.name);
        for (code, said) in &ended {
            assert!(*code == Some(0) || is_told(*code, said), "{}: {code:?} {said}", task.name);
        }
        assert_same(&contents(&whole), &out, &format!("after two of {} at once", task.name));
        assert_eq!(Setting::left_in(&outputs), ["out"], "{}", task.name);
    }
}

/// A message for people that says who writes there, or that it is there already.
fn is_told(code: Option<i32>, said: &str) -> bool {
    code == Some(1)
        && !said.contains("panicked")
        && (said.contains("being written by another run") || said.contains("exists already"))
}

/// Bundles of two seeds: the one that is there is whole, and the other's run said why it is not its own.
#[test]
fn two_different_runs_at_once_leave_one_whole_bundle() {
    let setting = Setting::new();
    for turn in 0..3 {
        let out = setting.at(&format!("bundle {turn}"));
        let (one, other) = (setting.run(&["--seed", "0"]), setting.run(&["--seed", "1"]));
        let ended = together(&mut one.to(&out), &mut other.to(&out));
        let done = ended.iter().filter(|(code, _)| *code == Some(0)).count();
        assert_eq!(done, 1, "{ended:?}");
        let told = ended.iter().find(|(code, _)| *code != Some(0)).unwrap();
        assert!(is_told(told.0, &told.1), "{told:?}");
        cellprism(&[&"verify", &out]).succeeded();
        assert!(!partial_of(&out).exists());
    }
}

fn partial_of(out: &Path) -> std::path::PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push(".partial");
    name.into()
}
