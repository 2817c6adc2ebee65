//! A reader that has seen enough ends the program quietly, as `… | head` does; on stderr it ends nothing.

use std::{
    io::Read,
    process::{Command, Stdio},
};

use cellprism_tests::program;

use crate::setting::Setting;

/// Exit code and stderr of a command whose stdout is closed after `bytes`.
fn closed(command: &mut Command, bytes: usize) -> (Option<i32>, String) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let _ = stdout.read_exact(&mut vec![0; bytes]);
    drop(stdout);
    let ended = child.wait_with_output().unwrap();
    (ended.status.code(), String::from_utf8_lossy(&ended.stderr).into_owned())
}

#[test]
fn stdout_that_nobody_reads() {
    let setting = Setting::with_inputs();
    let mut commands: Vec<Command> = Vec::new();
    for task in setting.tasks() {
        let mut command = task.to(&setting.at(&format!("out of {}", task.name)));
        command.arg("--json");
        commands.push(command);
    }
    for words in [&["--help"][..], &["run", "--help"], &["--version"], &["sae", "--help"]] {
        let mut command = Command::new(program());
        command.args(words);
        commands.push(command);
    }
    let mut verify = Command::new(program());
    verify.arg("verify").arg(setting.at("run")).arg("--json");
    commands.push(verify);
    for command in &mut commands {
        let (code, said) = closed(command, 0);
        assert_eq!(code, Some(0), "{command:?}: {said}");
        assert!(!said.contains("panicked") && !said.contains("Broken pipe"), "{command:?}: {said}");
    }
}

/// Progress that nobody reads does not stop the work.
#[test]
fn stderr_that_nobody_reads() {
    let setting = Setting::new();
    let out = setting.at("out");
    let task = setting.run(&[]).to(&out);
    let words = task.get_args().filter(|word| *word != "--quiet");
    let mut child = Command::new(program()).args(words).arg("-vv").stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stderr.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    cellprism_tests::cellprism(&[&"verify", &out]).succeeded();

    // nor does an error that nobody reads end in another one
    let mut child =
        Command::new(program()).args(["verify", "nowhere"]).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stderr.take());
    assert_eq!(child.wait().unwrap().code(), Some(1));
}
