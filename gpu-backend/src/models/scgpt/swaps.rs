//! Exact occlusion through scGPT: one pass for every gene whose bin differs, identical passes shared.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use cellprism_core::{
    attribution::{Perturb, PerturbError, Swaps},
    embedding::scgpt::{BinnedCell, Tokenizer},
    ids::CellId,
};

use super::SequenceModel;
use crate::models::{Counted, Swapper};

/// Memory for embeddings of swapped cells that other concepts may ask for again.
const KEPT_BYTES: usize = 512 << 20;

/// Embeddings of one prototype with single bins replaced.
type Passes = HashMap<(u32, u16), Arc<[f32]>>;

/// scGPT, through which genes are swapped.
#[derive(Debug)]
pub struct ScgptSwapper {
    state: Mutex<State>,
    tokenizer: Tokenizer,
}

/// Swaps of genes among some cells: a gene takes the counterfactual's own bin, the others keep theirs.
#[derive(Debug)]
pub struct ScgptSwaps<'a> {
    swapper: &'a ScgptSwapper,
    cells: HashMap<CellId, BinnedCell>,
}

#[derive(Debug)]
struct State {
    model: SequenceModel,
    base: HashMap<CellId, Arc<[f32]>>,
    kept: HashMap<CellId, Passes>,
    /// Prototypes in `kept`, oldest first.
    order: VecDeque<CellId>,
    kept_bytes: usize,
    passes: u64,
}

impl ScgptSwapper {
    /// With nothing known yet.
    pub fn new(model: SequenceModel) -> Self {
        let tokenizer = model.tokenizer().clone();
        let state = State {
            model,
            base: HashMap::new(),
            kept: HashMap::new(),
            order: VecDeque::new(),
            kept_bytes: 0,
            passes: 0,
        };
        Self { state: Mutex::new(state), tokenizer }
    }

    /// Swaps among these cells, binned by the model's tokenizer.
    pub fn swaps(&self, cells: HashMap<CellId, BinnedCell>) -> ScgptSwaps<'_> {
        ScgptSwaps { swapper: self, cells }
    }

    /// Sequences that went through the model so far.
    pub fn passes(&self) -> u64 {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).passes
    }
}

impl Swapper for ScgptSwapper {
    fn among<'a>(&'a self, cells: Counted<'a>) -> anyhow::Result<Box<dyn Perturb + 'a>> {
        let bin = |(cell, row)| (cell, self.tokenizer.bin(row).0);
        Ok(Box::new(self.swaps(cells.model.iter().map(bin).collect())))
    }
}

impl State {
    fn embed(&mut self, cells: &[BinnedCell]) -> Result<Vec<f32>, PerturbError> {
        self.passes += cells.len() as u64;
        self.model.embed(cells, &|_| ()).map_err(|e| PerturbError::Model(e.into()))
    }

    /// The prototype itself.
    fn base(&mut self, prototype: CellId, cell: &BinnedCell) -> Result<Vec<f32>, PerturbError> {
        if let Some(known) = self.base.get(&prototype) {
            return Ok(known.to_vec());
        }
        let values = self.embed(std::slice::from_ref(cell))?;
        self.base.insert(prototype, values.as_slice().into());
        Ok(values)
    }

    /// Runs what is not known yet of these swaps, and returns all of them.
    fn passes(
        &mut self,
        prototype: CellId,
        cell: &BinnedCell,
        wanted: &[(u32, u16)],
    ) -> Result<Vec<f32>, PerturbError> {
        let known = self.kept.entry(prototype).or_insert_with(|| {
            self.order.push_back(prototype);
            Passes::new()
        });
        let missing: Vec<(u32, u16)> =
            wanted.iter().copied().filter(|swap| !known.contains_key(swap)).collect();
        let swapped: Vec<BinnedCell> = missing.iter().map(|&(gene, bin)| cell.with(gene, bin)).collect();
        let values = self.embed(&swapped)?;
        let latent = self.model.latent();
        let known = self.kept.entry(prototype).or_default();
        known.extend(missing.into_iter().zip(values.chunks(latent).map(Arc::from)));
        let found = wanted.iter().filter_map(|swap| known.get(swap)).flat_map(|row| row.iter().copied());
        let found = found.collect();
        self.kept_bytes += size_of_val(values.as_slice());
        self.forget(prototype);
        Ok(found)
    }

    /// Drops the oldest prototypes until the rest fits.
    fn forget(&mut self, current: CellId) {
        while self.kept_bytes > KEPT_BYTES
            && let Some(oldest) = self.order.front().copied().filter(|&oldest| oldest != current)
        {
            self.order.pop_front();
            let passes = self.kept.remove(&oldest).unwrap_or_default();
            self.kept_bytes -= passes.values().map(|row| size_of_val(&row[..])).sum::<usize>();
        }
    }
}

impl Perturb for ScgptSwaps<'_> {
    fn genes(&self) -> usize {
        self.swapper.tokenizer.tokens.len()
    }

    fn swaps(&self, prototype: CellId, counterfactuals: &[CellId]) -> Result<Swaps, PerturbError> {
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
                differences.into_iter().map(pass).collect()
            })
            .collect();
        let mut state = self.swapper.state.lock().unwrap_or_else(PoisonError::into_inner);
        let base = state.base(prototype, cell)?;
        Ok(Swaps { base, genes, embeddings: state.passes(prototype, cell, &wanted)? })
    }

    fn path(
        &self,
        prototype: CellId,
        counterfactual: CellId,
        order: &[u32],
        steps: &[u32],
    ) -> Result<Vec<f32>, PerturbError> {
        let (mut cell, other) = (self.cells[&prototype].clone(), &self.cells[&counterfactual]);
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
        let mut state = self.swapper.state.lock().unwrap_or_else(PoisonError::into_inner);
        let latent = state.model.latent();
        let values = state.embed(&distinct)?;
        Ok(place.into_iter().flat_map(|at| values[at * latent..(at + 1) * latent].to_vec()).collect())
    }

    fn value(&self, cell: CellId, gene: u32) -> f32 {
        f32::from(self.cells[&cell].bin(gene))
    }
}
