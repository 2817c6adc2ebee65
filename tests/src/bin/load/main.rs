//! A server under load, on this computer: many clients at once that read files, encode cells, test rankings, upload, and
//! submit jobs. Nothing but 2xx and 429 may come back, and the server's memory must not grow.
//!
//!     cargo run --release -p cellprism-tests --bin load -- --seconds 600
//!
//! prints the table that is in `BENCHMARKS.md`.

mod client;
mod figures;
mod server;

use std::{
    process::ExitCode,
    thread,
    time::{Duration, Instant},
};

use clap::Parser;

use client::Client;
use figures::{Figures, Memory};
use server::Server;

/// Put a server under load and say how it bears it.
#[derive(Debug, Parser)]
struct Args {
    /// How long
    #[arg(long, default_value_t = 600)]
    seconds: u64,
    /// Clients at once, each with one request after the other
    #[arg(long, default_value_t = 64)]
    clients: u64,
}

fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<bool, Box<dyn std::error::Error>> {
    let server = Server::start()?;
    let scene = server.scene()?;
    let began = Instant::now();
    let end = began + Duration::from_secs(args.seconds);
    let (figures, memory) = thread::scope(|scope| {
        let clients: Vec<_> = (0..args.clients)
            .map(|seed| {
                let scene = &scene;
                scope.spawn(move || Client::new(scene, seed).until(end))
            })
            .collect();
        let memory = Memory::watched(server.number(), end);
        let mut figures = Figures::default();
        for client in clients {
            figures.add(client.join().unwrap_or_default());
        }
        (figures, memory)
    });
    println!("{}", figures.table(args.clients, began.elapsed()));
    println!("{memory}");
    let unwanted = figures.unwanted();
    for (what, count) in &unwanted {
        eprintln!("{count} times {what}");
    }
    if !memory.is_flat() {
        eprintln!("the server's memory has grown");
    }
    Ok(unwanted.is_empty() && memory.is_flat())
}
