//! `concepts/first.json.gz`: one short row a concept; `genes/first.json.gz`: the index of genes, packed.

use serde_json::{Number, Value};

use super::packed::{pack, unpack};
use crate::bundle::{
    ConceptIndex, ConceptRow, File, GeneIndex, ReadError, WriteError,
    checking::{Bundle, Report},
    path,
};

/// Short rows of all concepts.
pub const FIRST_INDEX: &str = "concepts/first.json.gz";
/// Short rows of the baseline.
pub const FIRST_NEURONS: &str = "neurons/first.json.gz";
/// The index of genes, packed.
pub const FIRST_GENES: &str = "genes/first.json.gz";

/// `concepts/index.json` with short rows: without histograms and without labels that do not survive, numbers rounded to four
/// digits. Gzipped JSON of the same schema.
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

/// Numbers to four digits, more than lists show.
fn rounded(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_f64() => {
            let short = number.as_f64().and_then(|number| format!("{number:.3e}").parse().ok());
            if let Some(short) = short.and_then(Number::from_f64) {
                *number = short;
            }
        }
        Value::Array(values) => values.iter_mut().for_each(rounded),
        Value::Object(fields) => fields.values_mut().for_each(rounded),
        _ => {}
    }
}

fn short(row: &ConceptRow) -> ConceptRow {
    let mut short = row.clone();
    short.histogram = Vec::new();
    short.any_label_by_chance = None;
    for label in [&mut short.labels.presence, &mut short.labels.absence] {
        // Only what stands is said of a concept before its page is opened.
        *label = label.take().filter(|label| label.survives);
    }
    let rounded = serde_json::to_value(&short).and_then(|mut value| {
        rounded(&mut value);
        serde_json::from_value(value)
    });
    rounded.unwrap_or(short)
}

macro_rules! packed {
    ($type:ident, $inner:ty) => {
        impl File for $type {
            fn to_bytes(&self) -> Result<Vec<u8>, WriteError> {
                Ok(pack(&self.0.to_bytes()?))
            }

            fn from_bytes(path: &str, bytes: &[u8]) -> Result<Self, ReadError> {
                let content =
                    unpack(bytes).map_err(|problem| ReadError::Packed { file: path.to_owned(), problem })?;
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
    report.expect(bundle.manifest.files.contains_key(FIRST_GENES), FIRST_GENES, || {
        format!("the manifest has a first view, but does not list this file beside {}", path::GENE_INDEX)
    });
    rows(bundle, index, FIRST_INDEX, path::CONCEPT_INDEX, report);
    if let (Some(found), Some(genes)) =
        (bundle.read::<FirstGenes>(FIRST_GENES, report), bundle.read::<GeneIndex>(path::GENE_INDEX, report))
    {
        report.expect(found.0.to_bytes().ok() == genes.to_bytes().ok(), FIRST_GENES, || {
            format!("its genes are not those of {}", path::GENE_INDEX)
        });
    }
}

/// Short rows of the baseline's index.
pub(in crate::bundle) fn check_neurons(bundle: &Bundle<'_>, index: &ConceptIndex, report: &mut Report) {
    if bundle.manifest.first.is_some() {
        rows(bundle, index, FIRST_NEURONS, path::NEURON_INDEX, report);
    }
}

fn rows(bundle: &Bundle<'_>, index: &ConceptIndex, name: &str, whole: &str, report: &mut Report) {
    report.expect(bundle.manifest.files.contains_key(name), name, || {
        format!("the manifest has a first view, but does not list this file beside {whole}")
    });
    if let Some(found) = bundle.read::<FirstIndex>(name, report) {
        let written = |index: &FirstIndex| index.0.to_bytes().ok();
        report.expect(written(&found) == written(&FirstIndex::of(index)), name, || {
            format!("its rows are not those of {whole}")
        });
    }
}
