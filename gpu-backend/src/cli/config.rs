//! `--config run.toml`: options of `cellprism run` kept in a file.
//!
//! Every key is the name of an option. They become arguments before those are read, so a value is checked in one place
//! only, and what is said on the command line wins.

use std::{ffi::OsString, fs, path::Path};

use anyhow::{Context, bail};
use toml::{Table, Value};

/// Arguments with those of the config file put in, where `run` names one.
///
/// # Errors
/// If the file cannot be read, is no TOML, or has a value that no option takes.
pub fn expand(arguments: Vec<OsString>) -> anyhow::Result<Vec<OsString>> {
    let words: Vec<&str> = arguments.iter().map(|word| word.to_str().unwrap_or("")).collect();
    let Some(command) = words.iter().skip(1).position(|&word| word == "run").map(|at| at + 1) else {
        return Ok(arguments);
    };
    let Some(path) = value_of("config", &words[command..]) else { return Ok(arguments) };
    let text = fs::read_to_string(path).with_context(|| format!("--config {path}: it cannot be read"))?;
    let table: Table = text.parse().with_context(|| format!("--config {path}"))?;
    let said = |name: &str| words[command..].iter().any(|word| names(word, name));
    let mut added = Vec::new();
    for (key, value) in &table {
        let name = key.replace('_', "-");
        if !said(&name) {
            added.extend(argument(Path::new(path), &name, value)?);
        }
    }
    let mut all = arguments;
    all.splice(command + 1..command + 1, added);
    Ok(all)
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
        for line in ["cellprism", "cellprism run --out b", "cellprism embed --config none"] {
            assert_eq!(expand(words(line)).unwrap(), words(line));
        }
    }

    #[test]
    fn a_bad_config_is_named() {
        for (toml, said) in [("seed = ", "TOML"), ("seed = [[1]]", "seed"), ("[sae]\nk = 3", "sae")] {
            let error = format!("{:#}", with_config(toml, "").unwrap_err());
            assert!(error.contains("--config") && error.contains(said), "{error}");
        }
        let error = expand(words("cellprism run --config no-such-file")).unwrap_err();
        assert!(format!("{error:#}").contains("no-such-file"));
    }
}
