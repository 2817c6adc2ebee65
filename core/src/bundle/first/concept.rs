//! `concepts/NNNN.first.safetensors`: what the page of a concept shows at once.

use super::packed::{pack, unpack};
use crate::{
    bundle::{
        ConceptArrays, ConceptDetail, File, ReadError, Tensors, WriteError,
        checking::{Bundle, Report},
        concept::concept_stem,
        file::opened,
        path, read_f32, read_u16, read_u32,
        tensors::read_u8,
    },
    ids::ConceptId,
};

/// What the page of a concept or a neuron shows at once, by its folder.
pub fn first_concept(folder: &str, id: ConceptId) -> String {
    format!("{folder}/{}.first.safetensors", concept_stem(id))
}

/// Tensors of genes with their names, and where they are in [`ConceptArrays`].
type Numbers = (&'static str, fn(&mut ConceptArrays) -> &mut Vec<f32>);
const NUMBERS: [Numbers; 7] = [
    ("scores", |a| &mut a.scores),
    ("scores_pre_topk", |a| &mut a.scores_pre_topk),
    ("scores_presence", |a| &mut a.scores_presence),
    ("scores_absence", |a| &mut a.scores_absence),
    ("scores_typical_presence", |a| &mut a.scores_typical_presence),
    ("scores_typical_absence", |a| &mut a.scores_typical_absence),
    ("log2_fold_change", |a| &mut a.log2_fold_change),
];
/// Of these the page shows nothing before complete numbers are asked for.
const LEFT_OUT: [&str; 1] = ["scores_pre_topk"];

/// `NNNN.json` packed, and of `NNNN.safetensors` the pairs as they are and the numbers of all genes in half the bits.
///
/// Tensors: `detail` u8, the gzipped JSON; `top_genes` u32, `pair_scores` f32 as in the complete file; of genes f32 as u16,
/// the upper half of its bits, rounded (bfloat16: wrong by at most one part in 256); `carried_by_presence` and
/// `carried_by_absence` u16. Cells and activations are in the file of the first activations.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FirstConcept {
    /// `NNNN.json`.
    pub detail: Vec<u8>,
    /// Numbers of genes, rounded; without cells.
    pub arrays: ConceptArrays,
}

impl FirstConcept {
    /// Of a concept's complete files; one without arrays is dead.
    pub fn of(detail: &[u8], arrays: Option<&ConceptArrays>) -> Self {
        let mut first = Self { detail: detail.to_vec(), arrays: arrays.cloned().unwrap_or_default() };
        (first.arrays.cells, first.arrays.activations) = (Vec::new(), Vec::new());
        first.arrays.p_value = Vec::new();
        for (name, numbers) in NUMBERS {
            let numbers = numbers(&mut first.arrays);
            if LEFT_OUT.contains(&name) {
                numbers.clear();
            }
            numbers.iter_mut().for_each(|value| *value = widened(halved(*value)));
        }
        first
    }

    /// The readings.
    ///
    /// # Errors
    /// If they are damaged.
    pub fn readings(&self, path: &str) -> Result<ConceptDetail, ReadError> {
        ConceptDetail::from_bytes(path, &self.detail)
    }
}

/// The upper half, rounded to the nearest; what is no number stays none.
fn halved(value: f32) -> u16 {
    let bits = value.to_bits();
    if value.is_nan() {
        return (bits >> 16) as u16 | 0x40;
    }
    ((bits + 0x7fff + (bits >> 16 & 1)) >> 16) as u16
}

fn widened(half: u16) -> f32 {
    f32::from_bits(u32::from(half) << 16)
}

