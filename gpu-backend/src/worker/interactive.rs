//! Small questions about a bundle that is there: cells encoded, one cell explained, a concept set to another value, a ranking
//! tested. The same functions as in a job.

use std::{fs, path::Path};

use anyhow::{Context as _, bail, ensure};
use cellprism_core::{
    attribution::{ConceptReader, attribute, cells_near},
    bundle::{File as _, GeneIndex, path},
    cells::{Cells, Column, CountMatrix, GeneNames, repeated},
    ids::{CellId, ConceptId},
};
use serde_json::{Value, json};

use super::{RankingAsked, SentCounts, Subject, lines::Lines};
use crate::{
    files::{
        embeddings,
        h5ad::{self, Extras, H5ad, Options},
    },
    jobs::{activations, enrich, read_sae, steer},
    models::{Counted, Model, Prepared, Request, SequenceOptions, embeddings as embedded},
    work::{progress::Silent, regular},
};

/// Most cells that are embedded for an explanation, where the bundle does not hold their embeddings.
const MOST_EMBEDDED: usize = 50_000;
/// Genes of an explanation.
const MOST_GENES: usize = 100;

fn model(subject: &Subject) -> anyhow::Result<Model> {
    match &subject.model {
        Some(folder) => Model::open(folder),
        None => Model::open_published(&subject.bundle.join("model")),
    }
}

/// Genes of the sequence that the bundle's cells were read by, written where an option can name them.
fn as_in_bundle(subject: &Subject, model: &Model, folder: &Path) -> anyhow::Result<SequenceOptions> {
    let mut options = subject.sequence.clone();
    let fixed =
        options.sequence.unwrap_or_default() == cellprism_core::embedding::scgpt::SequenceRule::FixedHvg;
    if model.card.scgpt.is_some() && fixed {
        let file = subject.bundle.join(path::GENE_INDEX);
        let genes = GeneIndex::from_bytes(path::GENE_INDEX, &regular::read(&file, regular::LIST)?)?;
        let list = folder.join("genes.txt");
        fs::write(&list, genes.symbols.join("\n"))?;
        options = SequenceOptions { sequence: options.sequence, genes: Some(list), variable_genes: None };
    }
    Ok(options)
}

/// Activations of cells that were sent: `indices` and `values`, the candidates of each cell.
///
/// # Errors
/// If the counts are none, or no gene is the model's.
pub fn encode(subject: &Subject, sent: SentCounts) -> anyhow::Result<Value> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("cells.h5ad");
    fs::write(&file, h5ad::to_bytes(&cells(sent)?, &Extras::default())?)?;
    let model = model(subject)?;
    let sae = read_sae(&subject.bundle.join(path::SAE), &model.card)?;
    let sequence = as_in_bundle(subject, &model, folder.path())?;
    let mut cells =
        h5ad::open(&file, &Options { allow_non_integer: subject.allow_non_integer, ..Options::default() })?;
    let none = cellprism_core::cells::Aliases::none();
    let request = Request { path: Path::new("cells"), aliases: &none, sequence: &sequence };
    let model = model.prepare(&mut cells, &request)?;
    let steps = crate::work::progress::Progress::begin(&Silent, "embed", 0, "");
    let values = embedded(&*model, &subject.place, &mut cells, &*steps)?;
    let codes = sae.encoder().encode(values.view());
    let rows = |all: Vec<Value>| all.chunks(codes.k.max(1)).map(<[Value]>::to_vec).collect::<Vec<_>>();
    Ok(json!({
        "concepts": sae.config.d_sae,
        "active": codes.k,
        "indices": rows(codes.indices.iter().map(|&index| json!(index)).collect()),
        "values": rows(codes.values.iter().map(|&value| json!(value)).collect()),
        "embeddings": values.outer_iter().map(|row| row.to_vec()).collect::<Vec<_>>(),
        "gene_audit": model.audit(),
    }))
}

