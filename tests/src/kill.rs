//! A program that is killed again and again, until it is done.

use std::{
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

/// Runs a command and kills it after so long, by the signal that no program can answer; whether it was still at work.
///
/// # Panics
/// If it cannot be started.
pub fn killed_after(command: &mut Command, time: Duration) -> bool {
    let mut child = quiet(command).spawn().expect("the program starts");
    let end = Instant::now() + time;
    while Instant::now() < end {
        if child.try_wait().expect("a child of ours").is_some() {
            return false;
        }
        sleep(Duration::from_micros(500));
    }
    // Between the last look and now it may have ended.
    let _ = child.kill();
    !child.wait().expect("a child of ours").success()
}

/// How long a command takes, which must succeed.
///
/// # Panics
/// If it doesn't.
pub fn timed(command: &mut Command) -> Duration {
    let began = Instant::now();
    let output = command.output().expect("the program starts");
    assert!(output.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
    began.elapsed()
}

/// Two commands started together; their exit codes and what they said on stderr.
///
/// # Panics
/// If one cannot be started.
pub fn together(one: &mut Command, other: &mut Command) -> [(Option<i32>, String); 2] {
    let start = |command: &mut Command| {
        command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the program starts")
    };
    [start(one), start(other)].map(|child| {
        let output = child.wait_with_output().expect("a child of ours");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    })
}

fn quiet(command: &mut Command) -> &mut Command {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null())
}
