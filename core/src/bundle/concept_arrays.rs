//! `concepts/NNNN.safetensors`: the cells that activate a concept, and the scores of all genes.

use super::{
    ConceptDetail, File, GeneIndex, ReadError, Reading, TensorError, Tensors, WriteError,
    cells::Cells,
    checking::{Arrays, Bundle, Report},
    concept::concept_stem,
    concept_index::{CONCEPT_INDEX, CONCEPTS},
    file::opened,
    read_f32, read_u32,
};
use crate::{
    attribution::AttributionDetail,
    ids::{CellId, ConceptId},
    maybe::Maybe,
};

/// Arrays of a concept or a neuron, by its folder.
pub fn arrays(folder: &str, id: ConceptId) -> String {
    format!("{folder}/{}.safetensors", concept_stem(id))
}

/// Arrays of a concept.
pub fn concept_arrays(concept: ConceptId) -> String {
    arrays(CONCEPTS, concept)
}

/// The cells that activate a concept, and the scores of all genes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConceptArrays {
    /// Active cells, in row order.
    pub cells: Vec<u32>,
    /// Their activations.
    pub activations: Vec<f32>,
    /// Mean attribution of every gene of the model, after TopK.
    pub scores: Vec<f32>,
    /// The same before TopK.
    pub scores_pre_topk: Vec<f32>,
    /// Genes whose pairs are known.
    pub top_genes: Vec<u32>,
    /// Score of each pair, `[top_genes, pairs]`.
    pub pair_scores: Vec<f32>,
    /// Pairs of a prototype and a counterfactual.
    pub pairs: usize,
    /// log2 fold change of every gene, NaN where there is none; empty where not computed.
    pub log2_fold_change: Vec<f32>,
    /// p of Welch's test of every gene; empty where not computed.
    pub p_value: Vec<f32>,
    /// Mean effect of every gene that prototypes have more of than their nearest inactive cells; these and the following are
    /// empty where only the paper's readings were made.
    pub scores_presence: Vec<f32>,
    /// … less of.
    pub scores_absence: Vec<f32>,
    /// The same against typical inactive cells; empty where that contrast was not made.
    pub scores_typical_presence: Vec<f32>,
    /// … less of.
    pub scores_typical_absence: Vec<f32>,
    /// Held-out prototypes in which each gene's presence has an effect.
    pub carried_by_presence: Vec<u32>,
    /// … its absence.
    pub carried_by_absence: Vec<u32>,
}