/// Cells of counts that were sent.
fn cells(sent: SentCounts) -> anyhow::Result<Cells> {
    let SentCounts { genes, counts, columns } = sent;
    ensure!(!counts.is_empty() && !genes.is_empty(), "cells: at least one cell and one gene are needed");
    if let Some((_, gene)) = repeated(&genes) {
        bail!("cells.genes: {gene:?} is there more than once");
    }
    let rows = counts.len();
    for (row, cell) in counts.iter().enumerate() {
        let (given, wanted) = (cell.len(), genes.len());
        ensure!(given == wanted, "cells.counts: row {row} has {given} counts, there are {wanted} genes");
        if let Some(column) = cell.iter().position(|count| !(count.is_finite() && *count >= 0.0)) {
            bail!("cells.counts: row {row}, gene {:?}: {} is no count", genes[column], cell[column]);
        }
    }
    let dense: Vec<f32> = counts.into_iter().flatten().collect();
    let counts = CountMatrix::from_dense(rows, genes.len(), &dense)?;
    let columns = columns
        .into_iter()
        .map(|(name, labels)| {
            ensure!(
                labels.len() == rows,
                "cells.columns: {name:?} has {} labels for {rows} cells",
                labels.len()
            );
            Column::from_texts(&name, &labels)
                .with_context(|| format!("cells.columns: {name:?} has too many labels"))
        })
        .collect::<anyhow::Result<_>>()?;
    Ok(Cells {
        counts,
        genes: GeneNames::from_index(genes),
        names: (0..rows).map(|row| format!("cell {row}")).collect(),
        columns,
        umap: None,
        counts_source: "cells.counts".into(),
    })
}

/// Why one cell activates a concept: genes swapped with those of the nearest cells that do not.
///
/// # Errors
/// If the cells of the bundle are not here, there is no such concept or cell, or the cell does not activate it.
pub fn explain(subject: &Subject, concept: u32, cell: u32, counterfactuals: u32) -> anyhow::Result<Value> {
    let file = of_bundle(subject)?;
    let model = model(subject)?;
    let sae = read_sae(&subject.bundle.join(path::SAE), &model.card)?;
    let id = ConceptId(concept);
    ensure!(id.index() < sae.config.d_sae, "concept: {concept} is not within 0-{}", sae.config.d_sae - 1);
    let mut cells =
        h5ad::open(file, &Options { allow_non_integer: subject.allow_non_integer, ..Options::default() })?;
    ensure!((cell as usize) < cells.len(), "cell: {cell} is not within 0-{}", cells.len().saturating_sub(1));
    let none = cellprism_core::cells::Aliases::none();
    let request = Request { path: file, aliases: &none, sequence: &subject.sequence };
    let model = model.prepare(&mut cells, &request)?;
    let held = subject.bundle.join(path::EMBEDDINGS);
    let values = if held.exists() {
        embeddings::read(&held)?.values.view().to_owned()
    } else {
        ensure!(
            cells.len() <= MOST_EMBEDDED,
            "the bundle does not hold the embeddings of its {} cells; at most {MOST_EMBEDDED} are embedded anew for a question",
            cells.len()
        );
        let steps = crate::work::progress::Progress::begin(&Silent, "embed", 0, "");
        embedded(&*model, &subject.place, &mut cells, &*steps)?
    };
    ensure!(values.nrows() == cells.len(), "the embeddings of the bundle are of other cells");
    let all = activations(&sae, values.view());
    let cell = CellId(cell);
    let active = all.of(id);
    let Ok(place) = active.cells.binary_search(&cell) else {
        bail!("cell: {} does not activate concept {concept}; {} cells do", cell.0, active.cells.len());
    };
    let activation = active.values[place];
    let wanted = vec![vec![((cell, activation), counterfactuals as usize)]];
    let chosen =
        cells_near(&all, &[id], values.view(), wanted, |_| {}).pop().context("no cells were chosen")?;
    let mut ids: Vec<CellId> = chosen.counterfactuals.iter().flatten().map(|near| near.cell).collect();
    ensure!(!ids.is_empty(), "every cell activates concept {concept}: there is nothing to compare with");
    ids.push(cell);
    ids.sort_unstable();
    let (counts, totals) = fetched(&mut cells, &ids, &*model)?;
    let some = cellprism_core::cells::SomeCells::of(&ids, &counts);
    let swapper = model.swapper(&subject.place)?;
    let swaps = swapper.among(Counted { model: some, totals: &totals })?;
    let reader = ConceptReader::of(&sae);
    let found = attribute(&*swaps, &reader, id, &chosen, counterfactuals as usize)?;
    let mut order: Vec<usize> = (0..found.scores.len()).filter(|&gene| found.scores[gene] != 0.0).collect();
    order.sort_by(|&a, &b| found.scores[b].abs().total_cmp(&found.scores[a].abs()).then(a.cmp(&b)));
    let named = |&gene: &usize| json!({"gene": model.genes()[gene], "score": found.scores[gene]});
    let near = |near: &cellprism_core::embedding::nearest::Neighbour| json!({"cell": near.cell.0, "distance": near.distance});
    Ok(json!({
        "concept": concept,
        "cell": cell.0,
        "name": cells.names()[cell.index()],
        "activation": activation,
        "counterfactuals": chosen.counterfactuals.iter().flatten().map(near).collect::<Vec<_>>(),
        "genes_that_matter": order.len(),
        "genes": order.iter().take(MOST_GENES).map(named).collect::<Vec<_>>(),
    }))
}

