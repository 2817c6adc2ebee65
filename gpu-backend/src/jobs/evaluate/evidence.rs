//! One bundle with all that tables are computed from.

use cellprism_core::{
    bundle::{
        CellCodes, CellMetadata, CellNames, ConceptArrays, ConceptDetail, ConceptIndex, GeneIndex,
        GeneSetFile, Manifest, path,
    },
    cells::Column,
    evaluation::{Subject, SubjectKind},
    ids::ConceptId,
    readings::claims::individuals,
    sae::SaeWeights,
};
use ndarray::{Array2, ArrayView2};

use super::{
    Options, embeddings,
    given::Given,
    items::{ItemReading, Readings, SubjectReadings},
    subjects,
};
use crate::{
    files::{bundle::BundleFolder, sae},
    work::{partial::Partial, progress::Progress},
};

/// A bundle, its cells' embeddings and metadata, and the subjects that stand side by side.
pub struct Evidence {
    /// Its name in the tables.
    pub name: String,
    /// Its folder and manifest, and where its cells and its model are.
    pub given: Given,
    /// Its dictionary.
    pub sae: SaeWeights,
    /// Embeddings `[cells, d]`, or why there are none.
    embeddings: Result<Array2<f32>, String>,
    /// Names of the cells.
    pub names: Vec<String>,
    /// Metadata; those that concepts were tested for first, the primary one before all.
    pub columns: Vec<Column>,
    /// Its concepts.
    pub concepts: ConceptIndex,
    /// Its neurons, where they were described.
    pub neurons: Option<ConceptIndex>,
    /// Genes of the model.
    pub genes: GeneIndex,
    /// Libraries.
    pub sets: Vec<GeneSetFile>,
    /// Subjects in the order of the tables, or why one is not there.
    pub subjects: Vec<(SubjectKind, Result<Subject, String>)>,
    /// What was read of each subject; empty where no table asks for it.
    pub(super) readings: Readings,
}

impl Evidence {
    /// Reads a bundle and makes its subjects; those that take training are kept in `work`.
    ///
    /// # Errors
    /// If a file of the bundle is missing or damaged, or a training fails.
    pub fn read(
        given: Given,
        options: &Options,
        work: &Partial,
        progress: &dyn Progress,
    ) -> anyhow::Result<Self> {
        let (folder, manifest) = (&given.folder, &given.manifest);
        let concepts: ConceptIndex = folder.file(path::CONCEPT_INDEX)?;
        let has = |name: &str| manifest.files.contains_key(name);
        let neurons = if has(path::NEURON_INDEX) { Some(folder.file(path::NEURON_INDEX)?) } else { None };
        let names: CellNames = folder.file(path::CELL_NAMES)?;
        let columns = columns(folder, &concepts)?;
        let sae = sae::read(&folder.root().join(path::SAE))?;
        let mut sets = Vec::new();
        for file in manifest.files.keys().filter(|file| path::library_of(file).is_some()) {
            sets.push(folder.file(file)?);
        }
        let genes: GeneIndex = folder.file(path::GENE_INDEX)?;
        let known = (&sae, &concepts, &genes, &names[..]);
        let embeddings = embeddings::of(&given, known, options, work, progress)?;
        let asked = subjects::Asked { manifest, seed: options.seed };
        let subjects = match &embeddings {
            Ok(embeddings) => subjects::make(&asked, &sae, embeddings, work, progress)?,
            Err(reason) => {
                progress.say(&format!(
                    "warning: {}: {reason}; what the bundle says of its concepts is evaluated, beside no baseline",
                    given.name
                ));
                subjects::described(
                    folder,
                    &sae,
                    (&concepts, neurons.as_ref()),
                    names.len(),
                    reason,
                    options.seed,
                )?
            }
        };
        Ok(Self {
            name: given.name.clone(),
            given,
            sae,
            embeddings,
            names,
            columns,
            concepts,
            neurons,
            genes,
            sets,
            subjects,
            readings: Readings::new(),
        })
    }

    /// Its manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.given.manifest
    }

    /// Embeddings `[cells, d]`, or why there are none.
    ///
    /// # Errors
    /// The reason, in words.
    pub fn embeddings(&self) -> Result<ArrayView2<'_, f32>, &str> {
        self.embeddings.as_ref().map(|values| values.view()).map_err(String::as_str)
    }

    /// A subject, where it could be made.
    pub fn subject(&self, kind: SubjectKind) -> Result<&Subject, &str> {
        match self.subjects.iter().find(|(known, _)| *known == kind) {
            Some((_, Ok(subject))) => Ok(subject),
            Some((_, Err(reason))) => Err(reason),
            None => Err("not asked for"),
        }
    }

    /// What was read of each subject, or why nothing was.
    pub fn readings(&self) -> impl Iterator<Item = (SubjectKind, Result<&SubjectReadings, &str>)> {
        self.readings.iter().map(|(kind, read)| (*kind, read.as_ref().map_err(String::as_str)))
    }

    /// Items of a subject that were read; none where it was not.
    pub fn items(&self, kind: SubjectKind) -> &[ItemReading] {
        let read = self.readings().find(|(known, _)| *known == kind);
        read.and_then(|(_, read)| read.ok()).map_or(&[], |read| &read.items)
    }

    /// The column that names cells.
    pub fn primary(&self) -> Option<&Column> {
        let mut columns = self.columns.iter().take(self.concepts.columns.len());
        columns.find(|column| !individuals().contains(&column.name.as_str()))
    }

    /// What a concept or a neuron (by its folder) is read to be.
    ///
    /// # Errors
    /// If the file is missing or damaged.
    pub fn detail(&self, folder: &str, id: ConceptId) -> anyhow::Result<ConceptDetail> {
        self.given.folder.file(&path::readings(folder, id))
    }

    /// Its active cells and the scores of all genes.
    ///
    /// # Errors
    /// If the file is missing or damaged; dead ones have none.
    pub fn arrays(&self, folder: &str, id: ConceptId) -> anyhow::Result<ConceptArrays> {
        self.given.folder.file(&path::arrays(folder, id))
    }

    /// Why the directions of another bundle mean nothing here, where that is so.
    pub fn other_model(&self, other: &Self) -> Option<String> {
        let (own, theirs) = (self.manifest(), other.manifest());
        let sum = |manifest: &Manifest| {
            let role = cellprism_core::bundle::InputRole::Model;
            manifest.inputs.iter().find(|input| input.role == role).map(|input| input.sha256.clone())
        };
        if sum(own) != sum(theirs) || own.counts.embedding != theirs.counts.embedding {
            return Some(format!(
                "another model ({}): its directions mean something else",
                theirs.model.name
            ));
        }
        None
    }
}

/// Metadata with their codes; columns that concepts were tested for first.
fn columns(folder: &BundleFolder, concepts: &ConceptIndex) -> anyhow::Result<Vec<Column>> {
    let metadata: CellMetadata = folder.file(path::CELL_METADATA)?;
    let codes: CellCodes = folder.file(path::CELL_CODES)?;
    let place =
        |name: &String| concepts.columns.iter().position(|tested| tested == name).unwrap_or(usize::MAX);
    let mut columns: Vec<Column> = metadata
        .columns
        .into_iter()
        .filter_map(|column| {
            let codes = codes.of(&column.name)?.to_vec();
            Some(Column { name: column.name, labels: column.labels, codes })
        })
        .collect();
    columns.sort_by_key(|column| place(&column.name));
    Ok(columns)
}
