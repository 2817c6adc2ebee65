//! `cargo xtask demo | test | build | wheel | bench | device-check | schema | docs | doctor`: set-up and automation.
//!
//! Everything a command needs and the machine lacks is fetched first, into the user's cache folder, pinned and
//! checked, once. Progress goes to stderr.

#![warn(unreachable_pub)]

mod app;
mod bench;
mod build;
mod demo;
mod device_check;
mod docs;
mod doctor;
mod project;
mod schema;
mod screenshots;
mod setup;
mod step;
mod test;
mod wheel;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Set-up and automation of cellprism.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", arg_required_else_help = true)]
struct Cli {
    /// Don't ask rustup for the WebAssembly target; use the distribution's compiler instead (also
    /// CELLPRISM_NO_RUSTUP=1)
    #[arg(long, global = true)]
    no_rustup: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the whole job on the embedded data and show the result on 127.0.0.1:8080
    Demo(demo::Args),
    /// Run every test: unit, property, golden, server, browser
    Test(test::Args),
    /// Leave target/release/cellprism and the app in target/app
    Build(build::Args),
    /// Leave the Python package, with program and app inside, in target/wheels
    Wheel(wheel::Args),
    /// Measure beside the peers and write the tables of BENCHMARKS.md
    Bench(bench::Args),
    /// Do the same work on a graphics card and on the processor, compare and time it
    DeviceCheck(device_check::Args),
    /// Take pictures of every page of the demo, and the README's
    Screenshots,
    /// Write docs/schema, the JSON Schema of a bundle's files, from the types in core
    Schema,
    /// Write docs/reference from --help and the types in core
    Docs(docs::Args),
    /// Say what is there, what is missing, and the one line that mends it
    Doctor,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let options = setup::Options { no_rustup: cli.no_rustup || step::is_set("CELLPRISM_NO_RUSTUP") };
    let done = match cli.command {
        Command::Demo(args) => demo::run(&args, options).map(|()| ExitCode::SUCCESS),
        Command::Test(args) => test::run(&args, options),
        Command::Build(args) => build::run(&args, options).map(|()| ExitCode::SUCCESS),
        Command::Wheel(args) => wheel::run(args, options).map(|_| ExitCode::SUCCESS),
        Command::Bench(args) => bench::run(&args, options).map(|()| ExitCode::SUCCESS),
        Command::DeviceCheck(args) => device_check::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Screenshots => screenshots::run(options).map(|()| ExitCode::SUCCESS),
        Command::Schema => schema::run().map(|()| ExitCode::SUCCESS),
        Command::Docs(args) => docs::run(args).map(|()| ExitCode::SUCCESS),
        Command::Doctor => doctor::run(options),
    };
    done.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}
