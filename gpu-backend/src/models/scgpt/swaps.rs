//! Exact occlusion through scGPT: one pass for every gene whose bin differs, identical passes shared.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use cellprism_core::{
    attribution::{Perturb, PerturbError, Swaps},
    embedding::scgpt::{BinnedCell, Tokenizer},
    ids::CellId,
};

use super::{SequenceModel, kept::Kept, native::NativePasses};
use crate::models::{Counted, Swapper};

/// scGPT, through which genes are swapped.
#[derive(Debug)]
pub struct ScgptSwapper {
    engine: Engine,
    tokenizer: Tokenizer,
    kept: Mutex<Kept>,
}

/// What runs a cell with some bins exchanged.
#[derive(Debug)]
enum Engine {
    /// ONNX Runtime: every pass is whole.
    Graph(Box<Mutex<SequenceModel>>),
    /// Code of our own, which saves what a cell shares with its prototype, and has a gradient.
    Native(Box<NativePasses>),
}

/// Swaps of genes among some cells: a gene takes the counterfactual's own bin, the others keep theirs.
#[derive(Debug)]
pub struct ScgptSwaps<'a> {
    swapper: &'a ScgptSwapper,
    cells: HashMap<CellId, BinnedCell>,
}

impl ScgptSwapper {
    /// By ONNX Runtime, with nothing known yet.
    pub fn new(model: SequenceModel) -> Self {
        let tokenizer = model.tokenizer().clone();
        Self { engine: Engine::Graph(Box::new(Mutex::new(model))), tokenizer, kept: Mutex::default() }
    }

    /// By code of our own, on the processor.
    pub fn native(passes: NativePasses) -> Self {
        let tokenizer = passes.tokenizer().clone();
        Self { engine: Engine::Native(Box::new(passes)), tokenizer, kept: Mutex::default() }
    }

    /// Swaps among these cells, binned by the model's tokenizer.
    pub fn swaps(&self, cells: HashMap<CellId, BinnedCell>) -> ScgptSwaps<'_> {
        ScgptSwaps { swapper: self, cells }
    }

    /// Sequences that went through the model so far.
    pub fn passes(&self) -> u64 {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).passes
    }

    /// Embeddings of `cells`, each of them near the prototype.
    fn embed(
        &self,
        prototype: CellId,
        cell: &BinnedCell,
        cells: &[BinnedCell],
    ) -> Result<Vec<f32>, PerturbError> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).passes += cells.len() as u64;
        match &self.engine {
            Engine::Native(passes) => Ok(passes.embed(prototype, cell, cells)),
            Engine::Graph(model) => {
                let mut model = model.lock().unwrap_or_else(PoisonError::into_inner);
                model.embed(cells, &|_| ()).map_err(|e| PerturbError::Model(e.into()))
            }
        }
    }

    /// The prototype itself and its swaps; what is not known yet goes through the model. No lock is held meanwhile: threads
    /// that wait for parts of a pass may be given another concept.
    fn known(
        &self,
        prototype: CellId,
        cell: &BinnedCell,
        wanted: &[(u32, u16)],
    ) -> Result<(Arc<[f32]>, Vec<f32>), PerturbError> {
        let found = self.kept.lock().unwrap_or_else(PoisonError::into_inner).find(prototype, wanted);
        let missing: Vec<(u32, u16)> =
            wanted.iter().zip(&found.swaps).filter(|(_, row)| row.is_none()).map(|(&swap, _)| swap).collect();
        let mut cells: Vec<BinnedCell> = missing.iter().map(|&(gene, bin)| cell.with(gene, bin)).collect();
        if found.base.is_none() {
            cells.push(cell.clone());
        }
        let values = self.embed(prototype, cell, &cells)?;
        let latent = values.len() / cells.len().max(1);
        let mut rows: Vec<Arc<[f32]>> = values.chunks(latent.max(1)).map(Arc::from).collect();
        let base = match found.base {
            Some(base) => base,
            None => rows.pop().unwrap_or_else(|| Arc::from([])),
        };
        let new = missing.into_iter().zip(rows.iter().cloned());
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).keep(prototype, &base, new);
        let mut rows = rows.into_iter();
        let row = |known: Option<Arc<[f32]>>| known.or_else(|| rows.next());
        let swaps = found.swaps.into_iter().filter_map(row).flat_map(|row| row.to_vec()).collect();
        Ok((base, swaps))
    }
}