impl ConceptArrays {
    /// Arrays of the readings beyond the paper with their names.
    fn readings(&self) -> [(&'static str, &Vec<f32>); 4] {
        [
            ("scores_presence", &self.scores_presence),
            ("scores_absence", &self.scores_absence),
            ("scores_typical_presence", &self.scores_typical_presence),
            ("scores_typical_absence", &self.scores_typical_absence),
        ]
    }

    /// Counts of the cells that carry each gene, with their names.
    fn carried(&self) -> [(&'static str, &Vec<u32>); 2] {
        [("carried_by_presence", &self.carried_by_presence), ("carried_by_absence", &self.carried_by_absence)]
    }
}

impl File for ConceptArrays {
    fn to_bytes(&self) -> Result<Vec<u8>, WriteError> {
        let mut file = Tensors::default();
        let mut f32s = |name: &str, values: &[f32]| file.f32(name, &[values.len()], values.iter().copied());
        f32s("activations", &self.activations);
        f32s("scores", &self.scores);
        f32s("scores_pre_topk", &self.scores_pre_topk);
        let tests = [("log2_fold_change", &self.log2_fold_change), ("p_value", &self.p_value)];
        for (name, values) in tests.into_iter().chain(self.readings()).filter(|(_, v)| !v.is_empty()) {
            f32s(name, values);
        }
        for (name, values) in self.carried().into_iter().filter(|(_, v)| !v.is_empty()) {
            file.u32(name, &[values.len()], values.iter().copied());
        }
        file.u32("cells", &[self.cells.len()], self.cells.iter().copied());
        file.u32("top_genes", &[self.top_genes.len()], self.top_genes.iter().copied());
        let shape = [self.top_genes.len(), self.pairs];
        file.f32("pair_scores", &shape, self.pair_scores.iter().copied());
        Ok(file.to_bytes()?)
    }

    fn from_bytes(path: &str, bytes: &[u8]) -> Result<Self, ReadError> {
        opened(path, bytes, |file| {
            let f32s = |name: &str| Ok::<_, TensorError>(read_f32(file, name)?.1);
            let where_computed =
                |name: &str| if file.tensor(name).is_ok() { f32s(name) } else { Ok(Vec::new()) };
            let counts_where_computed = |name: &str| {
                if file.tensor(name).is_ok() {
                    Ok::<_, TensorError>(read_u32(file, name)?.1)
                } else {
                    Ok(Vec::new())
                }
            };
            let (shape, pair_scores) = read_f32(file, "pair_scores")?;
            Ok(Self {
                cells: read_u32(file, "cells")?.1,
                activations: f32s("activations")?,
                scores: f32s("scores")?,
                scores_pre_topk: f32s("scores_pre_topk")?,
                top_genes: read_u32(file, "top_genes")?.1,
                pair_scores,
                pairs: shape.get(1).copied().unwrap_or(0),
                log2_fold_change: where_computed("log2_fold_change")?,
                p_value: where_computed("p_value")?,
                scores_presence: where_computed("scores_presence")?,
                scores_absence: where_computed("scores_absence")?,
                scores_typical_presence: where_computed("scores_typical_presence")?,
                scores_typical_absence: where_computed("scores_typical_absence")?,
                carried_by_presence: counts_where_computed("carried_by_presence")?,
                carried_by_absence: counts_where_computed("carried_by_absence")?,
            })
        })
    }
}

/// What a map of one concept needs of its file: active cells and their activations.
///
/// # Errors
/// If it is damaged, or lacks one of the two.
pub fn read_activations(path: &str, bytes: &[u8]) -> Result<(Vec<u32>, Vec<f32>), ReadError> {
    opened(path, bytes, |file| Ok((read_u32(file, "cells")?.1, read_f32(file, "activations")?.1)))
}

/// Arrays of the shapes and numbers that the readings promise.
pub(super) fn check(
    bundle: &Bundle<'_>,
    detail: &ConceptDetail,
    cells: &Cells,
    genes: Option<&GeneIndex>,
    report: &mut Report,
) {
    let file = &concept_arrays(detail.id);
    bundle.expect_of_index(file, CONCEPT_INDEX, report);
    let Some(bytes) = bundle.content(file, report) else { return };
    let Some(arrays) = Arrays::open(file, &bytes, report) else { return };
    let active = Some(detail.cells as usize);
    if let Some(found) = arrays.u32("cells", &[active], report) {
        let rising = found.windows(2).all(|pair| pair[0] < pair[1]);
        let within = found.last().is_none_or(|&cell| CellId(cell).index() < cells.count);
        report.expect(rising && within, file, || {
            format!("tensor \"cells\" does not hold different cells below {} in order", cells.count)
        });
    }
    if let Some(found) = arrays.f32("activations", &[active], false, report) {
        let max = found.iter().copied().fold(0.0, f32::max);
        report.expect(found.iter().all(|&v| v > 0.0) && max == detail.max, file, || {
            format!("activations up to {max} that are not all above 0, or not up to {}", detail.max)
        });
    }
    if let (Maybe::Value(attribution), Some(genes)) = (&detail.attribution, genes) {
        scores(file, &arrays, attribution, genes.symbols.len(), report);
    }
    if let (Maybe::Value(reading), Some(genes)) = (&detail.reading, genes) {
        sides(file, &arrays, reading, genes.symbols.len(), report);
    }
}

/// Arrays of both sides: all genes, no more cells than were held out, and the scores that the readings list.
fn sides(file: &str, arrays: &Arrays<'_>, reading: &Reading, genes: usize, report: &mut Report) {
    for (name, side) in [("presence", &reading.presence), ("absence", &reading.absence)] {
        if let Some(all) = arrays.f32(&format!("scores_{name}"), &[Some(genes)], false, report) {
            let differs =
                side.genes.iter().find(|g| all.get(g.gene.index()).is_some_and(|&score| score != g.score));
            if let Some(gene) = differs {
                report.note(file, format!("the {name} of {} is not the one of the JSON", gene.symbol));
            }
        }
        if reading.typical.value().is_some() {
            arrays.f32(&format!("scores_typical_{name}"), &[Some(genes)], false, report);
        }
        if let Some(all) = arrays.u32(&format!("carried_by_{name}"), &[Some(genes)], report) {
            report.expect(all.iter().all(|&n| n <= reading.held_out), file, || {
                format!("a gene is carried by more cells than the {} that were held out", reading.held_out)
            });
        }
    }
}

fn scores(
    file: &str,
    arrays: &Arrays<'_>,
    attribution: &AttributionDetail,
    genes: usize,
    report: &mut Report,
) {
    let all = arrays.f32("scores", &[Some(genes)], false, report);
    arrays.f32("scores_pre_topk", &[Some(genes)], false, report);
    for name in ["log2_fold_change", "p_value"] {
        if arrays.has(name) {
            arrays.f32(name, &[Some(genes)], true, report);
        }
    }
    if let Some(top) = arrays.u32("top_genes", &[None], report) {
        report.expect(top.iter().all(|&gene| (gene as usize) < genes), file, || {
            format!("tensor \"top_genes\" has a gene beyond {genes}")
        });
        let shape = [Some(top.len()), Some(attribution.pairs as usize)];
        arrays.f32("pair_scores", &shape, false, report);
    }
    if let Some(all) = all {
        let differs = attribution
            .genes
            .iter()
            .chain(&attribution.lowest)
            .find(|g| all.get(g.gene.index()).is_some_and(|&score| score != g.mean));
        if let Some(gene) = differs {
            report.note(file, format!("the score of {} is not the one of the concept's JSON", gene.symbol));
        }
    }
}
