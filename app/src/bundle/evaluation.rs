//! What `cellprism evaluate` has put into the bundle, where it has.

use cellprism_core::bundle::{EvaluationFileKind, EvaluationIndex, path};

use super::Bundle;
use crate::{client::FetchError, table::Table};

impl Bundle {
    /// Whether the bundle holds an evaluation.
    pub fn is_evaluated(&self) -> bool {
        self.manifest.files.contains_key(path::EVALUATION_INDEX)
    }

    /// The list of what was evaluated.
    pub async fn evaluation(&self) -> Result<EvaluationIndex, FetchError> {
        self.file(path::EVALUATION_INDEX).await
    }

    /// A text of the evaluation: a table, a figure.
    pub async fn evaluation_text(&self, file: &str) -> Result<String, FetchError> {
        let name = format!("{}/{file}", path::EVALUATION);
        let bytes = self.bytes(&name).await?;
        String::from_utf8(bytes).map_err(|_| FetchError { file: name, what: "it is no text".into() })
    }

    /// A table of the evaluation.
    pub async fn evaluation_table(&self, file: &str) -> Result<Table, FetchError> {
        let text = self.evaluation_text(file).await?;
        let name = || format!("{}/{file}", path::EVALUATION);
        Table::parse(&text).map_err(|what| FetchError { file: name(), what })
    }
}

/// The file of a table of this name, where it was computed.
pub fn table_named(index: &EvaluationIndex, name: &str) -> Option<String> {
    let wanted = format!("tables/{name}.csv");
    let mut tables = index.files.iter().filter(|file| file.kind == EvaluationFileKind::Table);
    tables.find(|file| file.file == wanted).map(|file| file.file.clone())
}
