//! What was found: the tables, by name.

use super::{Evaluation, Table};

/// All finished tables. Figures, claims and the page read nothing else.
#[derive(Clone, Debug)]
pub struct Found {
    /// Names of the bundles, as in the tables.
    pub bundles: Vec<String>,
    /// What was asked, in words: name and value.
    pub parameters: Vec<(String, String)>,
    /// Tables in the order in which they were made.
    pub tables: Vec<Table>,
    /// The paper's claims.
    pub claims: Table,
    /// Figures, drawn from the tables.
    pub figures: Vec<Figure>,
    /// All of it as a page.
    pub page: Option<String>,
}

/// A figure of the report.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// Its file's stem.
    pub name: String,
    /// For people.
    pub title: String,
    /// The paper's figure that it is made for; empty where there is none.
    pub item: String,
    /// The drawing.
    pub svg: String,
}

impl Found {
    /// No table yet.
    pub fn new(evaluation: &Evaluation<'_>) -> Self {
        let mut parameters = vec![("seed".to_owned(), evaluation.options.seed.to_string())];
        for evidence in &evaluation.bundles {
            parameters.push((format!("{}: tag", evidence.name), evidence.manifest().tag.clone()));
        }
        let bundles = evaluation.bundles.iter().map(|evidence| evidence.name.clone()).collect();
        Self {
            bundles,
            parameters,
            tables: Vec::new(),
            claims: Table::new("claims", "", "", &[]),
            figures: Vec::new(),
            page: None,
        }
    }

    /// A table by its name; none where it was skipped.
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }
}
