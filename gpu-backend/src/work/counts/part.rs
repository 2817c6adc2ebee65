//! Some thousand cells as a file: a checksum, sizes, where each cell begins, what was counted, and the cells.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use anyhow::Context;
use cellprism_core::cells::CountMatrix;
use sha2::{Digest, Sha256};

use super::row;
use crate::work::atomic;

/// Bytes before the places of the cells: checksum, cells, genes.
const HEAD: usize = 24;

/// An open part.
#[derive(Debug)]
pub struct Part {
    path: PathBuf,
    file: File,
    /// Where each cell begins in the file, and where the last one ends.
    starts: Vec<u64>,
    genes: usize,
}

impl Part {
    /// Opens a part of so many cells and genes, with their totals and how often each gene is detected; nothing where it is not
    /// there or not whole.
    pub fn open(path: &Path, cells: usize, genes: usize) -> Option<(Self, Vec<f64>, Vec<u32>)> {
        let bytes = fs::read(path).ok()?;
        let (head, rest) = bytes.split_at_checked(HEAD)?;
        let (numbers, []) = head.as_chunks::<8>() else { return None };
        let sizes = [numbers[1], numbers[2]].map(u64::from_le_bytes);
        if numbers[0] != checksum(&bytes[8..]) || sizes != [cells as u64, genes as u64] {
            return None;
        }
        let (starts, rest) = rest.split_at_checked(8 * (cells + 1))?;
        let (totals, rest) = rest.split_at_checked(8 * cells)?;
        let (detected, body) = rest.split_at_checked(4 * genes)?;
        let body_at = (bytes.len() - body.len()) as u64;
        let starts: Vec<u64> =
            starts.as_chunks().0.iter().map(|b| body_at + u64::from_le_bytes(*b)).collect();
        if !starts.is_sorted() || *starts.last()? != bytes.len() as u64 {
            return None;
        }
        let totals = totals.as_chunks().0.iter().map(|b| f64::from_le_bytes(*b)).collect();
        let detected = detected.as_chunks().0.iter().map(|b| u32::from_le_bytes(*b)).collect();
        let file = File::open(path).ok()?;
        Some((Self { path: path.to_owned(), file, starts, genes }, totals, detected))
    }

    /// Appends some cells to `found`; `bytes` is room to read into.
    ///
    /// # Errors
    /// If the file cannot be read, or was changed meanwhile.
    pub fn read(
        &self,
        first: usize,
        cells: usize,
        bytes: &mut Vec<u8>,
        found: &mut CountMatrix,
    ) -> anyhow::Result<()> {
        let failed = || format!("cannot read {}", self.path.display());
        let starts = self.starts.get(first..=first + cells).with_context(failed)?;
        bytes.resize((starts[cells] - starts[0]) as usize, 0);
        read_at(&self.file, &self.path, bytes, starts[0]).with_context(failed)?;
        for span in starts.windows(2) {
            let of_cell = &bytes[(span[0] - starts[0]) as usize..(span[1] - starts[0]) as usize];
            row::read(of_cell, self.genes, &mut found.indices, &mut found.values)
                .with_context(|| format!("{} was changed while it was used", self.path.display()))?;
            found.indptr.push(found.indices.len() as u64);
            found.rows += 1;
        }
        Ok(())
    }
}

/// A part that grows in memory.
pub struct PartBuilder {
    starts: Vec<u64>,
    totals: Vec<f64>,
    detected: Vec<u32>,
    body: Vec<u8>,
}

impl PartBuilder {
    /// Of no cell yet.
    pub fn new(genes: usize) -> Self {
        Self { starts: vec![0], totals: Vec::new(), detected: vec![0; genes], body: Vec::new() }
    }

    /// Adds cells.
    pub fn add(&mut self, counts: &CountMatrix) {
        for cell in 0..counts.rows {
            row::write(&mut self.body, counts.row(cell));
            self.starts.push(self.body.len() as u64);
        }
        self.totals.extend(counts.row_sums());
        counts.indices.iter().for_each(|&gene| self.detected[gene as usize] += 1);
    }

    /// Writes the file.
    pub fn write(self, path: &Path) -> io::Result<()> {
        let mut bytes = vec![0; 8];
        bytes.extend((self.totals.len() as u64).to_le_bytes());
        bytes.extend((self.detected.len() as u64).to_le_bytes());
        bytes.extend(self.starts.iter().flat_map(|start| start.to_le_bytes()));
        bytes.extend(self.totals.iter().flat_map(|total| total.to_le_bytes()));
        bytes.extend(self.detected.iter().flat_map(|cells| cells.to_le_bytes()));
        bytes.extend_from_slice(&self.body);
        drop(self.body);
        let sum = checksum(&bytes[8..]);
        bytes[..8].copy_from_slice(&sum);
        atomic::write_file(path, &bytes)
    }
}

/// The first bytes of the SHA-256.
fn checksum(bytes: &[u8]) -> [u8; 8] {
    let mut sum = [0; 8];
    sum.copy_from_slice(&Sha256::digest(bytes)[..8]);
    sum
}

/// Reads at a place without moving any other reader's.
#[cfg(unix)]
fn read_at(file: &File, _: &Path, bytes: &mut [u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, at)
}

#[cfg(not(unix))]
fn read_at(_: &File, path: &Path, bytes: &mut [u8], at: u64) -> io::Result<()> {
    use std::io::{Read, Seek, SeekFrom};
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(bytes)
}
