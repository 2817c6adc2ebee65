//! Every active cell by its barcode, as a file.

use std::sync::Arc;

use cellprism_core::bundle::MetadataColumn;
use leptos::prelude::*;

use super::{Shown, strongest_first};
use crate::{browser, client::FetchError};

/// Fetches what is not there of names, activations and labels, and offers the file; `failed` says why it could not.
pub fn download(shown: &Shown, known: RwSignal<Option<Arc<Vec<String>>>>, failed: RwSignal<Option<String>>) {
    let shown = shown.clone();
    leptos::task::spawn_local(async move {
        let problem = match whole(&shown, known).await {
            Ok(()) => None,
            Err(error) => Some(format!("{}: {}", error.file, error.what)),
        };
        failed.try_set(problem);
    });
}

async fn whole(shown: &Shown, known: RwSignal<Option<Arc<Vec<String>>>>) -> Result<(), FetchError> {
    let names = match known.get_untracked() {
        Some(names) => names,
        None => shown.bundle.names().await?,
    };
    known.try_set(Some(names.clone()));
    let exact = shown.exact().await?;
    let columns = &exact.bundle.cells.columns;
    let points = exact.bundle.all_points().await?;
    let mut codes = Vec::new();
    for column in 0..columns.len() {
        codes.push(exact.bundle.codes(column, &points).await?);
    }
    let header: Vec<&str> =
        ["barcode", "row", "activation"].into_iter().chain(columns.iter().map(|c| c.name.as_str())).collect();
    let line = |(cell, value): (u32, f32)| {
        let name = names.get(cell as usize).cloned().unwrap_or_default();
        let mut line = vec![name, cell.to_string(), value.to_string()];
        line.extend(codes.iter().zip(columns).map(|(codes, column)| named(codes, cell as usize, column)));
        line
    };
    browser::download_csv(&exact.file("cells.csv"), &header, strongest_first(&exact).into_iter().map(line));
    Ok(())
}

/// A cell's label in a column, empty where it has none.
pub fn named(codes: &[u16], place: usize, column: &MetadataColumn) -> String {
    let code = codes.get(place).copied().unwrap_or(u16::MAX);
    column.labels.get(usize::from(code)).cloned().unwrap_or_default()
}

/// Fetches the names and keeps them for the table; `failed` says why it could not.
pub fn fetch_names(
    shown: &Shown,
    known: RwSignal<Option<Arc<Vec<String>>>>,
    failed: RwSignal<Option<String>>,
) {
    let bundle = shown.bundle.clone();
    leptos::task::spawn_local(async move {
        match bundle.names().await {
            Ok(names) => {
                failed.try_set(None);
                known.try_set(Some(names));
            }
            Err(error) => {
                failed.try_set(Some(format!("{}: {}", error.file, error.what)));
            }
        }
    });
}
