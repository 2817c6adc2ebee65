//! Blocks of a page that are marked ```` ```sh,run ````, run one after the other in an empty folder, as they are printed.

use std::{env, fs, os::unix::fs::symlink, path::Path, process::Command};

use cellprism_tests::program;

use crate::pages;

#[test]
fn commands_run_as_printed() {
    let mut blocks = 0;
    for (name, text) in pages() {
        let script = marked(&text);
        if script.is_empty() {
            continue;
        }
        blocks += script.len();
        let work = tempfile::tempdir().unwrap();
        run(&name, &script.join("\n"), work.path());
    }
    assert!(blocks >= 3, "only {blocks} blocks are marked");
}

fn run(page: &str, script: &str, work: &Path) {
    let (programs, folder) = (work.join("bin"), work.join("here"));
    fs::create_dir(&programs).unwrap();
    fs::create_dir(&folder).unwrap();
    symlink(fs::canonicalize(program()).unwrap(), programs.join("cellprism")).unwrap();
    let path = env::join_paths(
        std::iter::once(programs).chain(env::split_paths(&env::var_os("PATH").unwrap_or_default())),
    );
    let done = Command::new("bash")
        .args(["-euo", "pipefail", "-c", script])
        .env("PATH", path.unwrap())
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(done.status.success(), "docs/{page}:\n{script}\n{}", String::from_utf8_lossy(&done.stderr));
}

/// The marked blocks of a page.
fn marked(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open: Option<Vec<&str>> = None;
    for line in text.lines() {
        match &mut open {
            None if line == "```sh,run" => open = Some(Vec::new()),
            Some(lines) if line == "```" => {
                found.push(lines.join("\n"));
                open = None;
            }
            Some(lines) => lines.push(line),
            None => {}
        }
    }
    found
}
