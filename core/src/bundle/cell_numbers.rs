//! `cells/numbers.NN.safetensors`: a measurement of every cell, for maps coloured by it.

use serde::{Deserialize, Serialize};

use super::{
    CellMetadata, FirstCodes,
    cell_metadata::CELL_METADATA,
    checking::{Bundle, Report},
    manifest::MANIFEST,
};
use crate::cells::{NO_NUMBER, Numbers};

/// Most columns of measurements that a bundle keeps, the first ones of the file: two bytes a cell and column.
pub const MOST_NUMBERS: usize = 32;

/// Codes of a column of measurements, by its place in [`CellMetadata::numbers`]: read as [`FirstCodes`].
pub fn cell_numbers(place: usize) -> String {
    format!("cells/numbers.{place:02}.safetensors")
}

/// The same of the first cells of a large bundle.
pub fn first_numbers(place: usize) -> String {
    format!("cells/numbers.{place:02}.first.safetensors")
}

/// Whether a path is of such a file.
pub(super) fn is_numbers(path: &str) -> bool {
    path.starts_with("cells/numbers.")
}

/// A column of measurements; codes are in `cells/numbers.NN.safetensors`, tensor `codes` u16 `[cells]`. The value of a code is
/// `least + code · step`, at most half a step from the one in the data, which is none for whole numbers with step 1; 65535 is
/// no value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NumberColumn {
    /// Name in `obs`.
    pub name: String,
    /// Smallest value.
    pub least: f64,
    /// Largest value.
    pub most: f64,
    /// From one code to the next.
    pub step: f64,
    /// Cells without a value.
    pub missing: u32,
}

impl NumberColumn {
    /// What is said of a column.
    pub fn of(numbers: &Numbers) -> Self {
        let missing = numbers.codes.iter().filter(|&&code| code == NO_NUMBER).count() as u32;
        let Numbers { name, least, most, step, .. } = numbers;
        Self { name: name.clone(), least: *least, most: *most, step: *step, missing }
    }

    /// The value of a code.
    pub fn value(&self, code: u16) -> Option<f64> {
        (code != NO_NUMBER).then(|| (self.least + f64::from(code) * self.step).min(self.most))
    }
}

/// A code a cell, as many missing as the metadata say, none beyond the largest value; the first cells' are among them.
pub(super) fn check(bundle: &Bundle<'_>, metadata: &CellMetadata, report: &mut Report) {
    for (place, column) in metadata.numbers.iter().enumerate() {
        let told = column.least.is_finite() && column.most > column.least && column.step > 0.0;
        report.expect(told, CELL_METADATA, || {
            format!("column {:?}: from {} to {} by {}", column.name, column.least, column.most, column.step)
        });
        let name = cell_numbers(place);
        bundle.expect_of_index(&name, MANIFEST, report);
        let Some(FirstCodes(codes)) = bundle.read(&name, report) else { continue };
        report.expect(codes.len() == bundle.manifest.counts.cells as usize, &name, || {
            format!("{} codes for {} cells", codes.len(), bundle.manifest.counts.cells)
        });
        let missing = codes.iter().filter(|&&code| code == NO_NUMBER).count() as u64;
        report.same(CELL_METADATA, "cells without a value", column.missing, missing, &name);
        let last = codes.iter().copied().filter(|&code| code != NO_NUMBER).max().unwrap_or(0);
        let reached = column.least + f64::from(last) * column.step;
        report.expect((reached - column.most).abs() <= column.step, &name, || {
            format!("its largest value is {reached}, not {}", column.most)
        });
        if let Some(first) = bundle.manifest.first {
            let name = first_numbers(place);
            bundle.expect_of_index(&name, MANIFEST, report);
            let Some(FirstCodes(some)) = bundle.read(&name, report) else { continue };
            report.expect(some == first.at(&codes), &name, || "its values are not those of all cells".into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_told_as_it_is_kept() {
        let kept = Numbers::quantise("t", &[0.5, f64::NAN, 1.0]).unwrap();
        let told = NumberColumn::of(&kept);
        assert_eq!((told.least, told.most, told.missing), (0.5, 1.0, 1));
        let values: Vec<_> = kept.codes.iter().map(|&code| told.value(code)).collect();
        assert_eq!(values, [Some(0.5), None, Some(1.0)]);
        assert_eq!(cell_numbers(3), "cells/numbers.03.safetensors");
    }
}
