//! Every active cell by its barcode, as a file.

use std::sync::Arc;

use leptos::prelude::*;

use super::{Shown, strongest_first};
use crate::browser;

/// Offers the file; `names` are the cells' names in row order.
pub fn download(shown: &Shown, names: &[String]) {
    let columns = &shown.bundle.cells.columns;
    let header: Vec<&str> =
        ["barcode", "row", "activation"].into_iter().chain(columns.iter().map(|c| c.name.as_str())).collect();
    let line = |(cell, value): (u32, f32)| {
        let name = names.get(cell as usize).cloned().unwrap_or_default();
        let mut line = vec![name, cell.to_string(), value.to_string()];
        line.extend((0..columns.len()).map(|column| label(shown, column, cell)));
        line
    };
    browser::download_csv(&shown.file("cells.csv"), &header, strongest_first(shown).into_iter().map(line));
}

/// A cell's label in a column, empty where it has none.
pub fn label(shown: &Shown, column: usize, cell: u32) -> String {
    let code = shown.bundle.codes[column].get(cell as usize).copied().unwrap_or(u16::MAX);
    shown.bundle.cells.columns[column].labels.get(usize::from(code)).cloned().unwrap_or_default()
}

/// Fetches the names, keeps them for the table, and does what needs them; `failed` says why it could not.
pub fn with_names(
    shown: &Shown,
    known: RwSignal<Option<Arc<Vec<String>>>>,
    failed: RwSignal<Option<String>>,
    then: impl FnOnce(&[String]) + 'static,
) {
    let bundle = shown.bundle.clone();
    leptos::task::spawn_local(async move {
        let names = match known.get_untracked() {
            Some(names) => Ok(names),
            None => bundle.names().await,
        };
        match names {
            Ok(names) => {
                then(&names);
                failed.try_set(None);
                known.try_set(Some(names));
            }
            Err(error) => {
                failed.try_set(Some(format!("{}: {}", error.file, error.what)));
            }
        }
    });
}
