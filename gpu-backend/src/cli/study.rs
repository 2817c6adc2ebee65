//! `cellprism study`: blinded rating of concepts beside neurons.

use std::path::PathBuf;

use clap::Subcommand;
use serde_json::json;

use super::{Global, stderr::errln, stdout::outln};
use crate::jobs::study::{form, new, score};

/// Rate concepts and neurons without knowing which is which, and see whether concepts are clearer.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  cellprism study new bundle --out rating\n  cellprism study form rating/study --out form && python3 -m http.server --directory form\n  cellprism study score --study rating/study --key rating/key.json --answers ann.json bob.json --out figures\n\nrating/study and the form may be handed out; rating/key.json must not: it says what each item is."
)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Draw concepts and neurons of a bundle, hide which is which, and write study and key
    New(New),
    /// Write the form that asks, as a folder for any web server; it also opens from disk
    Form(Form),
    /// Join answers and key: ratings, agreement, concepts against neurons, Cell Annotation Schema
    Score(Score),
}

/// Options of `study new`.
#[derive(Debug, clap::Args)]
struct New {
    /// Bundle that was made with `cellprism run --neurons`
    bundle: PathBuf,
    /// Folder for study/ (may be handed out) and key.json (must not)
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Concepts to rate
    #[arg(long, value_name = "N", default_value_t = 40)]
    concepts: usize,
    /// Neurons to rate: sides of the embedding's dimensions, one of each dimension as long as there are enough
    #[arg(long, value_name = "N", default_value_t = 40)]
    neurons: usize,
    /// Items that are shown a second time, to measure whether a rater agrees with themself
    #[arg(long, value_name = "N", default_value_t = 8)]
    repeat: usize,
    /// Genes that every item shows; what has fewer is passed over, and counted in key.json
    #[arg(long, value_name = "N", default_value_t = 20)]
    genes: usize,
    /// One line for raters; name no data here that gives away what they are to find out
    #[arg(long, default_value = "Blinded rating")]
    title: String,
    /// Seed; the same seed gives the same study
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Options of `study form`.
#[derive(Debug, clap::Args)]
struct Form {
    /// The folder study/ of `study new`
    study: PathBuf,
    /// Folder for the site
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Options of `study score`.
#[derive(Debug, clap::Args)]
struct Score {
    /// The folder study/ that was handed out
    #[arg(long, value_name = "DIR")]
    study: PathBuf,
    /// Its key.json
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Files that the form exported
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    answers: Vec<PathBuf>,
    /// Author of the annotations for the Cell Annotation Schema (default: the first rater by name)
    #[arg(long, value_name = "NAME")]
    author: Option<String>,
    /// Folder for ratings.csv, agreement.csv, contrast.csv, annotations.cas.json
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Runs the command.
///
/// # Errors
/// If an input cannot be read or does not fit the others.
pub fn run(args: Args, global: &Global) -> anyhow::Result<()> {
    match args.command {
        Command::New(args) => make(args, global),
        Command::Form(args) => write_form(args, global),
        Command::Score(args) => figures(args, global),
    }
}

fn make(args: New, global: &Global) -> anyhow::Result<()> {
    let New { bundle, out, concepts, neurons, repeat, genes, title, seed } = args;
    let options = new::Options { bundle, out, concepts, neurons, repeat, genes, title, seed };
    let report = new::run(&options, &global.progress())?;
    if global.json {
        outln!("{}", serde_json::to_string_pretty(&report)?);
    } else if !global.quiet {
        errln!(
            "{}: {} items, {repeat} of them shown twice; {} concepts and {} neurons passed over, which would show less \
             than the rest\nHand out {}/study or the form made of it; keep key.json to yourself.",
            options.out.display(),
            report.items,
            report.left_out.concepts,
            report.left_out.neurons,
            options.out.display()
        );
    }
    Ok(())
}

fn write_form(args: Form, global: &Global) -> anyhow::Result<()> {
    let options = form::Options { study: args.study, out: args.out };
    let report = form::run(&options)?;
    if global.json {
        outln!("{}", serde_json::to_string_pretty(&report)?);
    } else if !global.quiet {
        errln!(
            "{}: a form of {} items, for any web server or to open index.html from disk",
            options.out.display(),
            report.items
        );
    }
    Ok(())
}

fn figures(args: Score, global: &Global) -> anyhow::Result<()> {
    let Score { study, key, answers, author, out } = args;
    let options = score::Options { study, key, answers, author, out };
    let report = score::run(&options)?;
    if global.json {
        let contrast: Vec<_> = report
            .contrast
            .iter()
            .map(|row| {
                json!({
                    "question": row.question, "rater": row.rater, "concepts": row.concepts, "neurons": row.neurons,
                    "difference": row.difference.map(|d| d.share), "p": row.p,
                })
            })
            .collect();
        outln!("{}", json!({"raters": report.raters, "contrast": contrast}));
        return Ok(());
    }
    if global.quiet {
        return Ok(());
    }
    let percent = |(hits, n): (u32, u32)| {
        if n == 0 {
            "none rated".into()
        } else {
            format!("{hits} of {n} ({:.0} %)", f64::from(hits) / f64::from(n) * 100.0)
        }
    };
    errln!("{}: ratings of {}", options.out.display(), report.raters.join(", "));
    for row in report.contrast.iter().filter(|row| row.rater.is_none()) {
        let p = row.p.map_or_else(String::new, |p| format!(", p = {p:.2e}"));
        errln!(
            "  {:<19} concepts {}, neurons {}{p}",
            row.question,
            percent(row.concepts),
            percent(row.neurons)
        );
    }
    for row in &report.agreement {
        let kappa = match row.kappa {
            Ok(found) => format!("kappa {:.2} ({:.2} to {:.2})", found.kappa, found.low, found.high),
            Err(why) => format!("no kappa: {why}"),
        };
        errln!("  {}, {}, {} pairs: {kappa}", row.raters.join(" and "), row.question.name(), row.n);
    }
    Ok(())
}
