//! The `cellprism` command. Exit status: 0 done, 1 failed (what and what to do is on stderr), 2 wrong usage.

use std::process::ExitCode;

use cellprism_gpu_backend::{cli, work::told::told};
use clap::Parser;

fn main() -> ExitCode {
    let arguments = match cli::config::expand(std::env::args_os().collect()) {
        Ok(arguments) => arguments,
        Err(error) => {
            cli::stderr::write(format_args!("error: {}\n", told(&error)));
            return ExitCode::from(2);
        }
    };
    let cli = cli::Cli::parse_from(arguments);
    if let Err(error) = cli::signals::say_that_a_file_is_too_large() {
        tracing::debug!("{error}");
    }
    cli::start_logging(&cli);
    match cli::run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if cli::stdout::nobody_reads(&error) => ExitCode::SUCCESS,
        Err(error) => {
            cli::stderr::write(format_args!("error: {}\n", told(&error)));
            ExitCode::FAILURE
        }
    }
}
