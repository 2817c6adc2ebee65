//! Answers and key to figures.

use std::{collections::BTreeMap, fs, path::PathBuf};

use anyhow::{Context, ensure};
use cellprism_core::study::{
    Agreement, Answers, Contrast, Joined, Key, RatingCount, Sheet, agreement, agreement_csv, annotations,
    contrast, contrast_csv, ratings, ratings_csv,
};
use serde::{Deserialize, Serialize};

use super::folder::{StudyFolder, json};
use crate::work::output::OutputFolder;

/// What is read and where figures go.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// The study that was handed out.
    pub study: PathBuf,
    /// Its key.
    pub key: PathBuf,
    /// Files that the form exported.
    pub answers: Vec<PathBuf>,
    /// Name of the annotations' author; the first rater's where not given.
    pub author: Option<String>,
    /// Folder for the tables.
    pub out: PathBuf,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Report {
    /// Raters by name.
    pub raters: Vec<String>,
    /// How often each answer was given.
    pub ratings: Vec<RatingCount>,
    /// Whether raters agree.
    pub agreement: Vec<Agreement>,
    /// Concepts against neurons.
    pub contrast: Vec<Contrast>,
}

/// Joins answers and key, and writes `ratings.csv`, `agreement.csv`, `contrast.csv` and `annotations.cas.json`.
///
/// # Errors
/// If a file cannot be read, or answers do not fit study or key; the error names the item or the study.
pub fn run(options: &Options) -> anyhow::Result<Report> {
    ensure!(!options.answers.is_empty(), "--answers: no file of answers");
    let study = StudyFolder::read(&options.study)?;
    let key: Key = json(&options.key)?;
    let files =
        options.answers.iter().map(|path| json::<Answers>(path)).collect::<anyhow::Result<Vec<_>>>()?;
    let joined = Joined::new(&study.study, &key, &files)?;
    let raters: Vec<String> = joined.raters().map(str::to_owned).collect();
    let report = Report {
        ratings: ratings(&joined),
        agreement: agreement(&joined),
        contrast: contrast(&joined),
        raters,
    };
    let author = options.author.as_ref().or(report.raters.first()).map_or("", String::as_str);
    let name = study.study.study.clone();
    let sheets: BTreeMap<String, Sheet> = study.by_item();
    let cas = serde_json::to_string_pretty(&annotations(&joined, &sheets, &name, author))? + "\n";
    let place = || format!("cannot write {}", options.out.display());
    let out = OutputFolder::create(&options.out).with_context(place)?;
    for (name, content) in [
        ("ratings.csv", ratings_csv(&report.ratings)),
        ("agreement.csv", agreement_csv(&report.agreement)),
        ("contrast.csv", contrast_csv(&report.contrast)),
        ("annotations.cas.json", cas),
    ] {
        fs::write(out.path().join(name), content).with_context(place)?;
    }
    out.finish().with_context(place)?;
    Ok(report)
}
