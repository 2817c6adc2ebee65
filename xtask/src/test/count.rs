//! How many tests passed and failed, over every kind of them.

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Command, ExitCode, Stdio},
    time::Instant,
};

use anyhow::{Context, Result};

use super::long;
use crate::step::{say, shown, time};

/// What happened so far.
#[derive(Debug)]
pub(super) struct Count {
    /// Of all programs together, and of commands that count as one test.
    sum: Outcome,
    /// Commands that failed.
    failed: Vec<String>,
    /// Tests that failed, and passed when they were tried again.
    unsteady: Vec<String>,
    long: bool,
    /// Files of tests that ran and did what takes long.
    long_files: Vec<PathBuf>,
    began: Instant,
}

/// What one program of tests came to, or several.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    passed: u64,
    failed: u64,
    skipped: Vec<String>,
    /// What was said of failures.
    evidence: Vec<String>,
}

/// Lines that are kept of one program's failures; the whole output is above them on the screen.
const EVIDENCE: usize = 120;

impl Outcome {
    /// Whether nothing failed.
    pub(super) fn is_good(&self) -> bool {
        self.failed == 0
    }

    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped.extend(other.skipped);
        self.evidence.extend(other.evidence);
    }

    /// Reads a line of a test program's output: cargo's `test result: …`, node's `ℹ pass …`,
    /// pytest's last line, our `skipped: …`; what follows a headline of failures is kept.
    fn read(&mut self, line: &str) {
        if let Some(result) = line.strip_prefix("test result: ") {
            self.passed += number_before(result, " passed");
            self.failed += number_before(result, " failed");
        } else if let Some(number) = line.strip_prefix("ℹ pass ") {
            self.passed += number.trim().parse().unwrap_or(0);
        } else if let Some(number) = line.strip_prefix("ℹ fail ") {
            self.failed += number.trim().parse().unwrap_or(0);
        } else if let Some(result) = pytest_result(line) {
            self.passed += number_before(result, " passed");
            self.failed += number_before(result, " failed") + number_before(result, " error");
        } else if let Some(why) = line.strip_prefix("skipped: ").or_else(|| pytest_skip(line)) {
            self.skipped.push(why.to_owned());
        }
        let headline = line == "failures:" || line == "✖ failing tests:" || pytest_failures(line);
        let runs = !self.evidence.is_empty() && !line.starts_with("test result: ");
        if (headline || runs) && self.evidence.len() < EVIDENCE {
            self.evidence.push(line.to_owned());
        }
    }
}

impl Count {
    /// Nothing yet; whether tests are to do what takes long.
    pub(super) fn new(long: bool) -> Self {
        Self {
            sum: Outcome::default(),
            failed: Vec::new(),
            unsteady: Vec::new(),
            long,
            long_files: Vec::new(),
            began: Instant::now(),
        }
    }

    /// Whether tests are to do what takes long.
    pub(super) fn is_long(&self) -> bool {
        self.long
    }

    /// Tells a program of tests whether it is to do what takes long; of the files with this ending those that do are noted.
    ///
    /// # Errors
    /// If the tests cannot be read.
    pub(super) fn tell(&mut self, command: &mut Command, ending: &str) -> Result<()> {
        if self.long {
            command.env(long::VARIABLE, "1");
            let new = |path: &PathBuf| {
                path.extension().is_some_and(|one| one == ending) && !self.long_files.contains(path)
            };
            let found: Vec<PathBuf> = long::files()?.into_iter().filter(new).collect();
            self.long_files.extend(found);
        } else {
            command.env_remove(long::VARIABLE);
        }
        Ok(())
    }

