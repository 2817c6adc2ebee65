//! The rest of the bundle: cells, genes, sets, the model, metrics, and the manifest that lists it all.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::Context as _;
use cellprism_core::{
    bundle::{
        Calibration, CalibrationSubject, CellCodes, CellMap, CellMetadata, ConceptClass, ConceptIndex,
        ConceptRow, Counts, Embeddings, File as _, FileEntry, Files, GeneDescriptions, GeneIndex, InputRole,
        Manifest, MetadataColumn, ModelSummary, SCHEMA_NAME, SCHEMA_VERSION, SaeMetricsRow, Software, Source,
        Stage, StageName, path,
    },
    cells::long_label,
    readings::verdict::{DictionaryFacts, of_dictionary, thousands},
    sae::metrics::evaluate,
    stats::layout::{LayoutOptions, layout},
};
use ndarray::Array2;

use super::{Described, Job, Report, context::Context, inputs::Inputs, settle::Settled, work::Work};
use crate::work::digest;

/// Genes in one file of descriptions.
const DESCRIPTIONS: usize = 200;
/// Most cells for which a map is computed here.
const MOST_MAPPED: usize = 30_000;

/// Largest embeddings that are published with the bundle, in bytes: 80,000 cells of size 50.
const MOST_EMBEDDINGS: usize = 16_000_000;

/// Writes what concepts share, the index and the manifest, and publishes the bundle.
///
/// # Errors
/// If a file cannot be written.
pub fn write(
    job: &Job,
    inputs: &Inputs,
    context: &Context,
    described: Described,
    work: Work,
) -> anyhow::Result<Report> {
    let Described { concepts: (mut rows, settled), neurons, calibration } = described;
    let method = place_concepts(context, &mut rows);
    let verdict = verdict(context, settled, neurons.as_ref().map(|neurons| neurons.1), &calibration);
    let described = Stage {
        name: StageName::Describe,
        seconds: context.started.elapsed().as_secs_f64(),
        provider: None,
        precision: None,
    };
    let index =
        ConceptIndex { verdict, calibration, layout: method, ..index(inputs, context, rows, settled) };
    work.put(path::CONCEPT_INDEX, &index.to_bytes()?)?;
    if let Some((rows, settled)) = neurons {
        let verdict = self::verdict(context, settled, None, &[]);
        let neurons = ConceptIndex { verdict, ..self::index(inputs, context, rows, settled) };
        work.put(path::NEURON_INDEX, &neurons.to_bytes()?)?;
    }
    cells(inputs, context, &work)?;
    embeddings(context, &work)?;
    let genes = genes(inputs, context, &work)?;
    work.put(path::GENE_INDEX, &genes.to_bytes()?)?;
    for sets in &context.sets {
        work.put(&path::gene_sets(&sets.library), &sets.to_bytes()?)?;
    }
    copy_folder(&work.folder("sae"), &work, path::SAE)?;
    for name in inputs.model.published() {
        let path = inputs.model.model().folder.join(name);
        if path.exists() {
            work.put(&format!("{}/{name}", path::MODEL), &fs::read(&path)?)?;
        }
    }
    let metrics = metrics(context);
    work.put(path::METRICS, &vec![metrics.clone()].to_bytes()?)?;
    let mut files = list(&work.bundle())?;
    let per_concept: Files = files
        .iter()
        .filter(|(name, _)| path::is_per_concept(name))
        .map(|(path, entry)| (path.clone(), entry.clone()))
        .collect();
    work.put(path::FILES, &per_concept.to_bytes()?)?;
    files.retain(|path, _| !per_concept.contains_key(path));
    files.insert(path::FILES.into(), entry(&work.bundle().join(path::FILES))?);
    let manifest = manifest(job, inputs, context, &index, described, files)?;
    work.put(path::MANIFEST, &manifest.to_bytes()?)?;
    let report = Report {
        active_concepts: manifest.counts.active_concepts as usize,
        concepts: manifest.counts.concepts as usize,
        r2: metrics.r2,
        labelled: index.labelled,
        labelled_by_chance: index.labelled_by_chance,
        verdict: index.verdict,
        surviving: index.surviving,
        tag: manifest.tag,
        unchanged: false,
    };
    work.publish(&job.out)?;
    Ok(report)
}

