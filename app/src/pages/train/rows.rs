//! The new dictionary's concepts: which cells activate them, and what those mostly are.

use std::collections::BTreeMap;

use cellprism_app::task::train::ACTIVATIONS;
use cellprism_core::{
    bundle::{read_f32, read_u32},
    cells::NO_LABEL,
    sae::matching::Pair,
};
use safetensors::SafeTensors;

use super::Trained;
use crate::bundle::Bundle;

/// A new concept: what the table says of it.
pub struct Row {
    /// Its number.
    pub concept: u32,
    /// Active cells with their activations.
    pub cells: Vec<(u32, f32)>,
    /// Commonest label of the primary column and its share, for the bundle's own cells.
    pub commonest: Option<(String, f64)>,
    /// The published concept paired with it.
    pub pair: Option<Pair>,
}

/// Those that a cell activates, of most cells first.
pub fn rows(bundle: &Bundle, trained: &Trained, pairs: &BTreeMap<u32, Pair>) -> Result<Vec<Row>, String> {
    let file = trained.files.get(ACTIVATIONS)?;
    let tensors = SafeTensors::deserialize(file).map_err(|e| e.to_string())?;
    let (shape, indices) = read_u32(&tensors, "indices").map_err(|e| e.to_string())?;
    let (_, values) = read_f32(&tensors, "values").map_err(|e| e.to_string())?;
    let k = shape.get(1).copied().unwrap_or(1).max(1);
    let mut cells = vec![Vec::new(); trained.answer.active_cells.len()];
    for (place, (&concept, &value)) in indices.iter().zip(&values).enumerate() {
        if value > 0.0 {
            cells[concept as usize].push(((place / k) as u32, value));
        }
    }
    let codes = bundle
        .primary()
        .filter(|_| trained.own_cells)
        .and_then(|column| bundle.known_codes(column, &bundle.points()));
    let mut rows: Vec<Row> = cells
        .into_iter()
        .enumerate()
        .filter(|(_, cells)| !cells.is_empty())
        .map(|(concept, cells)| Row {
            concept: concept as u32,
            commonest: codes.as_ref().and_then(|codes| commonest(bundle, codes, &cells)),
            cells,
            pair: pairs.get(&(concept as u32)).copied(),
        })
        .collect();
    cellprism_core::order::sort_by_key(&mut rows, |row| std::cmp::Reverse(row.cells.len()));
    Ok(rows)
}

/// The commonest label among the cells that maps draw, and its share.
fn commonest(bundle: &Bundle, codes: &[u16], cells: &[(u32, f32)]) -> Option<(String, f64)> {
    let points = bundle.points();
    let labels = bundle.primary_labels();
    let mut counts = vec![0u32; labels.len()];
    let drawn: Vec<usize> = cells.iter().filter_map(|(cell, _)| points.place(*cell)).collect();
    for &place in &drawn {
        match codes.get(place) {
            Some(&NO_LABEL) | None => {}
            Some(&code) => counts[usize::from(code)] += 1,
        }
    }
    let (code, &count) = counts.iter().enumerate().max_by_key(|(code, n)| (**n, std::cmp::Reverse(*code)))?;
    (count > 0).then(|| (labels[code].clone(), f64::from(count) / drawn.len() as f64))
}
