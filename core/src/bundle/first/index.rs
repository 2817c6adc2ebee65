//! `concepts/first.json.gz`: one short row a concept; `genes/first.json.gz`: the index of genes, packed.

use super::packed::{pack, unpack};
use crate::bundle::{
    ConceptIndex, ConceptRow, File, GeneIndex, ReadError, WriteError,
    checking::{Bundle, Report},
    path,
};

/// Short rows of all concepts.
pub const FIRST_INDEX: &str = "concepts/first.json.gz";
/// The index of genes, packed.
pub const FIRST_GENES: &str = "genes/first.json.gz";

/// `concepts/index.json` with short rows: without histogram and statistics of labels, with the commonest label only and
/// rounded numbers. Gzipped JSON of the same schema.
#[derive(Clone, Debug)]
pub struct FirstIndex(pub ConceptIndex);

/// `genes/index.json`, gzipped.
#[derive(Clone, Debug)]
pub struct FirstGenes(pub GeneIndex);

impl FirstIndex {
    /// Short rows of an index.
    pub fn of(index: &ConceptIndex) -> Self {
        Self(ConceptIndex { rows: index.rows.iter().map(short).collect(), ..index.clone() })
    }
}

/// Four digits, as they are shown.
fn rounded(value: f32) -> f32 {
    format!("{value:.3e}").parse().unwrap_or(value)
}

fn short(row: &ConceptRow) -> ConceptRow {
    let mut short = row.clone();
    short.histogram = Vec::new();
    short.composition.truncate(1);
    short.max = rounded(row.max);
    short.xy = row.xy.map(|xy| xy.map(rounded));
    short.genes.iter_mut().for_each(|gene| gene.score = rounded(gene.score));
    short.pathway = None;
    short.chance = None;
    short.any_label_by_chance = None;
    for label in [&mut short.labels.presence, &mut short.labels.absence] {
        // Only what stands is said of a concept before its page is opened.
        *label = label.take().filter(|label| label.survives);
    }
    short
}

macro_rules! packed {
    ($type:ident, $inner:ty) => {
        impl File for $type {
            fn to_bytes(&self) -> Result<Vec<u8>, WriteError> {
                Ok(pack(&self.0.to_bytes()?))
            }

            fn from_bytes(path: &str, bytes: &[u8]) -> Result<Self, ReadError> {
                let content = unpack(bytes)
                    .map_err(|problem| ReadError::Packed { file: path.to_owned(), problem })?;
                <$inner>::from_bytes(path, &content).map(Self)
            }
        }
    };
}

packed!(FirstIndex, ConceptIndex);
packed!(FirstGenes, GeneIndex);

/// Short rows of the complete index, and the same genes.
pub(in crate::bundle) fn check(bundle: &Bundle<'_>, index: &ConceptIndex, report: &mut Report) {
    if bundle.manifest.first.is_none() {
        return;
    }
    for (name, whole) in [(FIRST_INDEX, path::CONCEPT_INDEX), (FIRST_GENES, path::GENE_INDEX)] {
        report.expect(bundle.manifest.files.contains_key(name), name, || {
            format!("the manifest has a first view, but does not list this file beside {whole}")
        });
    }
    if let Some(found) = bundle.read::<FirstIndex>(FIRST_INDEX, report) {
        let written = |index: &FirstIndex| index.0.to_bytes().ok();
        report.expect(written(&found) == written(&FirstIndex::of(index)), FIRST_INDEX, || {
            format!("its rows are not those of {}", path::CONCEPT_INDEX)
        });
    }
    if let (Some(found), Some(genes)) =
        (bundle.read::<FirstGenes>(FIRST_GENES, report), bundle.read::<GeneIndex>(path::GENE_INDEX, report))
    {
        report.expect(found.0.to_bytes().ok() == genes.to_bytes().ok(), FIRST_GENES, || {
            format!("its genes are not those of {}", path::GENE_INDEX)
        });
    }
}
