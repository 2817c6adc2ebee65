//! `samples/NNNN.safetensors`: counts of a concept's prototypes and counterfactuals, so that the page can compute the
//! attribution again; `samples/neurons/NNNN.safetensors`: those of a neuron.

use super::{
    ConceptDetail, File, GeneIndex, ReadError, TensorError, Tensors, WriteError,
    cells::Cells,
    checking::{Arrays, Bundle, Report},
    concept::concept_stem,
    concept_index::CONCEPTS,
    file::opened,
    read_u32,
    tensors::{read_narrow_f32, read_narrow_u32},
    version::SchemaVersion,
};
use crate::ids::ConceptId;

/// Counts of a concept's prototypes and counterfactuals.
pub fn samples(concept: ConceptId) -> String {
    format!("samples/{}.safetensors", concept_stem(concept))
}

/// The same of a concept or of a neuron, by the folder of its readings.
///
/// ```
/// use cellprism_core::{bundle::path::{NEURONS, CONCEPTS, samples_of}, ids::ConceptId};
///
/// assert_eq!(samples_of(CONCEPTS, ConceptId(7)), "samples/0007.safetensors");
/// assert_eq!(samples_of(NEURONS, ConceptId(7)), "samples/neurons/0007.safetensors");
/// ```
pub fn samples_of(folder: &str, id: ConceptId) -> String {
    match folder {
        CONCEPTS => samples(id),
        _ => format!("samples/{folder}/{}.safetensors", concept_stem(id)),
    }
}

/// Most dimensions of an embedding whose neurons' counts are kept: each of their sides takes as much as a concept.
pub const NEURON_SAMPLES: usize = 128;

/// The first layout that has them.
pub const NEURON_SAMPLES_SINCE: SchemaVersion = SchemaVersion { major: 1, minor: 6 };

/// Whether a bundle of so many dimensions keeps the counts of its neurons' cells.
pub fn neuron_samples_kept(dimensions: usize) -> bool {
    dimensions <= NEURON_SAMPLES
}

/// Counts of cells in compressed sparse rows, and which of those cells are prototypes and counterfactuals.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Samples {
    /// Row numbers of the cells in the data, `[q]`.
    pub cells: Vec<u32>,
    /// Ends of the rows, `[q + 1]`.
    pub indptr: Vec<u32>,
    /// Genes in the model's order.
    pub indices: Vec<u32>,
    /// Counts.
    pub values: Vec<f32>,
    /// Places of the prototypes in `cells`, `[p]`.
    pub prototypes: Vec<u32>,
    /// Places of their counterfactuals `[p, width]`, nearest first; `u32::MAX` where there are fewer.
    pub counterfactuals: Vec<u32>,
    /// Counterfactuals of a prototype.
    pub width: usize,
    /// Places of held-out prototypes, `[h]`; empty where the prototypes themselves are counted.
    pub held_out: Vec<u32>,
    /// Places of their counterfactuals, `[h, held_out_width]`.
    pub held_out_counterfactuals: Vec<u32>,
    /// Counterfactuals of a held-out prototype.
    pub held_out_width: usize,
    /// Places of typical inactive cells of each prototype, `[p, typical_width]`; empty where there are none.
    pub typical: Vec<u32>,
    /// Typical cells of a prototype.
    pub typical_width: usize,
}

impl File for Samples {
    /// In the smallest types that hold them: this file is most of what a concept's page loads.
    fn to_bytes(&self) -> Result<Vec<u8>, WriteError> {
        let mut file = Tensors::default();
        let mut u32s = |name: &str, values: &[u32]| file.u32(name, &[values.len()], values.iter().copied());
        u32s("cells", &self.cells);
        u32s("indptr", &self.indptr);
        u32s("prototypes", &self.prototypes);
        if !self.held_out.is_empty() {
            u32s("held_out", &self.held_out);
        }
        let places = [
            ("counterfactuals", &self.counterfactuals, self.prototypes.len(), self.width),
            (
                "held_out_counterfactuals",
                &self.held_out_counterfactuals,
                self.held_out.len(),
                self.held_out_width,
            ),
            ("typical", &self.typical, self.prototypes.len(), self.typical_width),
        ];
        for (name, values, rows, width) in places {
            if name == "counterfactuals" || !values.is_empty() {
                file.u32(name, &[rows, width], values.iter().copied());
            }
        }
        let count = [self.indices.len()];
        if self.indices.iter().all(|&gene| u16::try_from(gene).is_ok()) {
            file.u16("indices", &count, self.indices.iter().map(|&gene| gene as u16));
        } else {
            file.u32("indices", &count, self.indices.iter().copied());
        }
        let whole = |&v: &f32| v.fract() == 0.0 && (0.0..=f32::from(u16::MAX)).contains(&v);
        if self.values.iter().all(whole) {
            file.u16("values", &[self.values.len()], self.values.iter().map(|&v| v as u16));
        } else {
            file.f32("values", &[self.values.len()], self.values.iter().copied());
        }
        Ok(file.to_bytes()?)
    }

