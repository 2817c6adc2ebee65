//! The process: tasks in, one after the other, lines out.

use std::{
    fs::File,
    io::{self, BufRead as _},
    path::PathBuf,
    sync::mpsc,
};

use anyhow::Context as _;

use super::{Task, Told, lines::Lines, remedy::with_remedy, tasks};

/// Longest task: counts of cells that are to be encoded.
const LONGEST: u64 = 256 << 20;
/// How a worker ends whose server is gone.
const ORPHANED: i32 = 75;

/// What holds for a worker as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// A file that one worker at a time holds.
    pub lock: Option<PathBuf>,
    /// Most bytes of memory of its own.
    pub memory: Option<u64>,
}

/// Works until stdin ends.
///
/// # Errors
/// If the lock cannot be had, or the limit of memory not be set.
pub fn run(settings: &Settings) -> anyhow::Result<()> {
    // Held until the process ends; one that a killed server has left ends within moments.
    let _lock = settings.lock.as_deref().map(hold).transpose()?;
    if let Some(most) = settings.memory {
        limit(most)?;
    }
    let lines = Lines::new(Box::new(io::stdout()));
    let (send, tasks) = mpsc::channel();
    std::thread::spawn(move || listen(&send));
    while let Ok(line) = tasks.recv() {
        let told = match serde_json::from_slice::<Task>(&line) {
            Ok(task) => match tasks::done(task, &lines) {
                Ok(result) => Told::Finished { result },
                Err(error) => Told::Failed { error: with_remedy(&error) },
            },
            Err(error) => Told::Failed { error: format!("no task of this program: {error}") },
        };
        lines.tell(&told);
    }
    Ok(())
}

/// Passes lines on until stdin ends; then nobody wants what is being done.
fn listen(send: &mpsc::Sender<Vec<u8>>) {
    let mut stdin = io::stdin().lock();
    loop {
        let mut line = Vec::new();
        let read = io::Read::take(&mut stdin, LONGEST).read_until(b'\n', &mut line);
        match read {
            Ok(0) | Err(_) => std::process::exit(ORPHANED),
            Ok(_) => {
                if send.send(line).is_err() {
                    return;
                }
            }
        }
    }
}

fn hold(path: &std::path::Path) -> anyhow::Result<File> {
    let failed = || format!("cannot lock {}", path.display());
    let file = File::options().write(true).create(true).truncate(false).open(path).with_context(failed)?;
    match file.lock() {
        // A file system without locks.
        Err(error) if error.kind() != io::ErrorKind::Unsupported => Err(error).with_context(failed),
        _ => Ok(file),
    }
}

/// From now on this process has no more memory than so many bytes; files that are mapped do not count.
#[cfg(target_os = "linux")]
fn limit(most: u64) -> anyhow::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let limit = Rlimit { current: Some(most), maximum: Some(most) };
    setrlimit(Resource::Data, limit).context("cannot limit the worker's memory")
}

#[cfg(not(target_os = "linux"))]
fn limit(_: u64) -> anyhow::Result<()> {
    Ok(())
}