impl Swapper for ScgptSwapper {
    fn among<'a>(&'a self, cells: Counted<'a>) -> anyhow::Result<Box<dyn Perturb + 'a>> {
        let bin = |(cell, row)| (cell, self.tokenizer.bin(row).0);
        Ok(Box::new(self.swaps(cells.model.iter().map(bin).collect())))
    }
}

impl Perturb for ScgptSwaps<'_> {
    fn genes(&self) -> usize {
        self.swapper.tokenizer.tokens.len()
    }

    fn swaps(&self, prototype: CellId, counterfactuals: &[CellId]) -> Result<Swaps, PerturbError> {
        self.swaps_of(prototype, counterfactuals, &|_| true)
    }

    fn swaps_of(
        &self,
        prototype: CellId,
        counterfactuals: &[CellId],
        wanted_gene: &dyn Fn(u32) -> bool,
    ) -> Result<Swaps, PerturbError> {
        let cell = &self.cells[&prototype];
        let (mut wanted, mut place) = (Vec::new(), HashMap::new());
        let genes = counterfactuals
            .iter()
            .map(|other| {
                let differences = cell.differences(&self.cells[other]);
                let pass = |swap: (u32, u16)| {
                    let pass = *place.entry(swap).or_insert_with(|| {
                        wanted.push(swap);
                        wanted.len() as u32 - 1
                    });
                    (swap.0, pass)
                };
                differences.into_iter().filter(|swap| wanted_gene(swap.0)).map(pass).collect()
            })
            .collect();
        let (base, embeddings) = self.swapper.known(prototype, cell, &wanted)?;
        Ok(Swaps { base: base.to_vec(), genes, embeddings })
    }

    fn estimate(
        &self,
        prototype: CellId,
        counterfactuals: &[CellId],
        direction: &[f32],
    ) -> Result<Vec<Vec<(u32, f32)>>, PerturbError> {
        let Engine::Native(passes) = &self.swapper.engine else {
            return Err(PerturbError::NoGradient);
        };
        let cell = &self.cells[&prototype];
        let swaps: Vec<_> =
            counterfactuals.iter().map(|other| cell.differences(&self.cells[other])).collect();
        passes.estimate(cell, direction, &swaps).ok_or(PerturbError::NoGradient)
    }

    fn path(
        &self,
        prototype: CellId,
        counterfactual: CellId,
        order: &[u32],
        steps: &[u32],
    ) -> Result<Vec<f32>, PerturbError> {
        let (from, other) = (&self.cells[&prototype], &self.cells[&counterfactual]);
        let mut cell = from.clone();
        let mut done = 0;
        // A step that changes nothing shares the embedding of the one before.
        let (mut distinct, mut place) = (Vec::<BinnedCell>::new(), Vec::with_capacity(steps.len()));
        for &step in steps {
            for &gene in order.iter().take(step as usize).skip(done) {
                cell = cell.with(gene, other.bin(gene));
            }
            done = done.max(step as usize);
            if distinct.last() != Some(&cell) {
                distinct.push(cell.clone());
            }
            place.push(distinct.len() - 1);
        }
        let values = self.swapper.embed(prototype, from, &distinct)?;
        let latent = values.len() / distinct.len().max(1);
        Ok(place.into_iter().flat_map(|at| values[at * latent..(at + 1) * latent].to_vec()).collect())
    }

    fn value(&self, cell: CellId, gene: u32) -> f32 {
        f32::from(self.cells[&cell].bin(gene))
    }
}