/// Puts active concepts on a map by the directions of their dictionary rows; says how.
fn place_concepts(context: &Context, rows: &mut [ConceptRow]) -> Option<String> {
    let active: Vec<usize> =
        rows.iter().filter(|r| r.class != ConceptClass::Dead).map(|r| r.id.index()).collect();
    if active.len() < 3 {
        return None;
    }
    let dictionary = &context.concepts.weights.w_dec;
    let mut directions = Array2::zeros((active.len(), dictionary.ncols()));
    for (to, &concept) in active.iter().enumerate() {
        let row = dictionary.row(concept);
        let norm = row.iter().map(|v| v * v).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
        directions.row_mut(to).assign(&row.mapv(|v| v / norm));
    }
    for (&concept, xy) in active.iter().zip(layout(directions.view(), LayoutOptions::default())) {
        rows[concept].xy = Some(xy);
    }
    Some("UMAP of the directions of dictionary rows (15 neighbours, cosine)".into())
}

/// What all readings together say.
fn verdict(
    context: &Context,
    settled: Settled,
    neurons: Option<Settled>,
    calibration: &[Calibration],
) -> String {
    let untrained = calibration.iter().find(|read| read.subject == CalibrationSubject::Random);
    let Some(parameters) = &context.parameters.reading else { return String::new() };
    let facts = DictionaryFacts {
        concepts: settled.concepts,
        surviving: settled.surviving_concepts,
        neurons: neurons.map(|neurons| (neurons.concepts, neurons.surviving_concepts)),
        untrained: untrained.map(|read| (read.tested, read.survive)),
        has_sets: !context.sets.is_empty(),
    };
    of_dictionary(facts, parameters.survives)
}

fn index(inputs: &Inputs, context: &Context, rows: Vec<ConceptRow>, settled: Settled) -> ConceptIndex {
    let min_cells = context.parameters.specificity.min_cells;
    let tested: Vec<&ConceptRow> = rows.iter().filter(|r| r.cells >= min_cells).collect();
    let any = |row: &ConceptRow| row.chance.is_some();
    ConceptIndex {
        columns: context.columns.iter().map(|c| c.name.clone()).collect(),
        skipped_columns: inputs.skipped_columns.clone(),
        labelled: tested.iter().filter(|r| r.pathway.is_some()).count() as u32,
        labelled_by_chance: (!context.sets.is_empty() && tested.iter().any(|r| any(r)))
            .then(|| by_chance(&tested)),
        tested: tested.len() as u32,
        side_tests: settled.tests,
        surviving: settled.surviving,
        rows,
        ..ConceptIndex::default()
    }
}

/// Labels that random rankings would earn among the tested concepts: the sum of each concept's rate of any label.
fn by_chance(tested: &[&ConceptRow]) -> f64 {
    tested
        .iter()
        .filter_map(|row| row.any_label_by_chance.or(row.chance))
        .sum::<f64>()
        .min(tested.len() as f64)
}

fn cells(inputs: &Inputs, context: &Context, work: &Work) -> anyhow::Result<()> {
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
    let n = inputs.cells.counts.rows;
    let (map, source) = match &inputs.cells.umap {
        Some(map) => (Some(map.clone()), "as supplied with the cells".to_owned()),
        None if n <= MOST_MAPPED => {
            let map = layout(
                context.embeddings().view(),
                LayoutOptions { epochs: 200, ..LayoutOptions::default() },
            );
            (Some(map), "UMAP of the model's embeddings (15 neighbours, seed 1)".to_owned())
        }
        None => (None, String::new()),
    };
    let umap = map.filter(|map| !map.is_empty()).map(|map| CellMap::quantise(&map, source));
    if let Some((_, map)) = &umap {
        work.put(path::UMAP, &map.to_bytes()?)?;
    }
    let metadata = CellMetadata {
        cells: n as u32,
        primary: context.primary().map(|c| c.name.clone()),
        columns,
        umap: umap.map(|(scale, _)| scale),
    };
    work.put(path::CELL_CODES, &codes.to_bytes()?)?;
    work.put(path::CELL_METADATA, &metadata.to_bytes()?)?;
    work.put(path::CELL_NAMES, &inputs.cells.names.to_bytes()?)
}

/// What a dictionary can be trained on in the page; too large a file is left out, and the page says so.
fn embeddings(context: &Context, work: &Work) -> anyhow::Result<()> {
    let values = context.embeddings();
    if size_of_val(values.as_slice().unwrap_or_default()) > MOST_EMBEDDINGS {
        return Ok(());
    }
    work.put(path::EMBEDDINGS, &Embeddings(values.clone()).to_bytes()?)
}