    /// How many failed so far.
    pub(super) fn failed(&self) -> u64 {
        self.sum.failed
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
                self.sum.passed += 1;
                say(&format!("  ok in {}", time(began.elapsed())));
            }
            Err(error) => {
                say(&format!("  FAILED: {error:#}"));
                self.sum.failed += 1;
                self.failed.push(what.to_owned());
            }
        }
    }

    /// Notes tests that cannot run here.
    pub(super) fn skip(&mut self, why: &str) {
        say(&format!("skipped: {why}"));
        self.sum.skipped.push(why.to_owned());
    }

    /// Adds what a program of tests came to.
    pub(super) fn add(&mut self, outcome: Outcome) {
        self.sum.add(outcome);
    }

    /// Adds a program that failed once and not the second time; what it said the first time stays on record.
    pub(super) fn add_second(&mut self, what: &str, first: Outcome, second: Outcome) {
        self.unsteady.push(format!("{what}: {} failed at first", first.failed));
        self.sum.evidence.extend(first.evidence);
        self.add(second);
    }

    /// Says it all; the exit code is that of a test program.
    pub(super) fn report(&self) -> ExitCode {
        println!();
        for line in &self.sum.evidence {
            println!("{line}");
        }
        for what in &self.unsteady {
            println!("unsteady: {what}, passed when tried again");
        }
        for why in &self.sum.skipped {
            println!("skipped: {why}");
        }
        for file in &self.long_files {
            println!("long: {}", file.display());
        }
        for what in &self.failed {
            println!("failed: {what}");
        }
        println!("time: {}", time(self.began.elapsed()));
        println!("{} passed, {} failed", self.sum.passed, self.failed());
        if self.failed() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

/// Runs a program of many tests and counts each; its output stays on the screen.
///
/// # Errors
/// If it cannot be started.
pub(super) fn counted(command: &mut Command, count: &mut Count) -> Result<()> {
    count.add(outcome(command)?);
    Ok(())
}

/// Runs a program of many tests; its output stays on the screen.
///
/// # Errors
/// If it cannot be started.
pub(super) fn outcome(command: &mut Command) -> Result<Outcome> {
    let mut child = command.stdout(Stdio::piped()).spawn().context("cannot start the tests")?;
    let output = child.stdout.take().context("no output of the tests")?;
    let mut outcome = Outcome::default();
    for line in BufReader::new(output).lines() {
        let line = line?;
        println!("{line}");
        outcome.read(&line);
    }
    let status = child.wait()?;
    if !status.success() && outcome.is_good() {
        outcome.failed = 1;
        outcome.evidence.push(format!("failed: the tests ended with {status}"));
    }
    Ok(outcome)
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

/// `===== FAILURES =====` and `===== ERRORS =====` of pytest.
fn pytest_failures(line: &str) -> bool {
    line.starts_with("===") && matches!(line.trim_matches(|c| c == '=' || c == ' '), "FAILURES" | "ERRORS")
}

/// `SKIPPED [1] test_notebook.py:12: no shared data` of pytest.
fn pytest_skip(line: &str) -> Option<&str> {
    line.strip_prefix("SKIPPED [")?.split_once("] ").map(|(_, why)| why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Outcome {
        let mut outcome = Outcome::default();
        lines.iter().for_each(|line| outcome.read(line));
        outcome
    }

    #[test]
    fn cargo_s_and_node_s_lines_are_counted() {
        let found = read(&[
            "test result: FAILED. 12 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out",
            "skipped: no shared data",
            "ℹ pass 4",
            "ℹ fail 1",
        ]);
        assert_eq!((found.passed, found.failed, found.skipped.len()), (19, 3, 1));
        let mut count = Count::new(false);
        count.add(found);
        assert_eq!(count.report(), ExitCode::FAILURE);
    }

    #[test]
    fn pytest_s_lines_are_counted() {
        let found = read(&[
            "2 failed, 12 passed, 1 skipped in 3.21s",
            "===== 3 passed, 1 error in 75.20s (0:01:15) =====",
            "SKIPPED [1] test_notebook.py:12: no shared data",
            "..... 3 passed in words",
        ]);
        assert_eq!((found.passed, found.failed, found.skipped.len()), (15, 3, 1));
        assert_eq!(found.skipped[0], "test_notebook.py:12: no shared data");
    }

    #[test]
    fn what_is_said_of_a_failure_is_kept() {
        let found = read(&[
            "test a ... FAILED",
            "failures:",
            "---- a stdout ----",
            "left: 1",
            "test result: FAILED. 0 passed; 1 failed; 0 ignored",
        ]);
        assert_eq!(found.evidence, ["failures:", "---- a stdout ----", "left: 1"]);
        assert!(read(&["test a ... ok", "test result: ok. 1 passed; 0 failed"]).evidence.is_empty());
    }

    #[test]
    fn what_passes_the_second_time_is_no_failure_and_is_told() {
        let mut count = Count::new(false);
        count.add_second("x", read(&["✖ failing tests:", "Timeout", "ℹ fail 1"]), read(&["ℹ pass 1"]));
        assert_eq!((count.failed(), count.sum.passed, count.unsteady.len()), (0, 1, 1));
        assert_eq!(count.sum.evidence[1], "Timeout");
    }

    #[test]
    fn long_tests_are_asked_for_and_named() {
        let (mut long, mut short) = (Count::new(true), Count::new(false));
        for count in [&mut long, &mut short] {
            let mut script = Command::new("sh");
            script.args(["-c", "echo \"test result: ok. ${CELLPRISM_LONG:-7} passed; 0 failed\""]);
            count.tell(&mut script, "rs").unwrap();
            counted(&mut script, count).unwrap();
        }
        assert_eq!((long.sum.passed, short.sum.passed), (1, 7));
        assert!(long.long_files.contains(&PathBuf::from("tests/tests/backend/kills.rs")));
        assert!(short.long_files.is_empty());
    }

    #[test]
    fn a_program_that_dies_without_a_result_is_a_failure() {
        let mut count = Count::new(false);
        counted(Command::new("sh").args(["-c", "exit 101"]), &mut count).unwrap();
        assert_eq!(count.failed(), 1);
        counted(Command::new("sh").args(["-c", "echo 'test result: ok. 3 passed; 0 failed'"]), &mut count)
            .unwrap();
        assert_eq!((count.sum.passed, count.failed()), (3, 1));
    }
}
