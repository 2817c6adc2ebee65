//! How the concepts of a run divide: by class for each column of metadata (Figure 2 B), by their number of important genes
//! (Figure 2 C).

use std::path::Path;

use anyhow::Context;
use cellprism_core::{
    attribution::AttributionParameters,
    bundle::read_f32,
    cells::Column,
    concepts::{ConceptClass, SpecificityParameters, classify, column_specificity},
    sae::SaeWeights,
};
use safetensors::SafeTensors;

use super::{Options, Row};
use crate::{
    files::embeddings::Embeddings,
    jobs::{activations, attribute},
    runtime::Place,
    work::{progress::Progress, regular},
};

/// Classes, as `evaluate` names them.
pub const CLASSES: [(ConceptClass, &str); 4] = [
    (ConceptClass::Specific, "specific"),
    (ConceptClass::Mixed, "mixed"),
    (ConceptClass::Rare, "rare"),
    (ConceptClass::Dead, "dead"),
];
/// Sizes of gene sets: name and largest.
pub const SIZES: [(&str, usize); 5] =
    [("0", 0), ("1-3", 3), ("4-10", 10), ("11-50", 50), ("51+", usize::MAX)];

/// How many concepts of a run fall into one part.
#[derive(Clone, Debug, PartialEq)]
pub struct Divided {
    /// The set of cells.
    pub dataset: String,
    /// c.
    pub concepts: u32,
    /// k.
    pub active: u32,
    /// Learning rate.
    pub learning_rate: f64,
    /// Seed.
    pub seed: u64,
    /// Column of metadata; nothing where genes are counted.
    pub column: Option<String>,
    /// Class or size.
    pub part: &'static str,
    /// Concepts.
    pub count: usize,
}

impl Divided {
    fn of(row: &Row, column: Option<&str>, part: &'static str, count: usize) -> Self {
        Self {
            dataset: row.dataset.clone(),
            concepts: row.metrics.concepts,
            active: row.metrics.active_per_cell,
            learning_rate: row.metrics.learning_rate,
            seed: row.seed,
            column: column.map(str::to_owned),
            part,
            count,
        }
    }
}

/// Classes by each column; cells count as few below 100, or below 20 where there are fewer than 10,000, as in a bundle.
pub fn classes(
    row: Option<&Row>,
    sae: &SaeWeights,
    data: &Embeddings,
    columns: &[Column],
) -> Vec<Vec<Divided>> {
    let Some(row) = row.filter(|_| !columns.is_empty()) else { return Vec::new() };
    let min_cells = if data.values.nrows() >= 10_000 { 100 } else { 20 };
    let parameters = SpecificityParameters { min_cells, ..SpecificityParameters::default() };
    let found = activations(sae, data.values.view());
    let of = |column: &Column| {
        let classes: Vec<ConceptClass> = found
            .iter()
            .map(|(_, active)| {
                classify(active, Some(&column_specificity(active, column, &parameters)), &parameters)
            })
            .collect();
        let count = |class: ConceptClass| classes.iter().filter(|&&of| of == class).count();
        CLASSES.map(|(class, name)| Divided::of(row, Some(&column.name), name, count(class))).to_vec()
    };
    columns.iter().map(of).collect()
}

/// Genes of each active concept that score above the paper's threshold; their scores are kept beside the dictionary.
///
/// # Errors
/// If genes cannot be scored.
pub fn gene_sets(
    row: Option<&Row>,
    model: &Path,
    cells: &Path,
    sae: &Path,
    asked: &Options,
    progress: &dyn Progress,
) -> anyhow::Result<Vec<Divided>> {
    let Some(row) = row else { return Ok(Vec::new()) };
    let out = sae.join("attribution.safetensors");
    if !out.exists() {
        let options = attribute::Options {
            model: model.to_owned(),
            sae: sae.to_owned(),
            cells: cells.to_owned(),
            paper: true,
            out: out.clone(),
            place: Place { device: asked.machine.device, library: asked.machine.onnxruntime.clone() },
            ..attribute::Options::default()
        };
        attribute::run(&options, progress)?;
    }
    let place = || out.display().to_string();
    let bytes = regular::read(&out, regular::TENSORS).with_context(place)?;
    let (shape, scores) =
        read_f32(&SafeTensors::deserialize(&bytes).with_context(place)?, "scores").with_context(place)?;
    let genes = shape.get(1).copied().unwrap_or(0).max(1);
    let important = AttributionParameters::default().important;
    let counts: Vec<usize> = scores
        .chunks(genes)
        .map(|of| of.iter().filter(|&&score| f64::from(score) > important).count())
        .collect();
    let parts =
        SIZES.iter().zip(sizes(&counts)).map(|(&(name, _), count)| Divided::of(row, None, name, count));
    Ok(parts.collect())
}

/// How many counts fall into each of [`SIZES`].
fn sizes(counts: &[usize]) -> [usize; SIZES.len()] {
    let mut found = [0; SIZES.len()];
    for &count in counts {
        if let Some(place) = SIZES.iter().position(|&(_, most)| count <= most) {
            found[place] += 1;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::sizes;

    #[test]
    fn the_ends_of_a_size_belong_to_it() {
        assert_eq!(sizes(&[0, 1, 3, 4, 10, 11, 50, 51, 6000]), [1, 2, 2, 2, 2]);
    }
}
