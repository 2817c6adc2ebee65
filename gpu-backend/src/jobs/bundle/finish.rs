//! The rest of the bundle: cells, genes, sets, the model, metrics, and the manifest that lists it all.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::Context as _;
use cellprism_core::{
    bundle::{
        ConceptIndex, Counts, File as _, FileEntry, Files, Manifest, SaeMetricsRow, Stage, StageName, path,
    },
    sae::metrics::evaluate,
};
use walkdir::WalkDir;

use super::{
    Described, Job, Report,
    context::Context,
    expression, first,
    index::{index, place_concepts, screened, verdict},
    inputs::Inputs,
    manifest::manifest,
    shared,
    work::Work,
};
use crate::work::digest;

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
    let Described { map, concepts: (mut rows, settled), neurons, calibration } = described;
    let method = place_concepts(context, &mut rows);
    let said = verdict(context, settled, neurons.as_ref().map(|neurons| neurons.1), &calibration);
    let described = Stage {
        name: StageName::Describe,
        seconds: context.spent + context.started.elapsed().as_secs_f64(),
        provider: None,
        precision: None,
    };
    let concepts =
        ConceptIndex { verdict: said, calibration, layout: method, ..index(inputs, context, rows, settled) };
    work.put(path::CONCEPT_INDEX, &concepts.to_bytes()?)?;
    if let Some((rows, settled)) = neurons {
        let verdict = verdict(context, settled, None, &[]);
        let neurons = ConceptIndex { verdict, ..index(inputs, context, rows, settled) };
        work.put(path::NEURON_INDEX, &neurons.to_bytes()?)?;
    }
    shared::cells(inputs, context, map, &work)?;
    shared::embeddings(context, &work)?;
    let genes = shared::genes(inputs, context, &work)?;
    work.put(path::GENE_INDEX, &genes.to_bytes()?)?;
    let expression = Some(expression::write(context, &work)?);
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
    let sizes = Counts {
        cells: inputs.cells.len() as u32,
        genes_model: inputs.model.genes().len() as u32,
        concepts: context.parameters.sae.concepts,
        ..Counts::default()
    };
    let sides = context.neurons.as_ref().map(|_| 2 * context.embeddings().ncols());
    let first = first::write(&sizes, sides, &work)?;
    let mut files = list(&work.bundle())?;
    // Of a run that was killed before it was published.
    files.remove(path::MANIFEST);
    let per_concept: Files = files
        .iter()
        .filter(|(name, _)| path::is_per_concept(name))
        .map(|(path, entry)| (path.clone(), entry.clone()))
        .collect();
    work.put(path::FILES, &per_concept.to_bytes()?)?;
    files.retain(|path, _| !per_concept.contains_key(path));
    files.insert(path::FILES.into(), entry(&work.bundle().join(path::FILES))?);
    let manifest =
        Manifest { first, expression, ..manifest(job, inputs, context, &concepts, described, files)? };
    work.put(path::MANIFEST, &manifest.to_bytes()?)?;
    let screened = screened(&concepts.rows);
    let report = Report {
        active_concepts: manifest.counts.active_concepts as usize,
        concepts: manifest.counts.concepts as usize,
        r2: metrics.r2,
        labelled: concepts.labelled,
        labelled_by_chance: concepts.labelled_by_chance,
        verdict: concepts.verdict,
        surviving: concepts.surviving,
        screened,
        tag: manifest.tag,
        unchanged: false,
    };
    if let Err(error) = inputs.stamps.check() {
        // Nobody knows which part was made of what.
        work.discard()?;
        return Err(error);
    }
    work.publish()?;
    Ok(report)
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
    let found = evaluate(&context.concepts.weights, context.embeddings());
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
fn list(root: &Path) -> anyhow::Result<BTreeMap<String, FileEntry>> {
    let mut found = BTreeMap::new();
    for item in WalkDir::new(root) {
        let item = item.with_context(|| format!("cannot read {}", root.display()))?;
        if item.file_type().is_file() {
            let names = item.path().strip_prefix(root)?.components();
            let names: Vec<_> = names.map(|part| part.as_os_str().to_string_lossy()).collect();
            found.insert(names.join("/"), entry(item.path())?);
        }
    }
    Ok(found)
}

fn entry(path: &Path) -> anyhow::Result<FileEntry> {
    Ok(FileEntry { bytes: fs::metadata(path)?.len(), sha256: digest::of_file(path)? })
}
