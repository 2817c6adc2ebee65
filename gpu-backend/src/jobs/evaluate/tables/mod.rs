//! One file a table, and the list of them.

mod attribution_distribution;
mod classes;
mod classification;
mod deletion;
mod dgea_gsea;
mod effects;
mod gene_set_sizes;
mod ground_truth;
mod labels;
mod map;
mod matches;
mod probes;
mod reconstruction;

use super::{Evaluation, Table};

/// What makes one or more tables.
pub struct Maker {
    /// Their names.
    pub names: &'static [&'static str],
    /// Whether genes and labels of the subjects are needed, which takes longest.
    pub needs_readings: bool,
    make: Make,
}

/// All tables, in the order in which they are made.
pub const MAKERS: &[Maker] = &[
    of_subjects(&["reconstruction"], reconstruction::tables),
    of_subjects(&["classes"], classes::tables),
    of_subjects(&["probes"], probes::tables),
    of_subjects(
        &["classification", "confusion", "coefficients", "split", "cell_cycle"],
        classification::tables,
    ),
    of_subjects(&["dgea_gsea"], dgea_gsea::tables),
    of_subjects(&["effects"], effects::tables),
    of_subjects(&["map"], map::tables),
    of_readings(&["gene_set_sizes"], gene_set_sizes::tables),
    of_readings(&["labels", "label_items"], labels::tables),
    of_readings(&["deletion", "deletion_area"], deletion::tables),
    of_readings(&["attribution_distribution"], attribution_distribution::tables),
    of_readings(&["ground_truth", "false_labels"], ground_truth::tables),
    of_readings(&["matches", "stability"], matches::tables),
];

type Make = fn(&Evaluation<'_>) -> anyhow::Result<Vec<Table>>;

/// Tables of what subjects are: activations, directions.
const fn of_subjects(names: &'static [&'static str], make: Make) -> Maker {
    Maker { names, needs_readings: false, make }
}

/// Tables of what subjects are read to be: genes, labels, curves.
const fn of_readings(names: &'static [&'static str], make: Make) -> Maker {
    Maker { names, needs_readings: true, make }
}

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
