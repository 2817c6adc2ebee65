//! One file a table, and the list of them.

mod reconstruction;

use super::{Evaluation, Table};

/// What makes one or more tables.
pub struct Maker {
    /// Their names.
    pub names: &'static [&'static str],
    make: fn(&Evaluation<'_>) -> anyhow::Result<Vec<Table>>,
}

/// All tables, in the order in which they are made.
pub const MAKERS: &[Maker] = &[Maker { names: &["reconstruction"], make: reconstruction::tables }];

/// Names of all tables.
pub fn names() -> Vec<&'static str> {
    MAKERS.iter().flat_map(|maker| maker.names).copied().collect()
}

impl Maker {
    /// Whether none of its tables is wanted.
    pub fn is_skipped(&self, skip: &[String]) -> bool {
        self.names.iter().all(|name| skip.iter().any(|skipped| skipped == name))
    }

    /// The tables: those of an interrupted evaluation, or made now and kept.
    ///
    /// # Errors
    /// If they cannot be made, or not be kept.
    pub fn tables(&self, evaluation: &Evaluation<'_>) -> anyhow::Result<Vec<Table>> {
        let part = format!("tables/{}.json", self.names[0]);
        let kept = evaluation.work.get(&part).and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let tables: Vec<Table> = match kept {
            Some(tables) => tables,
            None => {
                let made = (self.make)(evaluation)?;
                evaluation.work.put(&part, &serde_json::to_vec(&made)?)?;
                made
            }
        };
        let wanted = |table: &Table| !evaluation.options.skip.contains(&table.name);
        Ok(tables.into_iter().filter(wanted).collect())
    }
}
