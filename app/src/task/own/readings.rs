//! Embeddings as they come become activations: written, counted, and some of them placed.

use cellprism_core::{bundle::path, cells::Column, sae::SaeWeights};
use ndarray::ArrayView2;

use super::{Answer, placed::Spread, tally::Tally};
use crate::task::{files::Files, place::Place, train::read_embeddings};

/// Files that the reader can save.
pub const ACTIVATIONS: &str = "activations.csv";
/// … where the page embedded the cells.
pub const EMBEDDINGS: &str = "embeddings.csv";

/// The dictionary, and what is counted so far.
pub struct Readings<'a> {
    encoder: cellprism_core::sae::Encoder<'a>,
    width: usize,
    columns: &'a [Column],
    tally: Tally<'a>,
    spread: Option<Spread>,
    /// Whether embeddings are written, too.
    embeddings: bool,
    seen: usize,
}

impl<'a> Readings<'a> {
    /// Begins both files.
    pub fn begin(
        sae: &'a SaeWeights,
        columns: &'a [Column],
        bundle_cells: Option<usize>,
        embeddings: bool,
        place: &mut dyn Place,
    ) -> Self {
        let width = sae.config.d_in;
        place.write(ACTIVATIONS, "cell,concept,activation\n");
        if embeddings {
            let names: Vec<String> = (0..width).map(|i| format!("d{i}")).collect();
            place.write(EMBEDDINGS, &format!("cell,{}\n", names.join(",")));
        }
        Self {
            encoder: sae.encoder(),
            width,
            columns,
            tally: Tally::new(sae.config.d_sae, columns),
            spread: bundle_cells.map(|cells| Spread::new(width, Spread::most(cells, width))),
            embeddings,
            seen: 0,
        }
    }

    /// The next cells: their names, and their embeddings row by row.
    ///
    /// # Errors
    /// In words, if a number is not finite.
    pub fn take(&mut self, names: &[String], values: &[f32], place: &mut dyn Place) -> Result<(), String> {
        let name = |cell: usize| names.get(cell).map_or("", String::as_str);
        if let Some(at) = values.iter().position(|value| !value.is_finite()) {
            let (cell, column) = (at / self.width, at % self.width);
            return Err(format!(
                "cell {:?} (row {}), dimension {column} of its embedding: {} is not a finite number. If you made the \
                 embeddings, make them again without it; if this page did, the model does not fit these counts",
                name(cell),
                self.seen + cell,
                values[at]
            ));
        }
        let rows = ArrayView2::from_shape((names.len(), self.width), values).map_err(|e| e.to_string())?;
        let codes = self.encoder.encode(rows);
        let mut text = String::new();
        for cell in 0..codes.rows() {
            let quoted = quoted(name(cell));
            let (concepts, activations) = codes.row(cell);
            for (concept, value) in concepts.iter().zip(activations).filter(|(_, value)| **value > 0.0) {
                text += &format!("{quoted},{concept},{value}\n");
            }
        }
        place.write(ACTIVATIONS, &text);
        if self.embeddings {
            text.clear();
            for (cell, row) in values.chunks_exact(self.width).enumerate() {
                text += &quoted(name(cell));
                row.iter().for_each(|value| text += &format!(",{value}"));
                text.push('\n');
            }
            place.write(EMBEDDINGS, &text);
        }
        if let Some(spread) = &mut self.spread {
            for (cell, row) in values.chunks_exact(self.width).enumerate() {
                let (concepts, activations) = codes.row(cell);
                let active = concepts.iter().copied().zip(activations.iter().copied());
                spread.offer((self.seen + cell) as u32, row, active.filter(|(_, value)| *value > 0.0));
            }
        }
        self.tally.take(&codes);
        self.seen += codes.rows();
        Ok(())
    }

    /// What was counted; cells are placed where the bundle has embeddings.
    ///
    /// # Errors
    /// In words, if the bundle's embeddings cannot be read.
    pub fn finish(self, files: &Files, place: &dyn Place) -> Result<Answer, String> {
        let placed = match (self.spread, files.find(path::EMBEDDINGS)) {
            (Some(spread), Some(bytes)) => Some(spread.place(read_embeddings(bytes)?.view(), self.columns)?),
            _ => None,
        };
        let (concepts, columns, left_out) = self.tally.finish();
        Ok(Answer { cells: self.seen as u64, concepts, columns, left_out, placed, memory: place.memory() })
    }
}

/// A field of a CSV file.
pub fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) || text.starts_with('#') {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
