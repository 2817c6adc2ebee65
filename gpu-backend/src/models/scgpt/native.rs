//! Passes by code of our own, where the processor computes and no library is named: a cell with a few bins exchanged costs
//! less than a whole pass, and cells are embedded on all threads, each by one.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Context, bail};
use cellprism_core::{
    embedding::{
        scgpt::{BinnedCell, ReadCell, ScgptEncoder, SequenceRule, Tokenizer},
        transformer::is_quick,
    },
    ids::CellId,
    parallel,
};
use cellprism_onnx::scgpt::encoder;

use crate::{models::Model, runtime::Place, work::regular};

/// Prototypes that are kept as they were read: as many as the threads' concepts have at a time.
const READ: usize = 24;

/// The encoder, with the latest prototypes.
#[derive(Debug)]
pub struct NativePasses {
    encoder: ScgptEncoder,
    tokenizer: Tokenizer,
    read: Mutex<VecDeque<(CellId, Arc<ReadCell>)>>,
}

impl NativePasses {
    /// The model's weights, where a place leaves it to us: the processor, no library named, a file that `import` wrote in
    /// single precision.
    ///
    /// # Errors
    /// If the file cannot be read or is damaged.
    pub fn open(model: &Model, tokenizer: &Tokenizer, place: &Place) -> anyhow::Result<Option<Self>> {
        let Some(sizes) = model.card.scgpt.as_ref().filter(|_| is_at(model, place)) else { return Ok(None) };
        let path = model.onnx();
        let bytes = regular::read(&path, regular::TENSORS)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let found = encoder(&bytes, sizes, model.card.latent as usize)
            .with_context(|| path.display().to_string())?
            .filter(|encoder| encoder.fits(tokenizer))
            .with_context(|| {
                format!("{} does not belong to its model.json: import the model again", path.display())
            })?;
        Ok(Some(Self { encoder: found, tokenizer: tokenizer.clone(), read: Mutex::default() }))
    }

    /// The tokenizer.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// Embeddings of `cells`, each near the prototype, which is read once.
    ///
    /// # Errors
    /// If one is not finite.
    pub fn embed(
        &self,
        prototype: CellId,
        cell: &BinnedCell,
        cells: &[BinnedCell],
    ) -> anyhow::Result<Vec<f32>> {
        let read = self.read(prototype, cell);
        finite(parallel::map(cells.len(), |i| self.encoder.embed(&self.tokenizer, &read, &cells[i])))
    }

    /// Embeddings of `cells` that have nothing in common.
    ///
    /// # Errors
    /// If one is not finite.
    pub fn embed_all(&self, cells: &[BinnedCell]) -> anyhow::Result<Vec<f32>> {
        finite(parallel::map(cells.len(), |i| self.encoder.embed_alone(&self.tokenizer, &cells[i])))
    }

    /// How far the embedding of a cell goes in a direction when single bins are exchanged, by the gradient; only of
    /// sequences that hold all genes.
    pub fn estimate(
        &self,
        cell: &BinnedCell,
        direction: &[f32],
        swaps: &[Vec<(u32, u16)>],
    ) -> Option<Vec<Vec<(u32, f32)>>> {
        if self.tokenizer.rule != SequenceRule::FixedHvg {
            return None;
        }
        let gradient = self.encoder.gradient(&self.tokenizer, cell, direction);
        let effect = |&(gene, bin): &(u32, u16)| {
            let at = gradient.at(gene as usize + 1);
            (gene, self.encoder.effect(&at, cell.bin(gene), bin))
        };
        Some(swaps.iter().map(|swaps| swaps.iter().map(effect).collect()).collect())
    }

    fn read(&self, prototype: CellId, cell: &BinnedCell) -> Arc<ReadCell> {
        let known = |read: &VecDeque<(CellId, Arc<ReadCell>)>| {
            read.iter().find(|(of, _)| *of == prototype).map(|(_, read)| read.clone())
        };
        if let Some(found) = known(&self.read.lock().unwrap_or_else(PoisonError::into_inner)) {
            return found;
        }
        let found = Arc::new(self.encoder.read(&self.tokenizer, cell));
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if known(&read).is_none() {
            read.push_back((prototype, found.clone()));
        }
        if read.len() > READ {
            read.pop_front();
        }
        found
    }
}

/// Whether this code computes at a place.
pub fn is_at(model: &Model, place: &Place) -> bool {
    place.prefers_native() && is_quick() && model.card.precision == "float32"
}

fn finite(rows: Vec<Vec<f32>>) -> anyhow::Result<Vec<f32>> {
    let rows = rows.concat();
    if rows.iter().any(|value| !value.is_finite()) {
        bail!("the model gives an embedding that is not finite: are its weights damaged?");
    }
    Ok(rows)
}
