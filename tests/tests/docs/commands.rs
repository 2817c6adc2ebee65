//! `docs/reference/commands.md`: what every command says with `--help`.

use std::fmt::Write;

use cellprism_gpu_backend::cli::Cli;
use clap::{Command, CommandFactory};

use crate::is_current;

/// Columns of the help texts.
const WIDTH: usize = 100;

#[test]
fn the_reference_is_what_help_says() {
    let mut program = Cli::command().term_width(WIDTH);
    program.build();
    let mut page = String::from(
        "# Commands\n\nWhat each command says with `--help`, written by `cargo xtask docs`. Results go to files, or to stdout as JSON \
         with `--json`; progress and logs go to stderr. Exit status: 0 done, 1 failed (what and what to do is on stderr), 2 wrong \
         usage.\n",
    );
    describe(&mut program, "cellprism", &mut page);
    is_current("reference/commands.md", &page);
}

/// A command and those below it.
fn describe(command: &mut Command, words: &str, page: &mut String) {
    let help = command.clone().term_width(WIDTH).render_long_help().to_string();
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    write!(page, "\n## {words}\n\n```text\n{}\n```\n", lines.join("\n").trim_end()).unwrap();
    for below in command.get_subcommands_mut() {
        if below.get_name() != "help" {
            let words = format!("{words} {}", below.get_name());
            describe(below, &words, page);
        }
    }
}