impl File for FirstConcept {
    fn to_bytes(&self) -> Result<Vec<u8>, WriteError> {
        let mut file = Tensors::default();
        let detail = pack(&self.detail);
        file.u8("detail", &[detail.len()], detail);
        let mut arrays = self.arrays.clone();
        for (name, numbers) in NUMBERS {
            let numbers = numbers(&mut arrays);
            if !numbers.is_empty() {
                file.u16(name, &[numbers.len()], numbers.iter().map(|&value| halved(value)));
            }
        }
        for (name, counts) in [
            ("carried_by_presence", &arrays.carried_by_presence),
            ("carried_by_absence", &arrays.carried_by_absence),
        ] {
            if !counts.is_empty() {
                let narrow = counts.iter().map(|&n| n.min(u32::from(u16::MAX)) as u16);
                file.u16(name, &[counts.len()], narrow);
            }
        }
        file.u32("top_genes", &[arrays.top_genes.len()], arrays.top_genes.iter().copied());
        let shape = [arrays.top_genes.len(), arrays.pairs];
        file.f32("pair_scores", &shape, arrays.pair_scores.iter().copied());
        file.metadata("numbers", "u16: the upper half of an f32, rounded; at most 1/256 of the value wrong");
        Ok(file.to_bytes()?)
    }

    fn from_bytes(path: &str, bytes: &[u8]) -> Result<Self, ReadError> {
        let (packed, arrays) = opened(path, bytes, |file| {
            let mut arrays = ConceptArrays::default();
            for (name, numbers) in NUMBERS {
                if file.tensor(name).is_ok() {
                    *numbers(&mut arrays) = read_u16(file, name)?.1.into_iter().map(widened).collect();
                }
            }
            let (shape, pair_scores) = read_f32(file, "pair_scores")?;
            arrays.pair_scores = pair_scores;
            arrays.pairs = shape.get(1).copied().unwrap_or(0);
            arrays.top_genes = read_u32(file, "top_genes")?.1;
            for (name, counts) in [
                ("carried_by_presence", &mut arrays.carried_by_presence),
                ("carried_by_absence", &mut arrays.carried_by_absence),
            ] {
                if file.tensor(name).is_ok() {
                    *counts = read_u16(file, name)?.1.into_iter().map(u32::from).collect();
                }
            }
            Ok((read_u8(file, "detail")?.1, arrays))
        })?;
        let detail =
            unpack(&packed).map_err(|problem| ReadError::Packed { file: path.to_owned(), problem })?;
        Ok(Self { detail, arrays })
    }
}

/// The same readings and, rounded, the same numbers.
pub(super) fn check(bundle: &Bundle<'_>, folder: &str, id: ConceptId, report: &mut Report) {
    let (name, whole) = (first_concept(folder, id), path::arrays(folder, id));
    bundle.expect_of_index(&name, path::MANIFEST, report);
    let Some(found) = bundle.content(&name, report) else { return };
    let readings = path::readings(folder, id);
    let (Some(detail), Some(arrays)) =
        (bundle.content(&readings, report), bundle.read::<ConceptArrays>(&whole, report))
    else {
        return;
    };
    let same = FirstConcept::of(&detail, Some(&arrays)).to_bytes().is_ok_and(|bytes| bytes == found);
    report.expect(same, &name, || format!("it is not what {readings} and {whole} give"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_the_bits_keep_all_but_one_part_in_256() {
        for value in [0.0f32, 1.0, -0.026_877_8, 1e-30, 7.77e20, 3.3e38, f32::MIN_POSITIVE] {
            let back = widened(halved(value));
            assert!((back - value).abs() <= value.abs() / 256.0, "{value} {back}");
        }
        assert!(widened(halved(f32::NAN)).is_nan() && widened(halved(f32::from_bits(0x7f80_0001))).is_nan());
    }

    #[test]
    fn what_is_written_is_read() {
        let arrays = ConceptArrays {
            cells: vec![3],
            activations: vec![1.0],
            scores: vec![0.1, f32::NAN, 0.0],
            carried_by_presence: vec![0, 9, 4],
            top_genes: vec![1],
            pair_scores: vec![0.3, 0.4],
            pairs: 2,
            ..ConceptArrays::default()
        };
        let first = FirstConcept::of(b"{}", Some(&arrays));
        let bytes = first.to_bytes().unwrap();
        let back = FirstConcept::from_bytes("x", &bytes).unwrap();
        assert_eq!(back.to_bytes().unwrap(), bytes);
        assert_eq!(
            (back.detail, back.arrays.pair_scores, back.arrays.carried_by_presence),
            (b"{}".to_vec(), vec![0.3, 0.4], vec![0, 9, 4])
        );
        assert!((back.arrays.scores[0] - 0.1).abs() < 4e-4 && back.arrays.cells.is_empty());
    }
}
