//! Completions and pages of the manual, by the program itself; the embedded demo.
#![allow(clippy::unwrap_used)] // all of this file is tests

use std::{fs, process::Command};

use cellprism_tests::{Bundle, cellprism};
use tempfile::TempDir;

#[test]
fn completions_are_scripts_that_know_the_commands() {
    for (shell, word) in [("bash", "cellprism__subcmd__sae"), ("zsh", "_cellprism"), ("fish", "-l gene-sets")]
    {
        let script = cellprism(&[&"completions", &shell]).succeeded().stdout;
        assert!(script.contains(word), "{shell}: no {word}");
        assert!(script.contains("semi-nmf"), "{shell}: a command below a command is known");
        if shell == "bash" {
            let checked = Command::new("bash").args(["-n", "-c", &script]).status().unwrap();
            assert!(checked.success(), "bash reads its completions");
        }
    }
    let refused = cellprism(&[&"completions", &"tcsh"]);
    assert_eq!(refused.code, Some(2), "{}", refused.stderr);
}

#[test]
fn pages_of_the_manual_go_beside_those_of_others() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("man1");
    fs::create_dir(&out).unwrap();
    fs::write(out.join("other.1"), "mine").unwrap();
    fs::write(out.join("cellprism-run.1"), "older").unwrap();
    cellprism(&[&"man", &out]).succeeded();
    assert_eq!(fs::read(out.join("other.1")).unwrap(), b"mine");
    let page = fs::read_to_string(out.join("cellprism-run.1")).unwrap();
    assert!(page.contains(".TH") && page.contains("gene\\-sets"), "{page}");
    assert!(out.join("cellprism.1").exists() && out.join("cellprism-sae-train.1").exists());
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    cellprism(&[&"man", &file]).refused_keeping(&["is a file", "choose another name"]);
}

#[test]
fn the_demo_is_made_once_and_shown_again() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("a demo");
    let first = cellprism(&[&"demo", &"--no-serve", &"--out", &out]).succeeded();
    assert!(first.stderr.contains("cellprism run --cells"), "the command is printed: {}", first.stderr);
    let manifest = Bundle(out.join("bundle")).manifest();
    assert_eq!((manifest.counts.cells, manifest.counts.concepts), (700, 96));
    let again = cellprism(&[&"demo", &"--no-serve", &"--out", &out]).succeeded();
    assert!(again.stderr.contains("is up to date"), "{}", again.stderr);
    assert!(fs::read_to_string(out.join("data/README.md")).unwrap().contains("CC BY 4.0"));
}
