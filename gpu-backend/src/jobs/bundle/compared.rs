//! The cells that a concept is read from: prototypes, held-out ones, their counterfactuals, typical inactive cells, and
//! the two sides of the test of differential expression. Neighbours are looked for at once for all concepts, which share
//! most of the distances.

use cellprism_core::{
    attribution::{ConceptCells, cells_near},
    bundle::{AttributionParameters, PrototypesFrom, ReadingParameters},
    concepts::ActiveCells,
    ids::{CellId, ConceptId},
    readings::{FurtherCells, held_out, spread},
};

use super::{context::Context, subject::Subject};
use crate::{jobs::fetched::every_cell, work::progress::Progress};

/// Nearest cells kept for each prototype, so that a reader can choose another number.
const KEPT_COUNTERFACTUALS: usize = 6;
/// Most cells on either side of the test (Appendix C).
const TEST_CELLS: usize = 1000;

/// Counterfactuals of each prototype.
pub fn kept(parameters: &AttributionParameters) -> usize {
    KEPT_COUNTERFACTUALS.max(parameters.counterfactuals as usize)
}

/// Cells of one concept.
pub struct Compared {
    /// The concept.
    pub concept: ConceptId,
    /// Prototypes and the nearest cells that do not activate the concept.
    pub cells: ConceptCells,
    /// Held-out prototypes, and the prototypes with typical inactive cells.
    pub further: FurtherCells,
    /// The most active cells.
    pub group: Vec<CellId>,
    /// For each of them the nearest cell that does not activate the concept, every cell once.
    pub reference: Vec<CellId>,
}

/// What the cells are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All that is read of a concept.
    Everything,
    /// Its labels only: no held-out cells, and none for the test of differential expression.
    Labels,
}

/// Which cells neighbours are looked for.
struct Wanted {
    prototypes: Vec<(CellId, f32)>,
    held_out: Vec<(CellId, f32)>,
    group: Vec<(CellId, f32)>,
}

impl Wanted {
    fn of(
        active: &ActiveCells,
        attribution: &AttributionParameters,
        reading: Option<&ReadingParameters>,
        scope: Scope,
    ) -> Self {
        let n = attribution.prototypes as usize;
        let held = reading.map_or(0, |reading| reading.held_out as usize);
        let (prototypes, held_out) = match attribution.prototypes_from {
            PrototypesFrom::Top => {
                let (next, same) = held_out(active, n, held);
                (active.prototypes(n), if same { Vec::new() } else { next })
            }
            PrototypesFrom::Spread => {
                let (taken, mut next) = spread(active, n);
                next.truncate(held);
                (taken, next)
            }
        };
        match scope {
            Scope::Everything => Self { prototypes, held_out, group: active.prototypes(TEST_CELLS) },
            Scope::Labels => Self { prototypes, held_out: Vec::new(), group: Vec::new() },
        }
    }

    /// All of them with the number of neighbours.
    fn queries(&self, attribution: &AttributionParameters) -> Vec<((CellId, f32), usize)> {
        let each =
            |cells: &[(CellId, f32)], n: usize| cells.iter().map(|&cell| (cell, n)).collect::<Vec<_>>();
        let mut all = each(&self.prototypes, kept(attribution));
        all.extend(each(&self.held_out, attribution.counterfactuals as usize));
        all.extend(each(&self.group, 1));
        all
    }
}

impl Compared {
    /// The cells of some concepts, in their order.
    pub fn find(
        context: &Context,
        subject: &Subject,
        concepts: &[ConceptId],
        scope: Scope,
        progress: &dyn Progress,
    ) -> Vec<Self> {
        let attribution = &context.parameters.attribution;
        let reading = context.parameters.reading.as_ref();
        let of = |&id: &ConceptId| Wanted::of(subject.activations.of(id), attribution, reading, scope);
        let wanted: Vec<Wanted> = concepts.iter().map(of).collect();
        let queries: Vec<_> = wanted.iter().map(|wanted| wanted.queries(attribution)).collect();
        let total: usize = queries.iter().map(Vec::len).sum();
        let steps = progress.begin("neighbours", total as u64, "cells");
        let embeddings = context.embeddings();
        let found = cells_near(&subject.activations, concepts, embeddings, queries, |cells| {
            steps.advance(cells as u64);
        });
        steps.finish();
        let of = |(wanted, (&concept, found)): (Wanted, (&ConceptId, ConceptCells))| {
            Self::new(context, subject, concept, &wanted, found)
        };
        wanted.into_iter().zip(concepts.iter().zip(found)).map(of).collect()
    }

    /// Every cell in which genes are swapped or from which they are taken, ascending.
    pub fn swapped(&self) -> Vec<CellId> {
        let FurtherCells { held_out, typical, .. } = &self.further;
        every_cell([Some(&self.cells), held_out.as_ref(), typical.as_ref()].into_iter().flatten())
    }

    fn new(
        context: &Context,
        subject: &Subject,
        concept: ConceptId,
        wanted: &Wanted,
        found: ConceptCells,
    ) -> Self {
        let mut near = found.counterfactuals.into_iter();
        let mut take = |cells: &[(CellId, f32)]| ConceptCells {
            prototypes: cells.to_vec(),
            counterfactuals: near.by_ref().take(cells.len()).collect(),
        };
        let (cells, held_out, tested) =
            (take(&wanted.prototypes), take(&wanted.held_out), take(&wanted.group));
        let mut reference: Vec<CellId> =
            tested.counterfactuals.iter().filter_map(|near| near.first()).map(|near| near.cell).collect();
        reference.sort_unstable();
        reference.dedup();
        let further = FurtherCells {
            held_out: (!held_out.prototypes.is_empty()).then_some(held_out),
            typical: context.parameters.reading.as_ref().and_then(|reading| {
                let active = subject.activations.of(concept);
                context.pool.beside((concept, active), &cells, context.counts.totals(), reading)
            }),
            balanced_over: context.primary().map(|column| column.name.clone()),
        };
        let group = wanted.group.iter().map(|&(cell, _)| cell).collect();
        Self { concept, cells, further, group, reference }
    }
}
