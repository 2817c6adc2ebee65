//! Compares a device with the processor and prints a table; "not run" where there is no such device.

use std::process::ExitCode;

use cellprism_tests::device::{Options, Outcome, check, table};
use clap::Parser;

/// Compare a device with the processor: embedding, training, scoring of genes; each timed.
#[derive(Debug, Parser)]
#[command(name = "device-check")]
struct Args {
    /// The device: cuda or cuda:N; cpu compares the processor with itself
    #[arg(long, default_value = "cuda")]
    device: String,
    /// Layers of the scGPT, whose weights are drawn
    #[arg(long, default_value_t = 12)]
    layers: usize,
    /// Its dimensions, a multiple of 8
    #[arg(long, default_value_t = 512)]
    width: usize,
    /// Cells that it embeds
    #[arg(long, default_value_t = 64)]
    cells: usize,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let outcome = tempfile::tempdir().map_err(Into::into).and_then(|folder| {
        let Args { device, layers, width, cells } = args;
        let options = Options { device, layers, width, cells, folder: folder.path().to_owned() };
        check(&options).map(|outcome| (options.device, outcome))
    });
    match outcome {
        Ok((device, Outcome::NotRun(why))) => {
            println!("not run: {device} is not there ({why})");
            ExitCode::SUCCESS
        }
        Ok((device, Outcome::Compared(rows))) => {
            print!("{}", table(&device, &rows));
            if rows.iter().all(cellprism_tests::device::Row::is_equal) {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
