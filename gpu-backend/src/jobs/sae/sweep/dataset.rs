//! One set of cells: embeddings, and where they are given, the cells themselves.

use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
};

use anyhow::{Context, ensure};
use cellprism_core::cells::{Column, NO_LABEL};

use super::Options;
use crate::files::{
    embeddings::Embeddings,
    h5ad::{self, H5ad},
};

/// Columns that are taken where none is named.
const USUAL: usize = 2;

/// A set of cells.
pub struct Dataset {
    /// Its name in the tables: that of its file.
    pub name: String,
    /// Embeddings.
    pub embeddings: PathBuf,
    /// Counts and metadata of the same cells.
    pub cells: Option<PathBuf>,
    /// Whether there are others, so that its runs need a folder of their own.
    several: bool,
}

/// All of them.
///
/// # Errors
/// If there is none, cells are given for some of them only, or two have one name.
pub fn all(options: &Options) -> anyhow::Result<Vec<Dataset>> {
    let (n, cells) = (options.embeddings.len(), options.cells.len());
    ensure!(n > 0, "--embeddings: no file");
    ensure!(
        cells == 0 || cells == n,
        "{cells} files after --cells, but {n} after --embeddings: give one for each"
    );
    ensure!(options.model.is_none() || cells > 0, "--model scores genes of cells: give them with --cells");
    let mut names = HashSet::new();
    let mut sets = Vec::with_capacity(n);
    for (place, embeddings) in options.embeddings.iter().enumerate() {
        let name =
            embeddings.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        ensure!(
            names.insert(name.clone()),
            "two files after --embeddings are named {name:?}, which is what tables call them: rename one"
        );
        let cells = options.cells.get(place).cloned();
        sets.push(Dataset { name, embeddings: embeddings.clone(), cells, several: n > 1 });
    }
    Ok(sets)
}

impl Dataset {
    /// Where a run's dictionary is.
    pub fn folder(&self, options: &Options, run: &str) -> PathBuf {
        if self.several { options.out.join(&self.name).join(run) } else { options.out.join(run) }
    }

    /// Columns of metadata in the order of the embeddings; none without cells.
    ///
    /// # Errors
    /// If cells cannot be read, lack one that was embedded, or a named column.
    pub fn columns(&self, data: &Embeddings, named: &[String]) -> anyhow::Result<Vec<Column>> {
        let Some(path) = &self.cells else { return Ok(Vec::new()) };
        let cells = h5ad::open(path, &h5ad::Options { allow_non_integer: true, ..h5ad::Options::default() })?;
        let place = || path.display().to_string();
        let rows = rows(data, &cells).with_context(place)?;
        let of_rows = |column: &Column| Column {
            codes: rows.iter().map(|&row| column.codes.get(row).copied().unwrap_or(NO_LABEL)).collect(),
            ..column.clone()
        };
        if named.is_empty() {
            let several = |column: &&Column| column.label_counts().iter().filter(|&&n| n > 0).count() > 1;
            return Ok(cells.columns().iter().filter(several).take(USUAL).map(of_rows).collect());
        }
        let find = |name: &String| {
            let known = || cells.columns().iter().map(|c| c.name.as_str()).collect::<Vec<_>>().join(", ");
            let column = cells.columns().iter().find(|column| column.name == *name);
            column
                .map(of_rows)
                .with_context(|| format!("{}: no column {name:?}; there are {}", place(), known()))
        };
        named.iter().map(find).collect()
    }
}

/// The row of each embedded cell among the cells, by its name.
fn rows(data: &Embeddings, cells: &H5ad) -> anyhow::Result<Vec<usize>> {
    let Some(ids) = data.metadata.get("cells") else {
        ensure!(
            data.values.nrows() == cells.len(),
            "{} embeddings without names of cells, and {} cells: they cannot be told apart",
            data.values.nrows(),
            cells.len()
        );
        return Ok((0..cells.len()).collect());
    };
    let ids: Vec<String> = serde_json::from_str(ids).context("names of the embedded cells")?;
    ensure!(ids.len() == data.values.nrows(), "{} names for {} embeddings", ids.len(), data.values.nrows());
    let known: HashMap<&str, usize> =
        cells.names().iter().enumerate().map(|(row, name)| (name.as_str(), row)).collect();
    let row = |id: &String| {
        known.get(id.as_str()).copied().with_context(|| format!("cell {id:?} is not among them"))
    };
    ids.iter().map(row).collect()
}
