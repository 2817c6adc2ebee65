//! Everything read and checked before any work, so that a wrong input costs seconds and leaves nothing.

use std::{fs::File, io::Read, path::Path};

use anyhow::{Context, bail};
use cellprism_core::{
    bundle::{Input, InputRole, Parameters, SaeParameters, TrainingEngine},
    cells::{Aliases, Cells, GeneMap},
    gsea::GeneSets,
    sae::{SaeWeights, size::active_by_default, train::default_epochs},
};
use sha2::{Digest, Sha256};

use super::Job;
use crate::{
    cli::embed::shared_genes,
    files::{
        gene_sets,
        genes::{GeneTable, read_gene_table},
        h5ad::{self, Options},
        sae,
    },
    models::{
        counts::encoder_covariates,
        dictionary::read_dictionary,
        folder::{self, Model},
        scgpt::Sequences,
    },
};

/// Checked inputs.
pub struct Inputs {
    /// Names and metadata in memory; counts too.
    pub cells: Cells,
    /// The model. The folder is a temporary one where a checkpoint was imported on the way.
    pub model: Model,
    _imported: Option<tempfile::TempDir>,
    /// Names of the genes that the model reads here, in its order.
    pub genes: Vec<String>,
    /// For scGPT, how they become sequences.
    pub sequences: Option<Sequences>,
    /// Those genes in the data.
    pub map: GeneMap,
    /// Active covariate columns of each cell.
    pub one_hot: Vec<Vec<u32>>,
    /// Libraries by name.
    pub libraries: Vec<(String, GeneSets)>,
    /// What is known of genes.
    pub table: Option<GeneTable>,
    /// Files with checksums.
    pub files: Vec<Input>,
    /// Parameters with nothing left open but `sae.concepts` and `sae.active`, 0 where the embeddings decide.
    pub parameters: Parameters,
    /// The dictionary, where it is given.
    pub given: Option<SaeWeights>,
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
        let (model, imported) = open_model(&job.model)?;
        job.precision.check(&model.card)?;
        let options = Options { allow_non_integer: job.allow_non_integer };
        let mut file = h5ad::open(&job.cells, &options)?;
        let mut table: Option<GeneTable> = None;
        for path in &job.gene_info {
            let next = read_gene_table(path)?;
            table = Some(match table {
                Some(known) => known.merge(next),
                None => next,
            });
        }
        let aliases = table.as_ref().map_or_else(Aliases::none, |t| t.aliases().clone());
        let sequences = match job.sequence.options(&model)? {
            Some(options) => Some(Sequences::choose(&model, &mut file, &aliases, &options, &job.cells)?),
            None => None,
        };
        let (map, genes) = match &sequences {
            Some(sequences) => (sequences.genes.map.clone(), sequences.genes.names.clone()),
            None => (shared_genes(&model, &file, &aliases, &job.cells)?, model.card.genes.clone()),
        };
        let one_hot = encoder_covariates(&model.card, &file)?;
        let libraries = job
            .gene_sets
            .iter()
            .map(|path| Ok((gene_sets::library_name(path), gene_sets::read(path)?)))
            .collect::<anyhow::Result<Vec<_>>>()?;
        let mut skipped_columns = file.skipped_columns().to_vec();
        let cells = file.into_cells()?;
        let columns = choose_columns(&job.labels, &cells, &job.cells)?;
        for column in &cells.columns {
            if column.label_counts().iter().filter(|&&n| n > 0).count() < 2 {
                let only = column.labels.first().map_or("none", String::as_str);
                skipped_columns.push((column.name.clone(), format!("one label only ({only})")));
            }
        }
        let given = job.sae.as_ref().map(|path| read_dictionary(path, &model.card)).transpose()?;
        let mut parameters = settle(&job.parameters, cells.counts.rows)?;
        settle_reading(&mut parameters, job, sequences.is_some());
        if let Some(dictionary) = &given {
            parameters.sae = SaeParameters {
                concepts: dictionary.config.d_sae as u32,
                active: dictionary.config.k as u32,
                engine: TrainingEngine::Given,
                ..SaeParameters::default()
            };
        }
        let mut files = vec![
            input(InputRole::Cells, &job.cells, Some(format!("counts from {}", cells.counts_source)))?,
            Input {
                role: InputRole::Model,
                file: model.card.source_file.clone(),
                bytes: std::fs::metadata(model.onnx())?.len(),
                sha256: model.card.source_sha256.clone(),
                note: Some(format!("{}; model.onnx {}", model.card.name, sha256_of(&model.onnx())?)),
            },
        ];
        if let Some(folder) = &job.sae {
            let name = folder.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
            let weights = input(InputRole::Dictionary, &folder.join(sae::WEIGHTS), None)?;
            let note = Some(format!("cfg.json {}", sha256_of(&folder.join(sae::CONFIG))?));
            files.push(Input { file: format!("{name}/{}", weights.file), note, ..weights });
        }
        for path in &job.gene_sets {
            files.push(input(InputRole::GeneSets, path, None)?);
        }
        for path in &job.gene_info {
            files.push(input(InputRole::Genes, path, None)?);
        }
        Ok(Self {
            cells,
            model,
            _imported: imported,
            genes,
            sequences,
            map,
            one_hot,
            libraries,
            table,
            files,
            parameters,
            given,
            columns,
            skipped_columns,
        })
    }

    /// Digest of inputs, parameters and version: what decides every number of the bundle.
    pub fn digest(&self) -> String {
        let mut hasher = Sha256::new();
        hasher.update(env!("CARGO_PKG_VERSION"));
        for file in &self.files {
            hasher.update(format!("{}\0{}\0{:?}\0", file.role, file.sha256, file.note));
        }
        hasher.update(serde_json::to_vec(&self.parameters).unwrap_or_default());
        hasher.update(self.columns.join("\0"));
        if let Some(sequences) = &self.sequences {
            hasher.update(format!("{}\0{}", sequences.tokenizer.rule.name(), self.genes.join("\0")));
        }
        format!("{:x}", hasher.finalize())
    }
}

