//! Everything read and checked before any work, so that a wrong input costs seconds and leaves nothing.

use std::path::Path;

use anyhow::bail;
use cellprism_core::{
    bundle::{Input, InputRole, Parameters, SaeParameters, TrainingEngine},
    cells::{Aliases, Roster},
    gsea::GeneSets,
    sae::{SaeWeights, size::active_by_default, train::default_epochs},
};

use super::Job;
use crate::{
    files::{
        gene_sets,
        genes::{GeneTable, read_gene_table},
        sae,
    },
    jobs::{
        inputs::{by_cost, check_precision, check_screening, open_cells},
        read_sae,
    },
    models::{Model, Prepared, Request},
    work::{digest, key::Key, memory, stamps::Stamps},
};

/// Checked inputs.
pub struct Inputs {
    /// Names and metadata; the counts stay in their file.
    pub cells: Roster,
    /// The model, with its genes in the data.
    pub model: Box<dyn Prepared>,
    /// Libraries by name.
    pub libraries: Vec<(String, GeneSets)>,
    /// What is known of genes.
    pub table: Option<GeneTable>,
    /// Files with checksums.
    pub files: Vec<Input>,
    /// The same files as they were before they were read.
    pub stamps: Stamps,
    /// Everything that decides a number of the bundle, each thing by its name.
    pub key: Key,
    /// The dictionary, where it is given.
    pub given: Option<SaeWeights>,
    /// Parameters with nothing left open but `sae.concepts` and `sae.active`: 0 where the embeddings decide.
    pub parameters: Parameters,
    /// Columns of metadata, the primary one first.
    pub columns: Vec<String>,
    /// Columns that cannot be tested, with the reason.
    pub skipped_columns: Vec<(String, String)>,
}

impl Inputs {
    /// Reads and checks everything.
    ///
    /// # Errors
    /// Names the first input that is wrong, and what to do.
    pub fn read(job: &Job) -> anyhow::Result<Self> {
        job.check()?;
        let names = gene_sets::library_names(&job.gene_sets)?;
        let model = Model::open_or_import(&job.model)?;
        let stamps = stamps(job, &model)?;
        check_precision(&model.card, job.force_precision)?;
        let mut file = open_cells(&job.cells, job.allow_non_integer)?;
        let mut table: Option<GeneTable> = None;
        for path in &job.gene_info {
            let next = read_gene_table(path)?;
            table = Some(match table {
                Some(known) => known.merge(next),
                None => next,
            });
        }
        let aliases = table.as_ref().map_or_else(Aliases::none, |t| t.aliases().clone());
        let request = Request { path: &job.cells, aliases: &aliases, sequence: &job.sequence };
        let model = model.prepare(&mut file, &request)?;
        check_screening(&*model, &job.place, job.parameters.attribution.screening.as_ref())?;
        let libraries = names
            .into_iter()
            .zip(&job.gene_sets)
            .map(|(name, path)| Ok((name, gene_sets::read(path)?)))
            .collect::<anyhow::Result<Vec<_>>>()?;
        let mut skipped_columns = file.skipped_columns().to_vec();
        let cells = file.into_roster();
        let columns = choose_columns(&job.labels, &cells, &job.cells)?;
        for column in &cells.columns {
            if column.label_counts().iter().filter(|&&n| n > 0).count() < 2 {
                let only = column.labels.first().map_or("none", String::as_str);
                skipped_columns.push((column.name.clone(), format!("one label only ({only})")));
            }
        }
        let card = &model.model().card;
        let given = job.sae.as_ref().map(|folder| read_sae(folder, card)).transpose()?;
        let mut parameters = settle(&job.parameters, cells.len())?;
        settle_reading(&mut parameters, job, model.is_dear());
        if let Some(dictionary) = &given {
            parameters.sae = SaeParameters {
                concepts: dictionary.config.d_sae as u32,
                active: dictionary.config.k as u32,
                engine: TrainingEngine::Given,
                ..SaeParameters::default()
            };
        } else if parameters.sae.concepts > 0 {
            let options = parameters.sae.options();
            options.validate()?;
            let (n, d) = (cells.len() as u64, u64::from(card.latent));
            // Embeddings are mapped.
            memory::check(options.memory(n, d).saturating_sub(4 * n * d))?;
        }
        let mut files = vec![
            input(InputRole::Cells, &job.cells, Some(format!("counts from {}", cells.counts_source)))?,
            of_model(model.model())?,
        ];
        if let Some(folder) = &job.sae {
            for name in [sae::CONFIG, sae::WEIGHTS] {
                files.push(input(InputRole::Dictionary, &folder.join(name), None)?);
            }
        }
        for path in &job.gene_sets {
            files.push(input(InputRole::GeneSets, path, None)?);
        }
        for path in &job.gene_info {
            files.push(input(InputRole::Genes, path, None)?);
        }
        let key = Key::default();
        let mut inputs = Self {
            cells,
            model,
            libraries,
            table,
            files,
            stamps,
            key,
            given,
            parameters,
            columns,
            skipped_columns,
        };
        inputs.key = inputs.decided_by(job)?;
        // What was read is what the checksums are of.
        inputs.stamps.check()?;
        Ok(inputs)
    }

