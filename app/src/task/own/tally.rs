//! What is counted of cells as they go by: nothing grows with their number.

use cellprism_core::{cells::Column, sae::Codes};
use serde::{Deserialize, Serialize};

/// Most pairs of label and concept that are counted, of all columns together: 8 bytes each, and some 25 on the way to the page.
const MOST_PAIRS: usize = 1_500_000;

/// What is known of a concept in the cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ConceptTally {
    /// Active cells.
    pub active: u32,
    /// Sum of the activations.
    pub sum: f64,
    /// Largest activation.
    pub max: f32,
}

/// A column of metadata: cells of each label, and what is active in them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColumnTally {
    /// Name.
    pub name: String,
    /// Labels.
    pub labels: Vec<String>,
    /// Cells of each label.
    pub cells: Vec<u32>,
    /// Of each label and concept with an active cell, in the order of the labels.
    pub active: Vec<LabelTally>,
}

/// What is known of a concept in the cells of a label.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "(u32, u32, u32, f32)", into = "(u32, u32, u32, f32)")]
pub struct LabelTally {
    /// The label's place.
    pub label: u32,
    /// The concept.
    pub concept: u32,
    /// Active cells.
    pub active: u32,
    /// Sum of the activations.
    pub sum: f32,
}

// There are many: without names they are a quarter as long.
impl From<(u32, u32, u32, f32)> for LabelTally {
    fn from((label, concept, active, sum): (u32, u32, u32, f32)) -> Self {
        Self { label, concept, active, sum }
    }
}

impl From<LabelTally> for (u32, u32, u32, f32) {
    fn from(tally: LabelTally) -> Self {
        (tally.label, tally.concept, tally.active, tally.sum)
    }
}

/// Counts as cells go by.
pub struct Tally<'a> {
    concepts: Vec<ConceptTally>,
    columns: Vec<Counting<'a>>,
    left_out: Vec<(String, String)>,
    seen: usize,
}

struct Counting<'a> {
    column: &'a Column,
    cells: Vec<u32>,
    active: Vec<u32>,
    sums: Vec<f32>,
}

impl<'a> Tally<'a> {
    /// For so many concepts and these columns, in order as far as memory goes.
    pub fn new(concepts: usize, columns: &'a [Column]) -> Self {
        let mut tally = Self {
            concepts: vec![ConceptTally::default(); concepts],
            columns: Vec::new(),
            left_out: Vec::new(),
            seen: 0,
        };
        let mut left = MOST_PAIRS;
        for column in columns {
            let pairs = column.labels.len().saturating_mul(concepts);
            if pairs > left {
                let why = format!(
                    "{} labels × {concepts} concepts are too many to count in a page",
                    column.labels.len()
                );
                tally.left_out.push((column.name.clone(), why));
                continue;
            }
            left -= pairs;
            let cells = vec![0; column.labels.len()];
            tally.columns.push(Counting { column, cells, active: vec![0; pairs], sums: vec![0.0; pairs] });
        }
        tally
    }

    /// The next cells.
    pub fn take(&mut self, codes: &Codes) {
        for cell in 0..codes.rows() {
            let (concepts, values) = codes.row(cell);
            let active = || concepts.iter().zip(values).filter(|(_, value)| **value > 0.0);
            for (&concept, &value) in active() {
                let tally = &mut self.concepts[concept as usize];
                tally.active += 1;
                tally.sum += f64::from(value);
                tally.max = tally.max.max(value);
            }
            let all = self.concepts.len();
            for counting in &mut self.columns {
                let code = counting.column.codes.get(self.seen + cell).map(|&code| usize::from(code));
                let Some(code) = code.filter(|&code| code < counting.cells.len()) else { continue };
                counting.cells[code] += 1;
                for (&concept, &value) in active() {
                    counting.active[code * all + concept as usize] += 1;
                    counting.sums[code * all + concept as usize] += value;
                }
            }
        }
        self.seen += codes.rows();
    }

    /// Concepts, columns, and columns that were left out, with the reason.
    pub fn finish(self) -> (Vec<ConceptTally>, Vec<ColumnTally>, Vec<(String, String)>) {
        let all = self.concepts.len().max(1);
        let columns = self.columns.into_iter().map(|counting| {
            let found = counting
                .active
                .iter()
                .zip(&counting.sums)
                .enumerate()
                .filter(|(_, (active, _))| **active > 0);
            let active = found.map(|(at, (&active, &sum))| LabelTally {
                label: (at / all) as u32,
                concept: (at % all) as u32,
                active,
                sum,
            });
            ColumnTally {
                name: counting.column.name.clone(),
                labels: counting.column.labels.clone(),
                active: active.collect(),
                cells: counting.cells,
            }
        });
        (self.concepts, columns.collect(), self.left_out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_counted_by_concept_and_label() {
        let column = Column::from_texts("type", &["B", "T", "", "B"]).unwrap();
        let columns =
            [column, Column { name: "much".into(), labels: vec!["x".into(); 750_001], codes: vec![0; 4] }];
        let mut tally = Tally::new(2, &columns);
        tally.take(&Codes { k: 2, indices: vec![0, 1, 1, 0], values: vec![2.0, 0.0, 1.0, 0.5] });
        tally.take(&Codes { k: 2, indices: vec![1, 0, 0, 1], values: vec![3.0, 1.0, 4.0, 0.0] });
        let (concepts, columns, left_out) = tally.finish();
        assert_eq!(concepts[0], ConceptTally { active: 4, sum: 7.5, max: 4.0 });
        assert_eq!(concepts[1], ConceptTally { active: 2, sum: 4.0, max: 3.0 });
        assert_eq!((columns.len(), left_out[0].0.as_str()), (1, "much"));
        assert_eq!(columns[0].cells, [2, 1], "the cell without a label is of none");
        let tallies: Vec<_> =
            columns[0].active.iter().map(|t| (t.label, t.concept, t.active, t.sum)).collect();
        assert_eq!(tallies, [(0, 0, 2, 6.0), (1, 0, 1, 0.5), (1, 1, 1, 1.0)]);
        let json = serde_json::to_string(&columns[0].active[0]).unwrap();
        assert_eq!(
            (json.as_str(), serde_json::from_str(&json).ok()),
            ("[0,0,2,6.0]", Some(columns[0].active[0]))
        );
    }
}