    fn from_bytes(path: &str, bytes: &[u8]) -> Result<Self, ReadError> {
        opened(path, bytes, |file| {
            let (shape, counterfactuals) = read_u32(file, "counterfactuals")?;
            let where_there = |name: &str| -> Result<(usize, Vec<u32>), TensorError> {
                if file.tensor(name).is_err() {
                    return Ok((0, Vec::new()));
                }
                let (shape, values) = read_u32(file, name)?;
                Ok((shape.get(1).copied().unwrap_or(0), values))
            };
            let (held_out_width, held_out_counterfactuals) = where_there("held_out_counterfactuals")?;
            let (typical_width, typical) = where_there("typical")?;
            Ok(Self {
                cells: read_u32(file, "cells")?.1,
                indptr: read_u32(file, "indptr")?.1,
                indices: read_narrow_u32(file, "indices")?,
                values: read_narrow_f32(file, "values")?,
                prototypes: read_u32(file, "prototypes")?.1,
                counterfactuals,
                width: shape.get(1).copied().unwrap_or(0),
                held_out: where_there("held_out")?.1,
                held_out_counterfactuals,
                held_out_width,
                typical,
                typical_width,
            })
        })
    }
}

/// Cells of the readings, with counts of genes in order.
pub(super) fn check(
    bundle: &Bundle<'_>,
    folder: &str,
    detail: &ConceptDetail,
    cells: &Cells,
    genes: Option<&GeneIndex>,
    report: &mut Report,
) {
    let file = samples_of(folder, detail.id);
    let Some(bytes) = bundle.content(&file, report) else { return };
    let Some(arrays) = Arrays::open(&file, &bytes, report) else { return };
    let Some(names) = arrays.u32("cells", &[None], report) else { return };
    report.expect(names.iter().all(|&cell| (cell as usize) < cells.count), &file, || {
        format!("tensor \"cells\" has a cell beyond {}", cells.count)
    });
    counts(&file, &arrays, names.len(), genes.map_or(usize::MAX, |genes| genes.symbols.len()), report);
    for name in
        ["held_out", "held_out_counterfactuals", "typical"].into_iter().filter(|name| arrays.has(name))
    {
        let shape: &[Option<usize>] = if name == "held_out" { &[None] } else { &[None, None] };
        if let Some(places) = arrays.u32(name, shape, report) {
            let known = |&place: &u32| place == u32::MAX || (place as usize) < names.len();
            report.expect(places.iter().all(known), &file, || {
                format!("tensor {name:?} has a cell that is not there")
            });
        }
    }
    let prototypes = arrays.u32("prototypes", &[Some(detail.prototypes.len())], report);
    let counterfactuals = arrays.u32("counterfactuals", &[Some(detail.prototypes.len()), None], report);
    let (Some(prototypes), Some(counterfactuals)) = (prototypes, counterfactuals) else { return };
    let name = |place: u32| names.get(place as usize).copied();
    let fits = detail.prototypes.iter().zip(&prototypes).all(|(p, &place)| name(place) == Some(p.cell.0));
    report.expect(fits, &file, || "tensor \"prototypes\" does not point at the concept's prototypes".into());
    let width = counterfactuals.len() / prototypes.len().max(1);
    for (prototype, row) in detail.prototypes.iter().zip(counterfactuals.chunks(width.max(1))) {
        let there = prototype.counterfactuals.iter().map(|c| Some(c.cell.0)).chain(std::iter::repeat(None));
        // More may be sampled than the page lists, never others.
        let fits = row.iter().zip(there).all(|(&place, listed)| match listed {
            Some(cell) => name(place) == Some(cell),
            None => place == u32::MAX || name(place).is_some(),
        });
        if !fits {
            return report.note(
                &file,
                format!("tensor \"counterfactuals\" does not fit prototype {}", prototype.name),
            );
        }
    }
}

/// Compressed sparse rows: one a cell, columns in order and below the number of genes, no negative count.
fn counts(file: &str, arrays: &Arrays<'_>, rows: usize, genes: usize, report: &mut Report) {
    let Some(indptr) = arrays.u32("indptr", &[Some(rows + 1)], report) else { return };
    let Some(indices) = arrays.narrow_u32("indices", &[None], report) else { return };
    let Some(values) = arrays.narrow_f32("values", &[Some(indices.len())], report) else { return };
    let whole = indptr.first() == Some(&0)
        && indptr.last().is_some_and(|&end| end as usize == indices.len())
        && indptr.windows(2).all(|pair| pair[0] <= pair[1]);
    if !whole {
        return report.note(file, "tensor \"indptr\" is not a list of row ends");
    }
    let rows = || indptr.windows(2).map(|pair| &indices[pair[0] as usize..pair[1] as usize]);
    let ordered = rows().all(|row| {
        row.windows(2).all(|pair| pair[0] < pair[1]) && row.last().is_none_or(|&gene| (gene as usize) < genes)
    });
    report.expect(ordered, file, || "tensor \"indices\" does not hold genes in order".into());
    report.expect(values.iter().all(|&v| v >= 0.0), file, || "tensor \"values\" has a negative count".into());
}
