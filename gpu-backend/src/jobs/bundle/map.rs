//! Where each cell lies on the map: as supplied with the cells, or computed from their embeddings.

use cellprism_core::{
    bundle::{Tensors, read_f32},
    embedding::nearest::{Neighbours, neighbours_of_all},
    stats::layout::{LayoutOptions, layout_of},
};
use ndarray::ArrayView2;
use safetensors::SafeTensors;

use super::work::Work;
use crate::work::progress::Progress;

/// The stage in the work folder.
pub const STAGE: &str = "map.safetensors";
const OPTIONS: LayoutOptions = LayoutOptions { neighbours: 15, epochs: 200, seed: 1 };

/// Coordinates and where they come from; kept in the work folder, as a map of many cells takes minutes.
pub struct Placed {
    /// One a cell.
    pub map: Vec<[f32; 2]>,
    /// Their source in words.
    pub source: String,
}

/// The map; none where there are no cells.
///
/// # Errors
/// If it cannot be kept.
pub fn place(
    supplied: Option<&Vec<[f32; 2]>>,
    embeddings: ArrayView2<'_, f32>,
    work: &Work,
    progress: &dyn Progress,
) -> anyhow::Result<Placed> {
    if let Some(map) = supplied {
        return Ok(Placed { map: map.clone(), source: "as supplied with the cells".into() });
    }
    if let Some(kept) = work.stage_bytes(STAGE).and_then(|bytes| read(&bytes)) {
        return Ok(kept);
    }
    let n = embeddings.nrows() as u64;
    let steps = progress.begin("neighbours", n, "cells");
    let near = neighbours_of_all(embeddings, OPTIONS.neighbours, OPTIONS.seed, &|cells| {
        steps.advance(cells as u64);
    });
    steps.finish();
    let source = said(&near);
    let steps = progress.begin("map", OPTIONS.epochs as u64, "passes");
    let map = layout_of(embeddings, near, OPTIONS, &|_| steps.advance(1));
    steps.finish();
    let placed = Placed { map, source };
    work.keep_bytes(STAGE, &write(&placed)?)?;
    Ok(placed)
}

fn said(near: &Neighbours) -> String {
    let neighbours = match near.found {
        None => format!("{} neighbours", OPTIONS.neighbours),
        Some(found) => {
            format!("{} approximate neighbours, {:.1} % of the true ones", OPTIONS.neighbours, 100.0 * found)
        }
    };
    format!("UMAP of the model's embeddings ({neighbours}, seed {})", OPTIONS.seed)
}

fn write(placed: &Placed) -> anyhow::Result<Vec<u8>> {
    let mut file = Tensors::default();
    file.f32("xy", &[placed.map.len(), 2], placed.map.iter().flatten().copied());
    file.metadata("source", placed.source.clone());
    Ok(file.to_bytes()?)
}

fn read(bytes: &[u8]) -> Option<Placed> {
    let (_, header) = SafeTensors::read_metadata(bytes).ok()?;
    let source = header.metadata().as_ref()?.get("source")?.clone();
    let (_, values) = read_f32(&SafeTensors::deserialize(bytes).ok()?, "xy").ok()?;
    Some(Placed { map: values.as_chunks::<2>().0.to_vec(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_and_a_map_says_how_it_came_about() {
        let placed = Placed { map: vec![[1.0, -2.0], [0.5, 0.0]], source: "by hand".into() };
        let back = read(&write(&placed).unwrap()).unwrap();
        assert_eq!((back.map, back.source), (placed.map, placed.source));
        let near = |found| said(&Neighbours { found, ..Neighbours::default() });
        assert_eq!(near(None), "UMAP of the model's embeddings (15 neighbours, seed 1)");
        assert!(near(Some(0.9876)).contains("15 approximate neighbours, 98.8 % of the true ones, seed 1"));
    }
}