fn of_bundle(subject: &Subject) -> anyhow::Result<&Path> {
    subject
        .cells
        .as_deref()
        .context("bundle: the cells of this bundle are not on this server: make it by a job here")
}

/// Counts of some cells, over the model's genes, and their totals over all.
fn fetched(
    cells: &mut H5ad,
    ids: &[CellId],
    model: &dyn Prepared,
) -> anyhow::Result<(CountMatrix, Vec<f64>)> {
    let mut all = CountMatrix::empty(cells.genes().len());
    for id in ids {
        all.append(&cells.rows(id.index(), 1)?)?;
    }
    let totals = all.row_sums();
    Ok((model.map().apply(&all).into_owned(), totals))
}

/// A concept set to another value in its prototypes, or in all cells of the bundle.
///
/// # Errors
/// As `cellprism steer`.
pub fn steered(subject: &Subject, mut options: steer::Options, lines: &Lines) -> anyhow::Result<Value> {
    let folder = tempfile::tempdir()?;
    options.cells = of_bundle(subject)?.to_owned();
    options.model = subject.model.clone().context("bundle: its model is not on this server any more")?;
    options.sae = subject.bundle.join(path::SAE);
    options.out = folder.path().join("steered.csv");
    options.place = subject.place.clone();
    options.allow_non_integer = subject.allow_non_integer;
    Ok(steer::run(&options, lines)?.json())
}

/// A ranking tested against libraries, as `cellprism enrich --out NAME.json` has it.
///
/// # Errors
/// As `cellprism enrich`.
pub fn enriched(asked: RankingAsked, lines: &Lines) -> anyhow::Result<Value> {
    let folder = tempfile::tempdir()?;
    let RankingAsked { ranking, mut options, libraries } = asked;
    let mut text = String::new();
    for (gene, score) in ranking {
        ensure!(
            !gene.is_empty() && !gene.contains(['\t', '\n', '\r']),
            "ranking: {gene:?} is no name of a gene"
        );
        ensure!(score.is_finite(), "ranking: the score of {gene:?} is no number");
        text += &format!("{gene}\t{score:?}\n");
    }
    let file = folder.path().join("ranking.rnk");
    fs::write(&file, text)?;
    for (number, (name, really)) in libraries.into_iter().enumerate() {
        let place = folder.path().join(number.to_string());
        fs::create_dir(&place)?;
        fs::copy(&really, place.join(&name)).with_context(|| format!("cannot read {name}"))?;
        options.gene_sets.push(place.join(name));
    }
    options.ranking = Some(file);
    options.out = folder.path().join("enriched.json");
    enrich::run(&options, lines).map_err(|error| {
        anyhow::anyhow!(format!("{error:#}").replace(&format!("{}/", folder.path().display()), ""))
    })?;
    let read = regular::read(&options.out, regular::LIST)?;
    Ok(serde_json::from_slice(&read)?)
}