fn genes(inputs: &Inputs, context: &Context, work: &Work) -> anyhow::Result<GeneIndex> {
    let names = inputs.model.genes();
    let in_data = |i: usize| inputs.model.map().column_of[i].map(|c| c as usize);
    let record = |i: usize| {
        let table = inputs.table.as_ref()?;
        table.find(&context.symbols[i]).or_else(|| table.find(&names[i]))
    };
    let ensembl = |i: usize| {
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

fn copy_folder(from: &Path, work: &Work, to: &str) -> anyhow::Result<()> {
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let path = entry?.path();
        if let Some(name) = path.file_name().filter(|_| path.is_file()) {
            work.put(&format!("{to}/{}", name.to_string_lossy()), &fs::read(&path)?)?;
        }
    }
    Ok(())
}

fn metrics(context: &Context) -> SaeMetricsRow {
    let found = evaluate(&context.concepts.weights, context.embeddings().view());
    let p = &context.parameters.sae;
    SaeMetricsRow {
        name: format!("This bundle, seed {}", p.seed),
        concepts: p.concepts,
        active_per_cell: p.active,
        learning_rate: p.learning_rate,
        epochs: p.epochs,
        r2: found.r2,
        r2_per_dimension: found.r2_per_dimension,
        r2_scalar_mean: found.r2_scalar_mean,
        active: found.active as u32,
        dead: found.dead as u32,
        l0: found.l0,
        sparsity: found.sparsity,
    }
}

/// Size and checksum of every file in a folder, by path with forward slashes.
pub fn list(root: &Path) -> anyhow::Result<BTreeMap<String, FileEntry>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for item in fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
            let path = item?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path
                    .strip_prefix(root)?
                    .components()
                    .map(|c| c.as_os_str().to_string_lossy())
                    .collect::<Vec<_>>();
                found.insert(name.join("/"), entry(&path)?);
            }
        }
    }
    Ok(found)
}

fn entry(path: &Path) -> anyhow::Result<FileEntry> {
    Ok(FileEntry { bytes: fs::metadata(path)?.len(), sha256: digest::of_file(path)? })
}

fn manifest(
    job: &Job,
    inputs: &Inputs,
    context: &Context,
    index: &ConceptIndex,
    described: Stage,
    files: BTreeMap<String, FileEntry>,
) -> anyhow::Result<Manifest> {
    let key = inputs.key(job)?;
    let (card, provenance) = (&inputs.model.model().card, inputs.model.provenance());
    let p = &context.parameters;
    let stem = job.cells.file_stem().map_or_else(|| "cells".into(), |s| s.to_string_lossy().into_owned());
    let active = index.rows.iter().filter(|r| r.class != ConceptClass::Dead).count() as u32;
    let unknown =
        |part: &str, source: String| Source { part: part.into(), source, licence: "not stated".into() };
    let mut sources = vec![unknown("cells", stem.clone()), unknown("model", card.source_file.clone())];
    sources.extend(context.sets.iter().map(|s| unknown("gene sets", s.source.clone())));
    Ok(Manifest {
        schema: SCHEMA_NAME.into(),
        version: SCHEMA_VERSION,
        name: job
            .name
            .clone()
            .unwrap_or_else(|| format!("{stem}-{}-{}-{}", card.kind.name(), p.sae.concepts, p.sae.active)),
        tag: key.tag(),
        key: key.into(),
        title: job.title.clone().unwrap_or_else(|| title(inputs)),
        created: now(),
        software: Software {
            name: "cellprism".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            onnxruntime: context.embedding.runtime.clone(),
        },
        counts: Counts {
            cells: inputs.cells.counts.rows as u32,
            genes_measured: inputs.cells.counts.cols as u32,
            genes_model: inputs.model.genes().len() as u32,
            embedding: card.latent,
            concepts: p.sae.concepts,
            active_per_cell: p.sae.active,
            active_concepts: active,
        },
        model: ModelSummary {
            kind: provenance.kind,
            name: card.name.clone(),
            preprocessing: provenance.preprocessing,
            in_browser: !inputs.model.in_browser().is_empty(),
        },
        parameters: p.clone(),
        ladder: context.ladder.clone(),
        inputs: inputs.files.clone(),
        gene_audit: context.embedding.audit.clone(),
        stages: vec![context.embedding.stage.clone(), context.training.clone(), described],
        sources,
        files,
    })
}

fn title(inputs: &Inputs) -> String {
    let only = |name: &str| {
        let column = inputs.cells.column(name)?;
        (column.labels.len() == 1).then(|| column.labels[0].clone())
    };
    let tissue = only("tissue").filter(|t| t != "unknown").map_or_else(String::new, |t| format!("{t} "));
    let kind = inputs.model.provenance().title;
    format!("What {kind} has learned about {} {tissue}cells", thousands(inputs.cells.counts.rows as u64))
}

/// The time in RFC 3339, UTC.
fn now() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Days since 1970-01-01 to a date (Howard Hinnant's civil_from_days).
    let z = days as i64 + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let (day, month) =
        (day_of_year - (153 * shifted + 2) / 5 + 1, if shifted < 10 { shifted + 3 } else { shifted - 9 });
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60)
}
