//! `--config run.toml`: options of `cellprism run`, and of `shard plan`, kept in a file.
//!
//! Every key is the name of an option. They become arguments before those are read, so a value is checked in one place
//! only, and what is said on the command line wins.

use std::{ffi::OsString, path::Path};

use anyhow::{Context, bail};
use clap::CommandFactory;
use toml::{Table, Value};

use super::Cli;

use crate::work::regular;

/// Arguments with those of the config file put in, where the command is `run` or `shard plan` and names one.
///
/// # Errors
/// If the file cannot be read, is no TOML, or has a key or value that no option has.
pub fn expand(arguments: Vec<OsString>) -> anyhow::Result<Vec<OsString>> {
    let words: Vec<&str> = arguments.iter().map(|word| word.to_str().unwrap_or("")).collect();
    // Options before the command take no values: the first other word is the command.
    let Some(command) = words.iter().skip(1).position(|word| !word.starts_with('-')).map(|at| at + 1) else {
        return Ok(arguments);
    };
    let command = match (words[command], words.get(command + 1)) {
        ("run", _) => command,
        ("shard", Some(&"plan")) => command + 1,
        _ => return Ok(arguments),
    };
    let Some(path) = value_of("config", &words[command..]) else { return Ok(arguments) };
    let text =
        regular::text(Path::new(path), regular::SETTINGS).with_context(|| format!("--config {path}"))?;
    let table: Table = text.parse().with_context(|| format!("--config {path}"))?;
    let known = options();
    let said = |name: &str| words[command..].iter().any(|word| names(word, name));
    let mut added = Vec::new();
    for (key, value) in &table {
        let name = key.replace('_', "-");
        if !known.contains(&name) {
            bail!(
                "--config {path}, line {}: {key:?} is no option of `cellprism run`; it has {}",
                line_of(&text, key),
                known.join(", ")
            );
        }
        if !said(&name) {
            added.extend(argument(Path::new(path), &name, value)?);
        }
    }
    let mut all = arguments;
    all.splice(command + 1..command + 1, added);
    Ok(all)
}

/// The long names of the options of `run`.
fn options() -> Vec<String> {
    let mut cli = Cli::command();
    cli.build();
    let run = cli.find_subcommand("run");
    let names = run.into_iter().flat_map(clap::Command::get_arguments).filter_map(clap::Arg::get_long);
    names.filter(|name| !["help", "version", "config"].contains(name)).map(str::to_owned).collect()
}

/// The line of a key, from 1.
fn line_of(text: &str, key: &str) -> usize {
    let has = |line: &str| {
        let rest = line.trim_start().trim_start_matches(['[', '"', '\'']).strip_prefix(key);
        rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || "_-".contains(c)))
    };
    text.lines().position(has).map_or(1, |at| at + 1)
}

/// Whether a word of the command line sets an option.
fn names(word: &str, name: &str) -> bool {
    word.strip_prefix("--").is_some_and(|rest| rest.split('=').next() == Some(name))
}

/// The value after `--name` or `--name=`.
fn value_of<'a>(name: &str, words: &[&'a str]) -> Option<&'a str> {
    let at = words.iter().position(|word| names(word, name))?;
    words[at].split_once('=').map(|(_, value)| value).or_else(|| words.get(at + 1).copied())
}

/// A key as arguments: lists repeat the option, `true` is a switch.
fn argument(path: &Path, name: &str, value: &Value) -> anyhow::Result<Vec<OsString>> {
    let one = |text: String| OsString::from(format!("--{name}={text}"));
    Ok(match value {
        Value::Boolean(true) => vec![format!("--{name}").into()],
        Value::Boolean(false) => vec![],
        Value::Array(values) => {
            let values: Option<Vec<OsString>> = values.iter().map(|v| scalar(v).map(one)).collect();
            match values {
                Some(values) => values,
                None => bail!(
                    "--config {}: {name} is a list of something else than words and numbers",
                    path.display()
                ),
            }
        }
        other => match scalar(other) {
            Some(text) => vec![one(text)],
            None => bail!("--config {}: {name} is no word, number, list or true/false", path.display()),
        },
    })
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::expand;

    fn words(text: &str) -> Vec<OsString> {
        text.split(' ').map(OsString::from).collect()
    }

    fn with_config(toml: &str, rest: &str) -> anyhow::Result<String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), toml).unwrap();
        let all = expand(words(&format!("cellprism run --config {} {rest}", file.path().display())))?;
        let all: Vec<String> = all.into_iter().map(|word| word.into_string().unwrap()).collect();
        Ok(all.join(" ").replace(&file.path().display().to_string(), "FILE"))
    }

    #[test]
    fn keys_become_options_and_the_command_line_wins() {
        let toml = "cells = \"a.h5ad\"\ngene_sets = [\"x.gmt\", \"y.gmt\"]\nseed = 3\nallow_non_integer = true\nlearning-rate = 1e-3";
        let all = with_config(toml, "--seed 4 --out b").unwrap();
        assert_eq!(
            all,
            "cellprism run --allow-non-integer --cells=a.h5ad --gene-sets=x.gmt --gene-sets=y.gmt \
             --learning-rate=0.001 --config FILE --seed 4 --out b"
        );
    }

    #[test]
    fn without_a_config_nothing_changes() {
        for line in [
            "cellprism",
            "cellprism run --out b",
            "cellprism embed --config none",
            "cellprism -q sae sweep --out run --config none",
        ] {
            assert_eq!(expand(words(line)).unwrap(), words(line));
        }
    }

    #[test]
    fn a_bad_config_is_named() {
        for (toml, said) in [
            ("seed = ", "TOML"),
            ("seed = [[1]]", "seed"),
            ("[training]\nk = 3", "line 1: \"training\""),
            ("seed = 1\n\nconcept = 3", "line 3: \"concept\" is no option"),
        ] {
            let error = format!("{:#}", with_config(toml, "").unwrap_err());
            assert!(error.contains("--config") && error.contains(said), "{error}");
        }
        let error = expand(words("cellprism run --config no-such-file")).unwrap_err();
        assert!(format!("{error:#}").contains("no-such-file"));
    }
}