/// A model folder, or a checkpoint imported into a temporary one.
fn open_model(path: &Path) -> anyhow::Result<(Model, Option<tempfile::TempDir>)> {
    let folder = if path.join("model.json").exists() {
        return Ok((Model::open(path)?, None));
    } else if path.join("best_model.pt").exists() {
        folder::import_scgpt(path)?
    } else if path.is_file() || path.join("model.pt").exists() {
        folder::import_scvi(path)?
    } else {
        return Ok((Model::open(path)?, None));
    };
    let temporary = tempfile::tempdir().context("cannot make a temporary folder")?;
    let target = temporary.path().join("model");
    folder::write(&folder, &target)?;
    Ok((Model::open(&target)?, Some(temporary)))
}

/// SHA-256 of a file in hexadecimal digits.
///
/// # Errors
/// If it cannot be read.
pub fn sha256_of(path: &Path) -> anyhow::Result<String> {
    let mut file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let n = file.read(&mut buffer).with_context(|| format!("cannot read {}", path.display()))?;
        if n == 0 {
            return Ok(format!("{:x}", hasher.finalize()));
        }
        hasher.update(&buffer[..n]);
    }
}

fn input(role: InputRole, path: &Path, note: Option<String>) -> anyhow::Result<Input> {
    Ok(Input {
        role,
        file: path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned()),
        bytes: std::fs::metadata(path)?.len(),
        sha256: sha256_of(path)?,
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

fn choose_columns(asked: &[String], cells: &Cells, path: &Path) -> anyhow::Result<Vec<String>> {
    let several = |name: &str| {
        cells.column(name).is_some_and(|c| {
            c.labels.len() <= MOST_LABELS && c.label_counts().iter().filter(|&&n| n > 0).count() > 1
        })
    };
    if !asked.is_empty() {
        for name in asked {
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
        let by_cost = |usual: u32| if dear { 0 } else { usual };
        reading.typical = job.typical.unwrap_or(by_cost(reading.typical)).min(MOST_CELLS);
        reading.calibration = job.calibration.unwrap_or(by_cost(reading.calibration));
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