    fn decided_by(&self, job: &Job) -> anyhow::Result<Key> {
        let mut key = self.model.key(std::slice::from_ref(&job.place))?;
        for (place, file) in self.files.iter().enumerate() {
            let name = format!("input {place} ({}, {})", file.role.name(), file.file);
            key = key.with(&name, &file.sha256);
        }
        let parameters = serde_json::to_value(&self.parameters)?;
        for (part, value) in parameters.as_object().into_iter().flatten() {
            match value.as_object() {
                Some(fields) => {
                    for (name, value) in fields {
                        key = key.with(&format!("{part}.{name}"), value);
                    }
                }
                None => key = key.with(part, value),
            }
        }
        Ok(key
            .with("metadata columns", self.columns.join(", "))
            .with("allow-non-integer", job.allow_non_integer)
            .with("cellprism", env!("CARGO_PKG_VERSION")))
    }
}

/// All files that are read, as they are now.
fn stamps(job: &Job, model: &Model) -> anyhow::Result<Stamps> {
    let mut files = vec![job.cells.clone()];
    files.extend(model.files()?.into_iter().map(|name| model.folder.join(name)));
    files.extend(job.sae.iter().flat_map(|folder| [sae::CONFIG, sae::WEIGHTS].map(|name| folder.join(name))));
    files.extend(job.gene_sets.iter().chain(&job.gene_info).cloned());
    Stamps::of(files)
}

/// The model as an input: its checkpoint, and every file that computes.
fn of_model(model: &Model) -> anyhow::Result<Input> {
    let card = &model.card;
    let mut note = card.name.clone();
    for file in model.files()? {
        note += &format!("; {file} {}", digest::of_file(&model.folder.join(&file))?);
    }
    Ok(Input {
        role: InputRole::Model,
        file: card.source_file.clone(),
        bytes: std::fs::metadata(model.onnx())?.len(),
        sha256: card.source_sha256.clone(),
        note: Some(note),
    })
}

fn input(role: InputRole, path: &Path, note: Option<String>) -> anyhow::Result<Input> {
    Ok(Input {
        role,
        file: path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned()),
        bytes: std::fs::metadata(path)?.len(),
        sha256: digest::of_file(path)?,
        note,
    })
}

/// Columns that usually hold cell types, most telling first.
const CELL_TYPE_COLUMNS: [&str; 9] = [
    "cell_type",
    "celltype",
    "cell_types",
    "CellType",
    "cell_type_original",
    "bulk_labels",
    "annotation",
    "leiden",
    "louvain",
];
/// More labels than this are identifiers, not groups.
const MOST_LABELS: usize = 500;

fn choose_columns(asked: &[String], cells: &Roster, path: &Path) -> anyhow::Result<Vec<String>> {
    let several = |name: &str| {
        cells.column(name).is_some_and(|c| {
            c.labels.len() <= MOST_LABELS && c.label_counts().iter().filter(|&&n| n > 0).count() > 1
        })
    };
    if !asked.is_empty() {
        for name in asked {
            if cells.numbers.iter().any(|numbers| numbers.name == *name) {
                bail!("--labels: column {name:?} of {} holds numbers, not labels", path.display());
            }
            if cells.column(name).is_none() {
                bail!(
                    "--labels: {} has no metadata column {name:?}; it has {:?}",
                    path.display(),
                    cells.columns.iter().map(|c| &c.name).collect::<Vec<_>>()
                );
            }
        }
        return Ok(asked.to_vec());
    }
    let mut columns: Vec<String> = Vec::new();
    let usual = CELL_TYPE_COLUMNS.iter().map(|&name| name.to_owned());
    for name in usual.chain(cells.columns.iter().map(|c| c.name.clone())) {
        if several(&name) && !columns.contains(&name) {
            columns.push(name);
        }
    }
    Ok(columns)
}

/// Most prototypes, counterfactuals or typical cells: more say nothing that these do not.
const MOST_CELLS: u32 = 1000;

/// Contrasts that cost many passes of a large model are made only where they are asked for.
fn settle_reading(p: &mut Parameters, job: &Job, dear: bool) {
    if let Some(reading) = &mut p.reading {
        reading.typical = by_cost(job.typical, reading.typical, dear).min(MOST_CELLS);
        reading.calibration = by_cost(job.calibration, reading.calibration, dear);
    }
}

/// Fills in what is to be chosen by the data, but for the size that the embeddings decide.
fn settle(asked: &Parameters, cells: usize) -> anyhow::Result<Parameters> {
    let mut p = asked.clone();
    if p.sae.concepts > 0 {
        if p.sae.active == 0 {
            p.sae.active = active_by_default(p.sae.concepts as usize) as u32;
        }
        if p.sae.active > p.sae.concepts {
            bail!("--active {} is larger than --concepts {}", p.sae.active, p.sae.concepts);
        }
        p.sae.aux_k = p.sae.aux_k.min(p.sae.concepts / 2);
    }
    if p.sae.epochs == 0 {
        p.sae.epochs = default_epochs(cells, p.sae.batch as usize);
    }
    if p.specificity.min_cells == 0 {
        // 100 of 592,317 in the paper; small data sets have small groups.
        p.specificity.min_cells = if cells >= 10_000 { 100 } else { 20 };
    }
    Ok(p)
}
