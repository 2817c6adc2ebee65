//! Steps that a person waits for: one line when a step begins, its time when it ends, its output in a log that is
//! shown only if it fails.

use std::{
    env, fs,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

/// How much of a failed step's log is shown.
const LAST_LINES: usize = 40;

/// A line of progress.
pub(crate) fn say(line: &str) {
    eprintln!("{line}");
}

/// Does the work between two lines of progress.
///
/// # Errors
/// Those of the work, with the step's name.
pub(crate) fn step<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    say(&format!("• {what}"));
    let began = Instant::now();
    let result = work().with_context(|| what.to_owned())?;
    say(&format!("  done in {}", time(began.elapsed())));
    Ok(result)
}

/// A time as a person says it: `0.4 s`, `12 s`, `3 min 5 s`.
pub(crate) fn time(time: Duration) -> String {
    match time.as_secs() {
        0..10 => format!("{:.1} s", time.as_secs_f64()),
        seconds @ 10..120 => format!("{seconds} s"),
        seconds => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

/// Runs a command with its output on the screen.
///
/// # Errors
/// If it cannot be started or fails.
pub(crate) fn shown(command: &mut Command) -> Result<()> {
    let name = name_of(command);
    let status = command.status().with_context(|| format!("cannot start {name}"))?;
    if !status.success() {
        bail!("{name} failed ({status})");
    }
    Ok(())
}

/// Runs a command with its output in a log; the log's end is shown if the command fails.
///
/// # Errors
/// If it cannot be started or fails.
pub(crate) fn logged(command: &mut Command, log: &Path) -> Result<()> {
    let name = name_of(command);
    if let Some(folder) = log.parent() {
        fs::create_dir_all(folder)?;
    }
    let file = fs::File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
    let status = command
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file)
        .status()
        .with_context(|| format!("cannot start {name}"))?;
    if !status.success() {
        let text = String::from_utf8_lossy(&fs::read(log)?).into_owned();
        let lines: Vec<&str> = text.lines().collect();
        for line in &lines[lines.len().saturating_sub(LAST_LINES)..] {
            eprintln!("    {line}");
        }
        bail!("{name} failed ({status}); all of its output: {}", log.display());
    }
    Ok(())
}

/// What a command prints, if it succeeds.
pub(crate) fn output(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Whether a switch is set in the environment: present, and neither empty nor `0`.
pub(crate) fn is_set(name: &str) -> bool {
    env::var(name).is_ok_and(|value| !value.is_empty() && value != "0")
}

/// Where a program is, looked up in PATH.
pub(crate) fn program(name: &str) -> Option<std::path::PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(name)).find(|path| path.is_file())
}

fn name_of(command: &Command) -> String {
    let name =
        Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
    match command.get_args().next() {
        Some(first) => format!("{name} {}", first.to_string_lossy()),
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_a_person_says_them() {
        assert_eq!(time(Duration::from_millis(420)), "0.4 s");
        assert_eq!(time(Duration::from_secs(61)), "61 s");
        assert_eq!(time(Duration::from_secs(185)), "3 min 5 s");
    }

    #[test]
    fn a_failed_command_names_itself_and_its_log() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log/failing.log");
        let error = logged(Command::new("sh").args(["-c", "echo because; exit 3"]), &log).unwrap_err();
        assert!(error.to_string().contains("sh -c failed (exit status: 3)"), "{error}");
        assert_eq!(fs::read_to_string(log).unwrap(), "because\n");
    }
}
