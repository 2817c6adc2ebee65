//! What all concepts of a bundle share: cells, embeddings, genes.

use cellprism_core::{
    bundle::{
        CellCodes, CellMap, CellMetadata, Embeddings, File as _, FirstCodes, GeneDescriptions, GeneIndex,
        InputRole, MetadataColumn, NumberColumn, path,
    },
    cells::{is_ensembl, long_label, strip_version},
};

use super::{context::Context, inputs::Inputs, map::Placed, work::Work};

/// Genes in one file of descriptions.
const DESCRIPTIONS: usize = 200;
/// Largest embeddings that are published with the bundle, in bytes: 80,000 cells of size 50.
const MOST_EMBEDDINGS: usize = 16_000_000;

/// Names, metadata and map of the cells.
pub fn cells(inputs: &Inputs, context: &Context, placed: Placed, work: &Work) -> anyhow::Result<()> {
    let mut codes = CellCodes::default();
    let mut columns = Vec::new();
    let first =
        context.columns.iter().chain(inputs.cells.columns.iter().filter(|c| !context.columns.contains(c)));
    for column in first {
        codes.columns.push((column.name.clone(), column.codes.clone()));
        let long: Vec<String> = column.labels.iter().map(|l| long_label(l).unwrap_or(l).to_owned()).collect();
        columns.push(MetadataColumn {
            name: column.name.clone(),
            counts: column.label_counts(),
            long_labels: if long == column.labels { Vec::new() } else { long },
            labels: column.labels.clone(),
        });
    }
    let n = inputs.cells.len();
    let umap = (!placed.map.is_empty()).then(|| CellMap::quantise(&placed.map, placed.source));
    if let Some((_, map)) = &umap {
        work.put(path::UMAP, &map.to_bytes()?)?;
    }
    let numbers = &inputs.cells.numbers;
    for (place, column) in numbers.iter().enumerate() {
        work.put(&path::cell_numbers(place), &FirstCodes(column.codes.clone()).to_bytes()?)?;
    }
    let metadata = CellMetadata {
        cells: n as u32,
        numbers: numbers.iter().map(NumberColumn::of).collect(),
        primary: context.primary().map(|c| c.name.clone()),
        columns,
        umap: umap.map(|(scale, _)| scale),
    };
    work.put(path::CELL_CODES, &codes.to_bytes()?)?;
    work.put(path::CELL_METADATA, &metadata.to_bytes()?)?;
    work.put(path::CELL_NAMES, &inputs.cells.names.to_bytes()?)
}

/// What a dictionary can be trained on in the page; too large a file is left out, and the page says so.
pub fn embeddings(context: &Context, work: &Work) -> anyhow::Result<()> {
    let values = context.embeddings();
    if size_of::<f32>() * values.len() > MOST_EMBEDDINGS {
        return Ok(());
    }
    work.put(path::EMBEDDINGS, &Embeddings(values.to_owned()).to_bytes()?)
}

/// The index of genes; descriptions are written beside it.
pub fn genes(inputs: &Inputs, context: &Context, work: &Work) -> anyhow::Result<GeneIndex> {
    let names = inputs.model.genes();
    let in_data = |i: usize| inputs.model.map().column_of[i].map(|c| c as usize);
    let record = |i: usize| {
        let table = inputs.table.as_ref()?;
        let own = is_ensembl(&names[i]).then(|| table.find(&names[i])).flatten();
        own.or_else(|| table.find(&context.symbols[i])).or_else(|| table.find(&names[i]))
    };
    let ensembl = |i: usize| {
        if is_ensembl(&names[i]) {
            return strip_version(&names[i]).to_owned();
        }
        let own =
            in_data(i).and_then(|c| inputs.cells.genes.ensembl.get(c)).filter(|e| !e.is_empty()).cloned();
        own.or_else(|| record(i).and_then(|r| r.ensembl.first().cloned())).unwrap_or_default()
    };
    let mut chunks = 0;
    if inputs.table.is_some() {
        for start in (0..names.len()).step_by(DESCRIPTIONS) {
            let end = (start + DESCRIPTIONS).min(names.len());
            let known: GeneDescriptions = (start..end)
                .filter_map(|i| record(i).map(|r| (context.symbols[i].clone(), r.description.clone())))
                .collect();
            work.put(&path::descriptions(chunks), &known.to_bytes()?)?;
            chunks += 1;
        }
    }
    Ok(GeneIndex {
        symbols: context.symbols.clone(),
        ensembl: (0..names.len()).map(ensembl).collect(),
        detection: context.detection.clone(),
        measured: inputs.model.map().column_of.iter().map(Option::is_some).collect(),
        descriptions_files: chunks,
        descriptions_chunk: DESCRIPTIONS as u32,
        descriptions_source: inputs
            .files
            .iter()
            .find(|f| f.role == InputRole::Genes)
            .map(|f| format!("NCBI Gene, from {}", f.file)),
    })
}
