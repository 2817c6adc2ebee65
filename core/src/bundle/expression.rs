//! `genes/expression.NNNN.safetensors`: counts of the model's genes in every cell, some genes a file, for maps of a gene.

use serde::{Deserialize, Serialize};

use super::{
    File, GeneIndex, Manifest, ReadError, TensorError, Tensors, WriteError,
    checking::{Bundle, Report},
    file::opened,
    gene_index::GENE_INDEX,
    manifest::MANIFEST,
    read_u32,
    tensors::{read_narrow_f32, read_narrow_u32},
};
use crate::{limits, maybe::Maybe};

/// Counts that a file has about: 200 to 300 kB.
const COUNTS_OF_A_FILE: u64 = 50_000;
/// Most genes of a file.
const GENES_OF_A_FILE: u32 = 200;

/// Counts of some genes, by the number of the file.
pub fn expression(file: u32) -> String {
    format!("genes/expression.{file:04}.safetensors")
}

/// Whether a path is of such a file.
pub(super) fn is_expression(path: &str) -> bool {
    path.starts_with("genes/expression.")
}

/// How the counts of the model's genes are divided into files: gene `g` of `genes/index.json` is in file
/// `g / genes_per_file`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ExpressionFiles {
    /// Genes of a file; the last one may have fewer.
    pub genes_per_file: u32,
    /// Files.
    pub files: u32,
    /// Counts above 0 in all of them.
    pub counts: u64,
}

impl ExpressionFiles {
    /// Of genes that are counted in so many cells each; or why a bundle has none.
    ///
    /// ```
    /// use cellprism_core::bundle::ExpressionFiles;
    ///
    /// let files = ExpressionFiles::of(&[300; 1_000]).value().cloned().expect("few counts");
    /// assert_eq!((files.genes_per_file, files.files, files.counts), (166, 7, 300_000));
    /// assert!(ExpressionFiles::of(&[600_000; 2_000]).value().is_none());
    /// ```
    pub fn of(detected: &[u32]) -> Maybe<Self> {
        let counts: u64 = detected.iter().map(|&cells| u64::from(cells)).sum();
        if let Err(error) = limits::EXPRESSION.check("counts of genes in a bundle:", counts) {
            return Maybe::missing(error.to_string());
        }
        let genes = detected.len() as u64;
        let per_file = (COUNTS_OF_A_FILE * genes / counts.max(1)).clamp(1, u64::from(GENES_OF_A_FILE)) as u32;
        Maybe::Value(Self { genes_per_file: per_file, files: (genes as u32).div_ceil(per_file), counts })
    }

    /// Genes of a file, by their places in `genes/index.json`.
    pub fn genes(&self, file: u32, genes: usize) -> std::ops::Range<usize> {
        let start = (file as usize).saturating_mul(self.genes_per_file as usize).min(genes);
        start..start.saturating_add(self.genes_per_file as usize).min(genes)
    }
}

/// Counts of some genes: tensors `starts` u32 `[genes + 1]`, `cells` u16 or u32 `[counts]`, rising within each gene, and
/// `counts` u16 or f32 `[counts]`. A cell that is not listed has the count 0; of a gene that the data do not have (see
/// [`GeneIndex::measured`]) nothing is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expression {
    /// Where each gene's counts begin; the end of the last one follows.
    pub starts: Vec<u32>,
    /// Rows of the cells.
    pub cells: Vec<u32>,
    /// Their counts, as the data have them.
    pub counts: Vec<f32>,
}

impl Expression {
    /// Cells in which a gene is counted and its counts there; `gene` is its place within the file.
    pub fn of(&self, gene: usize) -> Option<(&[u32], &[f32])> {
        let (start, end) = (*self.starts.get(gene)? as usize, *self.starts.get(gene + 1)? as usize);
        Some((self.cells.get(start..end)?, self.counts.get(start..end)?))
    }

    /// Adds a gene.
    pub fn push(&mut self, cells: &[u32], counts: &[f32]) {
        if self.starts.is_empty() {
            self.starts.push(0);
        }
        self.cells.extend_from_slice(cells);
        self.counts.extend_from_slice(counts);
        self.starts.push(self.cells.len() as u32);
    }
}

impl File for Expression {
    fn to_bytes(&self) -> Result<Vec<u8>, WriteError> {
        let (mut file, n) = (Tensors::default(), self.cells.len());
        file.u32("starts", &[self.starts.len()], self.starts.iter().copied());
        match self.cells.iter().all(|&cell| u16::try_from(cell).is_ok()) {
            true => file.u16("cells", &[n], self.cells.iter().map(|&cell| cell as u16)),
            false => file.u32("cells", &[n], self.cells.iter().copied()),
        }
        let whole = |&count: &f32| count.fract() == 0.0 && (0.0..=f32::from(u16::MAX)).contains(&count);
        match self.counts.iter().all(whole) {
            true => file.u16("counts", &[self.counts.len()], self.counts.iter().map(|&count| count as u16)),
            false => file.f32("counts", &[self.counts.len()], self.counts.iter().copied()),
        }
        Ok(file.to_bytes()?)
    }

