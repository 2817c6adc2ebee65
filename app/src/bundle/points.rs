//! The cells that maps draw: all of them, or of a large bundle the first ones until all are asked for.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use cellprism_core::bundle::{CellCodes, CellMap, CellMetadata, FirstCodes, path};

use super::Bundle;
use crate::client::FetchError;

/// Cells of a map.
#[derive(Debug, Default, PartialEq)]
pub struct Points {
    /// Coordinates between 0 and 1, y upwards.
    pub map: Vec<[f32; 2]>,
    /// Their rows, rising, where they are not all cells.
    pub rows: Option<Vec<u32>>,
}

impl Points {
    /// Places from 16-bit codes.
    pub fn new(xy: &[[u16; 2]], rows: Option<Vec<u32>>) -> Self {
        Self { map: xy.iter().map(|xy| xy.map(|code| f32::from(code) / 65535.0)).collect(), rows }
    }

    /// Where a cell stands among them, if it is one of them.
    pub fn place(&self, row: u32) -> Option<usize> {
        match &self.rows {
            None => Some(row as usize),
            Some(rows) => rows.binary_search(&row).ok(),
        }
    }

    /// The row of the cell at a place among them.
    pub fn row(&self, place: u32) -> u32 {
        match &self.rows {
            None => place,
            Some(rows) => rows.get(place as usize).copied().unwrap_or(u32::MAX),
        }
    }

    /// Whether they are all cells.
    pub fn are_all(&self) -> bool {
        self.rows.is_none()
    }
}

/// A column's codes, one a cell.
pub type Codes = Arc<Vec<u16>>;

/// What is there of the cells.
#[derive(Debug, Default)]
pub struct CellFiles {
    first: Arc<Points>,
    all: OnceLock<Arc<Points>>,
    /// By column, and whether of all cells.
    codes: Mutex<BTreeMap<(usize, bool), Codes>>,
    /// The same of measurements.
    numbers: Mutex<BTreeMap<(usize, bool), Codes>>,
}

impl CellFiles {
    /// Of cells that are there as a whole, or the first of them.
    pub fn new(first: Points, codes: impl IntoIterator<Item = (usize, Vec<u16>)>) -> Self {
        let all = first.are_all();
        let files = Self { first: Arc::new(first), ..Self::default() };
        if all {
            let _ = files.all.set(files.first.clone());
        }
        for (column, codes) in codes {
            files.keep(column, all, codes);
        }
        files
    }

    fn keep(&self, column: usize, all: bool, codes: Vec<u16>) -> Codes {
        let codes = Arc::new(codes);
        self.codes.lock().unwrap_or_else(PoisonError::into_inner).insert((column, all), codes.clone());
        codes
    }

    fn known(&self, column: usize, all: bool) -> Option<Codes> {
        self.codes.lock().unwrap_or_else(PoisonError::into_inner).get(&(column, all)).cloned()
    }
}

impl Bundle {
    /// The cells that are drawn at once.
    pub fn points(&self) -> Arc<Points> {
        self.cell_files.first.clone()
    }

    /// All cells, fetched when they are first asked for.
    pub async fn all_points(&self) -> Result<Arc<Points>, FetchError> {
        if let Some(known) = self.cell_files.all.get() {
            return Ok(known.clone());
        }
        let map: CellMap = match &self.cells.umap {
            None => CellMap::default(),
            Some(_) => self.file(path::UMAP).await?,
        };
        let points = Arc::new(Points::new(&map.xy, None));
        Ok(self.cell_files.all.get_or_init(|| points).clone())
    }

    /// Codes of a column that are there already.
    pub fn known_codes(&self, column: usize, points: &Points) -> Option<Codes> {
        self.cell_files.known(column, points.are_all())
    }

    /// Codes of a column for the cells of a map.
    pub async fn codes(&self, column: usize, points: &Points) -> Result<Codes, FetchError> {
        if let Some(known) = self.known_codes(column, points) {
            return Ok(known);
        }
        if !points.are_all() {
            let FirstCodes(codes) = self.file(&path::first_codes(column)).await?;
            return Ok(self.cell_files.keep(column, false, codes));
        }
        let codes: CellCodes = self.file(path::CELL_CODES).await?;
        for (place, codes) in in_order(codes, &self.cells)?.into_iter().enumerate() {
            self.cell_files.keep(place, true, codes);
        }
        self.known_codes(column, points).ok_or_else(|| missing(&format!("number {column}")))
    }
}

impl Bundle {
    /// Codes of a measurement for the cells of a map, fetched when they are first asked for.
    pub async fn numbers(&self, place: usize, points: &Points) -> Result<Codes, FetchError> {
        let key = (place, points.are_all());
        let kept = || self.cell_files.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = kept().get(&key) {
            return Ok(known.clone());
        }
        let name = if key.1 { path::cell_numbers(place) } else { path::first_numbers(place) };
        let FirstCodes(codes) = self.file(&name).await?;
        let codes = Arc::new(codes);
        kept().insert(key, codes.clone());
        Ok(codes)
    }
}

/// The codes of every column, in the metadata's order.
pub fn in_order(mut codes: CellCodes, cells: &CellMetadata) -> Result<Vec<Vec<u16>>, FetchError> {
    cells
        .columns
        .iter()
        .map(|column| {
            let found = codes.columns.iter_mut().find(|(name, _)| *name == column.name);
            found.map(|(_, codes)| std::mem::take(codes)).ok_or_else(|| missing(&column.name))
        })
        .collect()
}

fn missing(name: &str) -> FetchError {
    FetchError { file: path::CELL_CODES.into(), what: format!("it has no column {name:?}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_found_among_the_first_or_all() {
        let some = Points::new(&[[0, 65535], [1, 2], [3, 4]], Some(vec![2, 5, 9]));
        assert_eq!((some.map[0], some.place(5), some.place(6)), ([0.0, 1.0], Some(1), None));
        let all = Points::new(&[[0, 0], [1, 1]], None);
        assert_eq!((all.place(1), all.place(0)), (Some(1), Some(0)));
    }
}
