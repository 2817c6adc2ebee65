//! The program, run and judged.

use std::{
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Command,
};

/// What a run of the program ended with.
#[derive(Debug)]
pub struct Outcome {
    /// Exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// Messages and progress.
    pub stderr: String,
    command: String,
}

impl Outcome {
    /// Asserts that it succeeded.
    ///
    /// # Panics
    /// If it didn't.
    pub fn succeeded(self) -> Self {
        assert_eq!(self.code, Some(0), "{}\n{}", self.command, self.stderr);
        self
    }

    /// Asserts that it was refused with a message for people, which holds these words, and left nothing behind.
    ///
    /// # Panics
    /// If it wasn't.
    pub fn refused(self, words: &[&str], output: &Path) -> Self {
        let judged = self.refused_keeping(words);
        let mut begun = output.as_os_str().to_owned();
        begun.push(".partial");
        for left in [output, Path::new(&begun)] {
            assert!(!left.exists(), "{} left {} behind", judged.command, left.display());
        }
        judged
    }

    /// Asserts that it was refused with a message for people, which holds these words.
    ///
    /// # Panics
    /// If it wasn't.
    pub fn refused_keeping(self, words: &[&str]) -> Self {
        let Self { code, stderr, command, .. } = &self;
        assert!(matches!(code, Some(1 | 2)), "exit code {code:?} of {command}\n{stderr}");
        assert!(!stderr.contains("panicked"), "{command} panicked:\n{stderr}");
        let errors = stderr.lines().filter(|line| line.starts_with("error")).count();
        assert_eq!(errors, 1, "one error, of {command}:\n{stderr}");
        for word in words {
            assert!(
                stderr.to_lowercase().contains(&word.to_lowercase()),
                "no {word:?} in the error of {command}:\n{stderr}"
            );
        }
        self
    }
}

/// The program itself.
///
/// # Panics
/// If it wasn't built.
pub fn program() -> PathBuf {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/release/cellprism");
    let path = env::var_os("CELLPRISM_BINARY").map_or(built, PathBuf::from);
    assert!(path.is_file(), "no program at {}: run `cargo xtask build` first", path.display());
    path
}

/// Runs the program to its end.
///
/// # Panics
/// If it cannot be started.
pub fn cellprism(arguments: &[&dyn AsRef<OsStr>]) -> Outcome {
    let mut command = Command::new(program());
    command.args(arguments);
    let output = command.output().expect("the program starts");
    Outcome {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        command: format!("{command:?}"),
    }
}
