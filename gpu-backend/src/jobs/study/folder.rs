//! A study as it lies on disk.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context, ensure};
use cellprism_core::study::{GeneNames, Sheet, Study};
use serde::de::DeserializeOwned;

use crate::work::regular;

/// The items, in order.
pub const STUDY: &str = "study.json";
/// Full names of genes.
pub const GENES: &str = "genes.json";
/// Largest file of a study that is read.
const MOST_BYTES: u64 = 64 << 20;
/// Most items of a study.
const MOST_ITEMS: usize = 10_000;

/// Everything that raters get.
pub struct StudyFolder {
    /// The items, in order.
    pub study: Study,
    /// What each of them shows, in the same order.
    pub sheets: Vec<Sheet>,
    /// Full names of genes.
    pub genes: GeneNames,
}

impl StudyFolder {
    /// Reads it.
    ///
    /// # Errors
    /// If a file is not there, damaged, or of another item.
    pub fn read(root: &Path) -> anyhow::Result<Self> {
        let study: Study = json(&root.join(STUDY)).with_context(|| {
            format!(
                "{} is no study: give the folder \"study\" that `cellprism study new` wrote",
                root.display()
            )
        })?;
        ensure!(study.items.len() <= MOST_ITEMS, "{}: more than {MOST_ITEMS} items", root.display());
        let sheet = |item: &str| -> anyhow::Result<Sheet> {
            let plain = item.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
            ensure!(plain, "{}: {item:?} is no name of an item", root.display());
            let path = root.join(Sheet::path(item));
            let sheet: Sheet = json(&path)?;
            ensure!(sheet.item == item, "{} is of {:?}", path.display(), sheet.item);
            Ok(sheet)
        };
        let sheets = study.items.iter().map(|item| sheet(&item.item)).collect::<anyhow::Result<_>>()?;
        Ok(Self { study, sheets, genes: json(&root.join(GENES))? })
    }

    /// What each item shows, by its name.
    pub fn by_item(self) -> BTreeMap<String, Sheet> {
        self.sheets.into_iter().map(|sheet| (sheet.item.clone(), sheet)).collect()
    }
}

/// A JSON file.
///
/// # Errors
/// If it cannot be read, is too large, or something else; the error names it.
pub fn json<T: DeserializeOwned>(path: &Path) -> anyhow::Result<T> {
    let bytes = regular::read(path, MOST_BYTES).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_slice(&bytes).with_context(|| path.display().to_string())
}