    fn from_bytes(path: &str, bytes: &[u8]) -> Result<Self, ReadError> {
        opened(path, bytes, |file| {
            let (shape, starts) = read_u32(file, "starts")?;
            let found = Self {
                starts,
                cells: read_narrow_u32(file, "cells")?,
                counts: read_narrow_f32(file, "counts")?,
            };
            let rises = found.starts.is_sorted() && found.starts.first().is_none_or(|&start| start == 0);
            let ends = found.starts.last().map_or(0, |&end| end as usize);
            if rises && ends == found.cells.len() && ends == found.counts.len() {
                Ok(found)
            } else {
                Err(TensorError::Shape { name: "starts".into(), shape })
            }
        })
    }
}

/// Every file that the manifest promises, with the cells of each gene rising, above 0, and as many as the index says.
pub(super) fn check(bundle: &Bundle<'_>, genes: &GeneIndex, report: &mut Report) {
    let Manifest { expression: Some(Maybe::Value(promised)), counts, .. } = &bundle.manifest else { return };
    let n = genes.symbols.len();
    let divided = promised.genes_per_file > 0
        && u64::from(promised.files) == (n as u64).div_ceil(u64::from(promised.genes_per_file));
    report.expect(divided, MANIFEST, || {
        format!("{} files of {} genes do not hold {n} genes", promised.files, promised.genes_per_file)
    });
    if !divided {
        return;
    }
    let mut found = 0;
    for number in 0..promised.files {
        let name = expression(number);
        bundle.expect_of_index(&name, MANIFEST, report);
        let Some(file) = bundle.read::<Expression>(&name, report) else { return };
        found += file.cells.len() as u64;
        for (place, gene) in promised.genes(number, n).enumerate() {
            let Some((cells, values)) = file.of(place) else {
                report.note(&name, format!("it has no counts of gene {gene}"));
                return;
            };
            let sound = cells.windows(2).all(|pair| pair[0] < pair[1])
                && cells.last().is_none_or(|&cell| cell < counts.cells)
                && values.iter().all(|&count| count > 0.0 && count.is_finite());
            let share = cells.len() as f32 / counts.cells.max(1) as f32;
            let same = genes.detection.get(gene).is_some_and(|&known| (known - share).abs() < 1e-6);
            let known = genes.measured.get(gene).copied().unwrap_or(false) || cells.is_empty();
            report.expect(sound && same && known, &name, || {
                format!(
                    "gene {gene}: its cells and counts are not those of {GENE_INDEX}, in order and above 0"
                )
            });
        }
    }
    report.same(MANIFEST, "counts of genes", promised.counts, found, "genes/expression");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_in_the_smallest_types() {
        let mut file = Expression::default();
        file.push(&[1, 70_000], &[3.0, 1.0]);
        file.push(&[], &[]);
        file.push(&[5], &[0.5]);
        let bytes = file.to_bytes().unwrap();
        let read = Expression::from_bytes("x", &bytes).unwrap();
        assert_eq!(read, file);
        assert_eq!(read.of(0), Some((&[1, 70_000][..], &[3.0, 1.0][..])));
        assert_eq!((read.of(1).unwrap().0.len(), read.of(3)), (0, None));
        let mut small = Expression::default();
        small.push(&[1, 2], &[3.0, 1.0]);
        let bytes = small.to_bytes().unwrap();
        let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        assert_eq!(tensors.tensor("cells").unwrap().dtype(), safetensors::Dtype::U16);
    }

    #[test]
    fn starts_that_do_not_fit_are_refused() {
        for starts in [vec![0, 3], vec![1, 2], vec![0, 2, 1, 2]] {
            let file = Expression { starts, cells: vec![1, 2], counts: vec![1.0, 1.0] };
            assert!(Expression::from_bytes("x", &file.to_bytes().unwrap()).is_err());
        }
    }

    #[test]
    fn every_gene_is_in_one_file() {
        let files = ExpressionFiles::of(&[20_000; 7]).value().cloned().unwrap();
        let all: Vec<usize> = (0..files.files).flat_map(|file| files.genes(file, 7)).collect();
        assert_eq!((files.genes_per_file, all), (2, (0..7).collect()));
        assert_eq!(ExpressionFiles::of(&[]).value().map(|files| files.files), Some(0));
    }
}
