//! `cellprism completions`: what a shell needs to complete this program's words.

use clap::{Args as ClapArgs, CommandFactory};
use clap_complete::{Shell, generate};

use super::{Cli, stdout::out};

/// Write a shell's completions of this program to stdout.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  cellprism completions bash > ~/.local/share/bash-completion/completions/cellprism\n  cellprism completions zsh > ~/.zfunc/_cellprism\n  cellprism completions fish > ~/.config/fish/completions/cellprism.fish"
)]
pub struct Args {
    /// Which shell
    shell: Shell,
}

/// Runs the command.
///
/// # Errors
/// If stdout cannot be written to.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let mut script = Vec::new();
    generate(args.shell, &mut Cli::command(), "cellprism", &mut script);
    out!("{}", String::from_utf8_lossy(&script));
    Ok(())
}
