//! `evaluation/evaluation.json`: what an evaluation holds, where a bundle was given one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    JsonFile,
    checking::{Bundle, Report},
};

/// Folder of the evaluation.
pub const EVALUATION: &str = "evaluation";
/// What is in it.
pub const EVALUATION_INDEX: &str = "evaluation/evaluation.json";

/// What is in an evaluation, and what it depends on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EvaluationIndex {
    /// The program that made it.
    pub software: String,
    /// Names of the bundles, as in the tables; the bundle that holds this is among them.
    pub bundles: Vec<String>,
    /// Seed of everything that was drawn.
    pub seed: u64,
    /// Tables that were left out.
    pub skipped: Vec<String>,
    /// What else was asked, and what it was asked of: name and value.
    pub parameters: BTreeMap<String, String>,
    /// Its files.
    pub files: Vec<EvaluationFile>,
}

/// A file of an evaluation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EvaluationFile {
    /// Its path beside the index, with `/`.
    pub file: String,
    /// What it is.
    pub kind: EvaluationFileKind,
    /// For people.
    pub title: String,
    /// The paper's figure or table that it is made for; empty where there is none.
    pub item: String,
    /// Columns of a table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// Rows of a table, without its header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u32>,
}

/// What a file of an evaluation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum EvaluationFileKind {
    /// A table (CSV).
    Table,
    /// The paper's claims (CSV).
    Claims,
    /// A figure (SVG).
    Figure,
    /// A page that holds all of it (HTML).
    Page,
}

impl JsonFile for EvaluationIndex {}

/// That every file is there, and tables have the columns and rows that the index says.
pub(super) fn check(bundle: &Bundle<'_>, report: &mut Report) {
    if !bundle.manifest.files.contains_key(EVALUATION_INDEX) {
        return;
    }
    let Some(index) = bundle.read::<EvaluationIndex>(EVALUATION_INDEX, report) else { return };
    for file in index.files {
        let path = format!("{EVALUATION}/{}", file.file);
        let listed = bundle.manifest.files.contains_key(&path);
        report.expect(listed, &path, || {
            format!("{EVALUATION_INDEX} has it, but the manifest does not list it")
        });
        let Some(rows) = file.rows else { continue };
        let Some(bytes) = bundle.content(&path, report) else { continue };
        let Ok(text) = String::from_utf8(bytes) else {
            report.note(&path, "it is no text");
            continue;
        };
        let header = text.lines().next().unwrap_or_default();
        report.expect(header == file.columns.join(","), &path, || {
            format!("its columns are {header:?}, but {:?} by {EVALUATION_INDEX}", file.columns.join(","))
        });
        report.same(&path, "rows", records(&text).saturating_sub(1), rows, EVALUATION_INDEX);
    }
}

/// Lines of a CSV, where a quoted field may have some of its own.
fn records(text: &str) -> u64 {
    let (mut lines, mut quoted) = (0, false);
    for byte in text.bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => lines += 1,
            _ => {}
        }
    }
    lines + u64::from(!text.is_empty() && !text.ends_with('\n'))
}

#[cfg(test)]
mod tests {
    use super::records;

    #[test]
    fn a_quoted_line_is_no_row() {
        assert_eq!(records("a,b\n1,\"x\ny\"\n2,z\n"), 3);
        assert_eq!((records("a\n1"), records("")), (2, 0));
    }
}
