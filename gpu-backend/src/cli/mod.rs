//! The command line: one file a command, from words to the options of a job, and from its result to words or JSON.
//!
//! Results go to files, or to stdout as JSON with `--json`; progress and logs go to stderr.

pub mod attribute;
pub mod cell_cycle;
pub mod classify;
pub mod completions;
pub mod config;
pub mod de;
pub mod demo;
pub mod embed;
pub mod enrich;
pub mod evaluate;
pub mod fetch;
pub mod import;
pub mod jobs;
mod jobs_of_server;
pub mod man;
pub mod precision;
mod progress;
pub mod run;
pub mod runtime;
pub mod sae;
mod screening;
pub mod sequence;
pub mod serve;
pub mod shard;
pub mod signals;
pub mod simulate;
pub mod site;
pub mod stderr;
pub mod stdout;
pub mod steer;
pub mod study;
pub mod verify;
pub mod worker;

pub use progress::Terminal;

use clap::{Args, Parser, Subcommand};

/// Interpretable concepts of single-cell foundation models.
#[derive(Debug, Parser)]
#[command(name = "cellprism", version, arg_required_else_help = true)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
    /// With `jobs`: the server (default: CELLPRISM_SERVER, http://127.0.0.1:8080)
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Args, Clone, Copy, Debug, Default)]
#[command(next_help_heading = "Options of every command")]
pub struct Global {
    /// Print the result as JSON on stdout
    #[arg(long, global = true)]
    pub json: bool,
    /// No progress on stderr
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// More detail on stderr; twice for all of it
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

impl Global {
    /// Where progress is shown.
    pub fn progress(&self) -> Terminal {
        Terminal { quiet: self.quiet }
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Do the whole job: cells and a model to a bundle of concepts
    Run(run::Args),
    /// Fetch public data and models by name
    Fetch(fetch::Args),
    /// Turn a published checkpoint into ONNX, a card and weights for the browser
    Import(import::Args),
    /// Embed cells with a model
    Embed(embed::Args),
    /// Score the genes that drive concepts
    Attribute(attribute::Args),
    /// Preranked gene set enrichment analysis of a ranking
    Enrich(enrich::Args),
    /// Compare the expression of every gene between two groups of cells
    De(de::Args),
    /// Score cells for the phases of the cell cycle
    CellCycle(cell_cycle::Args),
    /// Predict cells' labels from embeddings or activations by logistic regression
    Classify(classify::Args),
    /// Set a concept to another value and see what scVI then expects of every gene
    Steer(steer::Args),
    /// Write cells with planted gene programs, to measure what is recovered
    Simulate(simulate::Args),
    /// Train, apply, measure and compare sparse autoencoders
    Sae(sae::Args),
    /// Do the whole job on several machines: cut into tasks, and put together
    Shard(shard::Args),
    /// Rate concepts beside neurons without knowing which is which
    Study(study::Args),
    /// Hold a bundle against baselines: tables, claims, figures and a page
    Evaluate(evaluate::Args),
    /// Write a website of bundles that any web server can show
    Site(site::Args),
    /// Show bundles in a browser
    Serve(serve::Args),
    /// Submit jobs to a server, follow them, fetch their bundles
    Jobs(jobs::Args),
    /// Check a bundle: checksums, schema, and that all files agree
    Verify(verify::Args),
    /// Do what a server asks for on stdin: started by `cellprism serve`
    #[command(hide = true)]
    Worker(worker::Args),
    /// Do the whole job on 700 embedded blood cells and show the page
    Demo(demo::Args),
    /// Write a shell's completions of this program to stdout
    Completions(completions::Args),
    /// Write pages of the manual, one for each command, into a folder
    Man(man::Args),
}

/// Runs a command.
///
/// # Errors
/// Whatever went wrong, with the file, key or row it concerns and the remedy.
pub fn run(cli: Cli) -> anyhow::Result<()> {
    let global = &cli.global;
    match cli.command {
        Command::Run(args) => run::run(args, global),
        Command::Fetch(args) => fetch::run(args, global),
        Command::Import(args) => import::run(args, global),
        Command::Embed(args) => embed::run(args, global),
        Command::Attribute(args) => attribute::run(args, global),
        Command::Enrich(args) => enrich::run(args, global),
        Command::De(args) => de::run(args, global),
        Command::CellCycle(args) => cell_cycle::run(args, global),
        Command::Classify(args) => classify::run(args, global),
        Command::Steer(args) => steer::run(args, global),
        Command::Simulate(args) => simulate::run(args, global),
        Command::Evaluate(args) => evaluate::run(args, global),
        Command::Sae(args) => sae::run(args, global),
        Command::Shard(args) => shard::run(args, global),
        Command::Study(args) => study::run(args, global),
        Command::Site(args) => site::run(args, global),
        Command::Serve(args) => serve::run(args, global),
        Command::Jobs(args) => jobs::run(args, cli.server, global),
        Command::Verify(args) => verify::run(args, global),
        Command::Worker(args) => worker::run(args),
        Command::Demo(args) => demo::run(args, global),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&args, global),
    }
}

/// Sends logs to stderr; `RUST_LOG` overrides the level. A server with jobs tells each request, as text or as JSON.
pub fn start_logging(cli: &Cli) {
    let (level, json) = match &cli.command {
        Command::Serve(args) if args.has_jobs() => (cli.global.verbose.max(1), args.logs_json()),
        _ => (cli.global.verbose, false),
    };
    let level = ["warn", "info", "debug"][usize::from(level.min(2))];
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| level.into());
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .log_internal_errors(false);
    if json {
        logs.json().flatten_event(true).init();
    } else {
        logs.without_time().init();
    }
}
