//! How many tests passed and failed, over every kind of them.

use std::{
    io::{BufRead, BufReader},
    process::{Command, ExitCode, Stdio},
    time::Instant,
};

use anyhow::{Context, Result};

use crate::step::{say, shown, time};

/// What happened so far.
#[derive(Debug)]
pub(super) struct Count {
    passed: u64,
    failed: Vec<String>,
    failed_inside: u64,
    skipped: Vec<String>,
    began: Instant,
}

impl Default for Count {
    fn default() -> Self {
        Self { passed: 0, failed: Vec::new(), failed_inside: 0, skipped: Vec::new(), began: Instant::now() }
    }
}

impl Count {
    /// How many failed so far.
    pub(super) fn failed(&self) -> u64 {
        self.failed.len() as u64 + self.failed_inside
    }

    /// Counts a command as one test.
    pub(super) fn command(&mut self, what: &str, command: &mut Command) {
        self.check(what, || shown(command));
    }

    /// Counts a piece of work as one test.
    pub(super) fn check(&mut self, what: &str, work: impl FnOnce() -> Result<()>) {
        say(&format!("• {what}"));
        let began = Instant::now();
        match work() {
            Ok(()) => {
                self.passed += 1;
                say(&format!("  ok in {}", time(began.elapsed())));
            }
            Err(error) => {
                say(&format!("  FAILED: {error:#}"));
                self.failed.push(what.to_owned());
            }
        }
    }

    /// Notes tests that cannot run here.
    pub(super) fn skip(&mut self, why: &str) {
        say(&format!("skipped: {why}"));
        self.skipped.push(why.to_owned());
    }

    /// Reads a line of a test program's output: cargo's `test result: …`, node's `ℹ pass …`,
    /// pytest's last line, our `skipped: …`.
    pub(super) fn read(&mut self, line: &str) {
        if let Some(result) = line.strip_prefix("test result: ") {
            self.passed += number_before(result, " passed");
            self.failed_inside += number_before(result, " failed");
        } else if let Some(number) = line.strip_prefix("ℹ pass ") {
            self.passed += number.trim().parse().unwrap_or(0);
        } else if let Some(number) = line.strip_prefix("ℹ fail ") {
            self.failed_inside += number.trim().parse().unwrap_or(0);
        } else if let Some(result) = pytest_result(line) {
            self.passed += number_before(result, " passed");
            self.failed_inside += number_before(result, " failed") + number_before(result, " error");
        } else if let Some(why) = line.strip_prefix("skipped: ").or_else(|| pytest_skip(line)) {
            self.skipped.push(why.to_owned());
        }
    }

    /// Says it all; the exit code is that of a test program.
    pub(super) fn report(&self) -> ExitCode {
        println!();
        for why in &self.skipped {
            println!("skipped: {why}");
        }
        for what in &self.failed {
            println!("failed: {what}");
        }
        println!("time: {}", time(self.began.elapsed()));
        println!("{} passed, {} failed", self.passed, self.failed());
        if self.failed() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

/// Runs a program of many tests and counts each; its output stays on the screen.
///
/// # Errors
/// If it cannot be started.
pub(super) fn counted(command: &mut Command, count: &mut Count) -> Result<()> {
    let mut child = command.stdout(Stdio::piped()).spawn().context("cannot start the tests")?;
    let failed_before = count.failed();
    let output = child.stdout.take().context("no output of the tests")?;
    for line in BufReader::new(output).lines() {
        let line = line?;
        println!("{line}");
        count.read(&line);
    }
    let status = child.wait()?;
    if !status.success() && count.failed() == failed_before {
        count.failed.push(format!("the tests ended with {status}"));
    }
    Ok(())
}

/// `ok. 12 passed; 1 failed` and ` passed` → 12.
fn number_before(text: &str, word: &str) -> u64 {
    let before = text.split(word).next().filter(|before| before.len() < text.len());
    before.and_then(|before| before.rsplit(' ').next()?.parse().ok()).unwrap_or(0)
}

/// `12 passed, 1 failed in 3.21s` of pytest.
fn pytest_result(line: &str) -> Option<&str> {
    let line = line.trim_matches(|c| c == '=' || c == ' ');
    let (result, time) = line.rsplit_once(" in ")?;
    let counts = [" passed", " failed", " error", " skipped"].iter().any(|word| result.contains(word));
    let begins = result.starts_with(|c: char| c.is_ascii_digit());
    (counts && begins && time.ends_with(['s', ')'])).then_some(result)
}

/// `SKIPPED [1] test_notebook.py:12: no shared data` of pytest.
fn pytest_skip(line: &str) -> Option<&str> {
    line.strip_prefix("SKIPPED [")?.split_once("] ").map(|(_, why)| why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_s_lines_are_counted() {
        let mut count = Count::default();
        count.read("test result: FAILED. 12 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out");
        count.read("test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out");
        count.read("skipped: no shared data");
        count.read("ℹ pass 4");
        count.read("ℹ fail 1");
        assert_eq!((count.passed, count.failed(), count.skipped.len()), (19, 3, 1));
        assert_eq!(count.report(), ExitCode::FAILURE);
    }

    #[test]
    fn pytest_s_lines_are_counted() {
        let mut count = Count::default();
        count.read("2 failed, 12 passed, 1 skipped in 3.21s");
        count.read("===== 3 passed, 1 error in 75.20s (0:01:15) =====");
        count.read("SKIPPED [1] test_notebook.py:12: no shared data");
        count.read("..... 3 passed in words");
        assert_eq!((count.passed, count.failed(), count.skipped.len()), (15, 3, 1));
        assert_eq!(count.skipped[0], "test_notebook.py:12: no shared data");
    }

    #[test]
    fn a_program_that_dies_without_a_result_is_a_failure() {
        let mut count = Count::default();
        counted(Command::new("sh").args(["-c", "exit 101"]), &mut count).unwrap();
        assert_eq!(count.failed(), 1);
        counted(Command::new("sh").args(["-c", "echo 'test result: ok. 3 passed; 0 failed'"]), &mut count)
            .unwrap();
        assert_eq!((count.passed, count.failed()), (3, 1));
    }
}
