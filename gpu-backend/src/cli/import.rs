//! `cellprism import`: a published checkpoint becomes a model folder, without Python and without running
//! anything from it.

use std::{collections::BTreeMap, path::PathBuf};

use clap::{
    Arg, ArgMatches, Args as ClapArgs, Command, FromArgMatches,
    builder::{PossibleValue, PossibleValuesParser},
};

use super::{Global, runtime::RuntimeArgs};
use super::{stderr::errln, stdout::outln};
use crate::{
    jobs::import,
    models::{ImportOptions, KINDS, Setting, Settings, find, whom},
};

/// Turn a published checkpoint into ONNX, a card and weights for the browser.
#[derive(Debug, ClapArgs)]
#[command(after_help = examples())]
pub struct Args {
    /// Kind of checkpoint
    #[arg(value_parser = kinds())]
    kind: String,
    /// Folder of the checkpoint, as described with its kind, or its file of weights
    checkpoint: PathBuf,
    #[command(flatten)]
    settings: Said,
    /// Model folder to write
    #[arg(long, value_name = "MODEL_DIR")]
    out: PathBuf,
    #[command(flatten)]
    runtime: RuntimeArgs,
}

/// Settings of all kinds, as options.
#[derive(Debug, Default)]
struct Said(Settings);

impl ClapArgs for Said {
    fn augment_args(command: Command) -> Command {
        all_settings().into_iter().fold(command, |command, setting| {
            let help = format!("{}: {}", whom(setting.name).join(", "), setting.help);
            let option = Arg::new(setting.name).long(setting.name).help(help).allow_hyphen_values(true);
            command.arg(match setting.choices {
                [] => option.value_name("FILE"),
                [default, ..] => option.value_parser(PossibleValuesParser::new(setting.choices)).help(
                    format!("{}: {} (default: {default})", whom(setting.name).join(", "), setting.help),
                ),
            })
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Said {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let said = |setting: &Setting| {
            let value = matches.get_one::<String>(setting.name)?;
            Some((setting.name.to_owned(), value.clone()))
        };
        Ok(Self(Settings(all_settings().into_iter().filter_map(said).collect())))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Every setting once, though several kinds may know it.
fn all_settings() -> Vec<&'static Setting> {
    let all = KINDS.iter().flat_map(|kind| kind.words().settings);
    all.map(|setting| (setting.name, setting)).collect::<BTreeMap<_, _>>().into_values().collect()
}

/// The kinds that this program knows.
fn kinds() -> PossibleValuesParser {
    KINDS
        .iter()
        .map(|kind| PossibleValue::new(kind.kind().name()).help(kind.words().about))
        .collect::<Vec<_>>()
        .into()
}

fn examples() -> String {
    let commands: String =
        KINDS.iter().map(|kind| format!("  cellprism import {}\n", kind.words().example)).collect();
    format!(
        "Examples:\n{commands}\nA card for onnx: {{\"genes\": [\"CD79A\", ...], \"latent\": 50, \"normalize\": {{\"sum\": 10000}}, \
         \"feed_log1p\": true}}\n(\"normalize\" is \"none\" where it is left out; \"feed_log1p\": the graph is given log1p of \
         the scaled counts;\n\"input\" and \"output\" name them where the graph has several)"
    )
}

/// Runs the command.
///
/// # Errors
/// If the checkpoint is refused or the folder cannot be written.
pub fn run(args: Args, global: &Global) -> anyhow::Result<()> {
    let options = ImportOptions {
        checkpoint: args.checkpoint,
        settings: args.settings.0,
        out: args.out,
        onnxruntime: args.runtime.onnxruntime,
    };
    let card = import::run(&args.kind, &options)?;
    if global.json {
        outln!("{}", serde_json::to_string(&card)?);
    } else if !global.quiet {
        errln!(
            "{}: {} of {} genes or tokens, {} dimensions; {}",
            options.out.display(),
            card.kind.name(),
            find(card.kind)?.reads(&card),
            card.latent,
            card.preprocessing
        );
    }
    Ok(())
}
