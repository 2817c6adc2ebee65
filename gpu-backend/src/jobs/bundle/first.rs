//! Of a large bundle, what a page loads first: made at the end, of the complete files as they are in the work folder.

use std::{fs, path::Path};

use anyhow::Context as _;
use cellprism_core::{
    bundle::{
        CellCodes, CellMap, CellMetadata, ConceptArrays, ConceptIndex, Counts, File, FirstActivations,
        FirstCodes, FirstConcept, FirstGenes, FirstIndex, FirstMap, FirstView, GeneIndex, path,
    },
    ids::ConceptId,
    parallel,
};

use super::work::Work;

/// Writes the first view, where the complete files are large; says what it is.
///
/// # Errors
/// If a complete file cannot be read, or a file cannot be written.
pub fn write(counts: &Counts, neurons: Option<usize>, work: &Work) -> anyhow::Result<Option<FirstView>> {
    let Some(first) = FirstView::of(counts) else { return Ok(None) };
    let root = work.bundle();
    let metadata: CellMetadata = read(&root, path::CELL_METADATA)?;
    if metadata.umap.is_some() {
        let map: CellMap = read(&root, path::UMAP)?;
        work.put(path::FIRST_CELLS, &FirstMap(first.at(&map.xy)).to_bytes()?)?;
    }
    let codes: CellCodes = read(&root, path::CELL_CODES)?;
    for (place, column) in metadata.columns.iter().enumerate() {
        let codes = codes.of(&column.name).unwrap_or_default();
        work.put(&path::first_codes(place), &FirstCodes(first.at(codes)).to_bytes()?)?;
    }
    for place in 0..metadata.numbers.len() {
        let FirstCodes(codes) = read(&root, &path::cell_numbers(place))?;
        work.put(&path::first_numbers(place), &FirstCodes(first.at(&codes)).to_bytes()?)?;
    }
    let index: ConceptIndex = read(&root, path::CONCEPT_INDEX)?;
    work.put(path::FIRST_INDEX, &FirstIndex::of(&index).to_bytes()?)?;
    if neurons.is_some() {
        let index: ConceptIndex = read(&root, path::NEURON_INDEX)?;
        work.put(path::FIRST_NEURONS, &FirstIndex::of(&index).to_bytes()?)?;
    }
    let genes: GeneIndex = read(&root, path::GENE_INDEX)?;
    work.put(path::FIRST_GENES, &FirstGenes(genes).to_bytes()?)?;
    let rows = first.rows(counts.cells);
    for (folder, n) in [(path::CONCEPTS, Some(counts.concepts as usize)), (path::NEURONS, neurons)] {
        let written = parallel::map(n.unwrap_or(0), |i| one(folder, ConceptId::from(i), &rows, work));
        written.into_iter().collect::<anyhow::Result<()>>()?;
    }
    Ok(Some(first))
}

/// The first view of a concept or a neuron; a dead one has none.
fn one(folder: &str, id: ConceptId, rows: &[u32], work: &Work) -> anyhow::Result<()> {
    let root = work.bundle();
    let whole = path::arrays(folder, id);
    if !root.join(&whole).exists() {
        return Ok(());
    }
    let arrays: ConceptArrays = read(&root, &whole)?;
    let detail = bytes(&root, &path::readings(folder, id))?;
    let activations = FirstActivations::of(&arrays, rows);
    work.put(&path::first_activations(folder, id), &activations.to_bytes()?)?;
    work.put(&path::first_concept(folder, id), &FirstConcept::of(&detail, Some(&arrays)).to_bytes()?)
}

fn read<T: File>(root: &Path, name: &str) -> anyhow::Result<T> {
    Ok(T::from_bytes(name, &bytes(root, name)?)?)
}

fn bytes(root: &Path, name: &str) -> anyhow::Result<Vec<u8>> {
    fs::read(root.join(name)).with_context(|| format!("cannot read {}", root.join(name).display()))
}
