//! Exact occlusion through Geneformer: a gene takes the counterfactual's count, and the cell's total and all ranks follow.
//! Many swaps change no rank, or the same two: every sequence that is another goes through the model once.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use cellprism_core::{
    attribution::{ChangedCell, Perturb, PerturbError, Swaps, differences},
    cells::SomeCells,
    embedding::geneformer::{RankTokenizer, RankedCells},
    ids::CellId,
};

use super::RankModel;
use crate::models::{Counted, Swapper};

/// Memory for embeddings that other concepts may ask for again.
const KEPT_BYTES: usize = 512 << 20;

/// A cell's tokens.
type Sequence = Arc<[u32]>;

/// Geneformer, through which genes are swapped.
#[derive(Debug)]
pub struct GeneformerSwapper {
    state: Mutex<State>,
    tokenizer: RankTokenizer,
}

/// Swaps of genes among some cells.
#[derive(Debug)]
pub struct GeneformerSwaps<'a> {
    swapper: &'a GeneformerSwapper,
    places: SomeCells<'a>,
    /// By place.
    cells: RankedCells<'a>,
}

#[derive(Debug)]
struct State {
    model: RankModel,
    kept: HashMap<Sequence, Arc<[f32]>>,
    /// Sequences in `kept`, oldest first.
    order: VecDeque<Sequence>,
    kept_bytes: usize,
    passes: u64,
}

/// Different sequences, and the place of each.
#[derive(Default)]
struct Distinct {
    sequences: Vec<Sequence>,
    places: HashMap<Sequence, u32>,
}

impl Distinct {
    fn place(&mut self, sequence: Sequence) -> u32 {
        *self.places.entry(sequence).or_insert_with_key(|sequence| {
            self.sequences.push(sequence.clone());
            self.sequences.len() as u32 - 1
        })
    }
}

impl GeneformerSwapper {
    /// With nothing known yet.
    pub fn new(model: RankModel) -> Self {
        let tokenizer = model.tokenizer().clone();
        let (kept, order) = (HashMap::new(), VecDeque::new());
        let state = State { model, kept, order, kept_bytes: 0, passes: 0 };
        Self { state: Mutex::new(state), tokenizer }
    }

    /// Swaps among cells with these counts and sums of all their counts.
    pub fn swaps<'a>(&'a self, cells: impl Into<SomeCells<'a>>, totals: &[f64]) -> GeneformerSwaps<'a> {
        let places = cells.into();
        GeneformerSwaps { swapper: self, places, cells: RankedCells::of(places.counts(), totals) }
    }

    /// Sequences that went through the model so far.
    pub fn passes(&self) -> u64 {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).passes
    }

    fn embed(&self, sequences: &[Sequence]) -> Result<Vec<f32>, PerturbError> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).embed(sequences)
    }
}

impl Swapper for GeneformerSwapper {
    fn among<'a>(&'a self, cells: Counted<'a>) -> anyhow::Result<Box<dyn Perturb + 'a>> {
        Ok(Box::new(self.swaps(cells.model, cells.totals)))
    }
}

impl<'a> GeneformerSwaps<'a> {
    fn row(&self, cell: CellId) -> (&'a [u32], &'a [f32]) {
        self.places.row(cell)
    }

    fn sequence(&self, cell: CellId, row: (&[u32], &[f32])) -> Sequence {
        self.swapper.tokenizer.sequence(row, self.cells.outside[self.places.place(cell)]).0.into()
    }
}

impl State {
    /// Embeddings of different sequences; those that are not known yet go through the model.
    fn embed(&mut self, sequences: &[Sequence]) -> Result<Vec<f32>, PerturbError> {
        let missing: Vec<Sequence> =
            sequences.iter().filter(|sequence| !self.kept.contains_key(*sequence)).cloned().collect();
        if sequences.iter().any(|sequence| !self.model.has_embedding(sequence)) {
            return Err(PerturbError::NoEmbedding(
                "a swap leaves a cell no gene that Geneformer knows, and so no mean over genes: leave out cells with a single \
                 gene, or import the model with --pooling cls",
            ));
        }
        let latent = self.model.graph().latent();
        let values = self.model.embed(&missing, &|_| ()).map_err(|e| PerturbError::Model(e.into()))?;
        self.passes += missing.len() as u64;
        for (sequence, row) in missing.into_iter().zip(values.chunks(latent)) {
            self.kept_bytes += size_of_val(&sequence[..]) + size_of_val(row);
            self.order.push_back(sequence.clone());
            self.kept.insert(sequence, row.into());
        }
        let found = sequences.iter().filter_map(|sequence| self.kept.get(sequence));
        let found = found.flat_map(|row| row.iter().copied()).collect();
        self.forget();
        Ok(found)
    }

    /// Drops the oldest until the rest fits.
    fn forget(&mut self) {
        while self.kept_bytes > KEPT_BYTES
            && let Some(oldest) = self.order.pop_front()
        {
            let row = self.kept.remove(&oldest).unwrap_or_default();
            self.kept_bytes -= size_of_val(&oldest[..]) + size_of_val(&row[..]);
        }
    }
}

impl Perturb for GeneformerSwaps<'_> {
    fn genes(&self) -> usize {
        self.places.genes()
    }

    fn swaps(&self, prototype: CellId, counterfactuals: &[CellId]) -> Result<Swaps, PerturbError> {
        let row = self.row(prototype);
        // The prototype as it is comes first: swaps that change no rank share its embedding.
        let mut distinct = Distinct::default();
        distinct.place(self.sequence(prototype, row));
        let mut known = HashMap::new();
        let genes = counterfactuals
            .iter()
            .map(|other| {
                let swap = |(gene, _, to): (u32, f32, f32)| {
                    let place = *known.entry((gene, to.to_bits())).or_insert_with(|| {
                        let swapped = ChangedCell::with(row, gene, to);
                        distinct.place(self.sequence(prototype, swapped.row()))
                    });
                    (gene, place)
                };
                differences(row, self.row(*other)).into_iter().map(swap).collect()
            })
            .collect();
        let embeddings = self.swapper.embed(&distinct.sequences)?;
        let latent = embeddings.len() / distinct.sequences.len();
        Ok(Swaps { base: embeddings[..latent].to_vec(), genes, embeddings })
    }

    fn path(
        &self,
        prototype: CellId,
        counterfactual: CellId,
        order: &[u32],
        steps: &[u32],
    ) -> Result<Vec<f32>, PerturbError> {
        let mut cell = ChangedCell::of(self.row(prototype));
        let (mut distinct, mut places, mut done) = (Distinct::default(), Vec::with_capacity(steps.len()), 0);
        for &step in steps {
            for &gene in order.iter().take(step as usize).skip(done) {
                cell.set(gene, self.places.get(counterfactual, gene as usize));
            }
            done = done.max(step as usize);
            places.push(distinct.place(self.sequence(prototype, cell.row())) as usize);
        }
        let values = self.swapper.embed(&distinct.sequences)?;
        let latent = values.len() / distinct.sequences.len().max(1);
        Ok(places
            .into_iter()
            .flat_map(|place| values[place * latent..(place + 1) * latent].to_vec())
            .collect())
    }

    fn value(&self, cell: CellId, gene: u32) -> f32 {
        self.cells.per_10_000(self.places.place(cell), gene as usize)
    }
}
