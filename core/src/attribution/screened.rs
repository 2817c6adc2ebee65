//! Attribution through a model whose passes are dear: the gradient says of every gene how far its swap would go, the leading
//! genes are swapped, and so is a random sample of the others. The sample bounds what was passed over.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Mutex, PoisonError},
};

use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::{
    deletion::random_order,
    detail::ScreenOutcome,
    occlusion::{Attribution, ConceptCells},
    parameters::Screening,
    perturb::{Perturb, PerturbError, Swaps},
    reader::ConceptReader,
};
use crate::{
    ids::{CellId, ConceptId, GeneId},
    stats::upper_bound,
};

/// How sure the bound is.
pub const CONFIDENCE: f64 = 0.95;

/// For each counterfactual the genes that differ, and how far the gradient says that the concept's value before TopK rises.
type Estimates = Vec<Vec<(u32, f32)>>;
/// A prototype and its counterfactuals.
type Pairs = (CellId, Vec<CellId>);

/// A model through which, for one concept, only some genes are swapped. A gene that is not gets the embedding that lies along
/// the concept's direction from the prototype's, as far as the gradient says.
#[derive(Debug)]
pub struct Screened<'a, M: ?Sized> {
    model: &'a M,
    direction: Vec<f32>,
    /// Genes of largest estimate.
    leading: BTreeSet<u32>,
    /// Genes drawn among the others.
    sampled: BTreeSet<u32>,
    /// Genes that differ in some pair and are neither.
    rest: u32,
    /// What was estimated for the pairs that decide on the genes.
    known: Mutex<HashMap<Pairs, Estimates>>,
}

impl<'a, M: Perturb + ?Sized> Screened<'a, M> {
    /// Chooses the genes by the pairs that a concept's attribution is the mean over.
    ///
    /// # Errors
    /// If the model cannot be run, or has no gradient.
    pub fn choose(
        model: &'a M,
        reader: &ConceptReader,
        concept: ConceptId,
        cells: &ConceptCells,
        counterfactuals: usize,
        screening: &Screening,
    ) -> Result<Self, PerturbError> {
        let direction = reader.direction(concept).to_vec();
        let mut sums: HashMap<u32, f64> = HashMap::new();
        let mut known = HashMap::new();
        for (&(prototype, _), near) in cells.prototypes.iter().zip(&cells.counterfactuals) {
            let others: Vec<CellId> = near.iter().take(counterfactuals).map(|near| near.cell).collect();
            let estimates = model.estimate(prototype, &others, &direction)?;
            for &(gene, rise) in estimates.iter().flatten() {
                *sums.entry(gene).or_default() += f64::from(rise);
            }
            known.insert((prototype, others), estimates);
        }
        let mut genes: Vec<(u32, f64)> = sums.into_iter().collect();
        genes.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then(a.0.cmp(&b.0)));
        let leading = (screening.leading as usize).min(genes.len());
        let others = &genes[leading..];
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(screening.seed ^ (u64::from(concept.0) << 32));
        let drawn = random_order(others.len(), (screening.sample as usize).min(others.len()), &mut rng);
        let sampled: BTreeSet<u32> = drawn.into_iter().map(|place| others[place as usize].0).collect();
        Ok(Self {
            model,
            direction,
            leading: genes[..leading].iter().map(|&(gene, _)| gene).collect(),
            rest: (others.len() - sampled.len()) as u32,
            sampled,
            known: Mutex::new(known),
        })
    }

    /// Genes that are swapped, rising; the scores of all others are estimates.
    pub fn swapped(&self) -> Vec<GeneId> {
        self.leading.union(&self.sampled).map(|&gene| GeneId(gene)).collect()
    }

    /// What the sample says of an attribution through this model: how many of the genes passed over are as important as
    /// `threshold`.
    pub fn outcome(&self, attribution: &Attribution, threshold: f64) -> ScreenOutcome {
        let missed = |&&gene: &&u32| f64::from(attribution.scores[gene as usize]).abs() > threshold;
        let missed = self.sampled.iter().filter(missed).count() as u32;
        let sampled = self.sampled.len() as u32;
        ScreenOutcome {
            leading: self.leading.len() as u32,
            sampled,
            rest: self.rest,
            missed,
            bound: bound(self.rest, missed, sampled),
        }
    }
}

/// What the samples of several concepts say together; nothing where there is none.
pub fn together<'a>(each: impl IntoIterator<Item = &'a ScreenOutcome>) -> Option<ScreenOutcome> {
    let each: Vec<&ScreenOutcome> = each.into_iter().collect();
    let sum = |of: fn(&ScreenOutcome) -> u32| each.iter().map(|outcome| of(outcome)).sum::<u32>();
    let (sampled, rest, missed) = (sum(|o| o.sampled), sum(|o| o.rest), sum(|o| o.missed));
    let bound = bound(rest, missed, sampled);
    (!each.is_empty()).then(|| ScreenOutcome { leading: sum(|o| o.leading), sampled, rest, missed, bound })
}

fn bound(rest: u32, missed: u32, sampled: u32) -> f64 {
    if rest == 0 { 0.0 } else { upper_bound(missed, sampled, CONFIDENCE) }
}

impl<M: Perturb + ?Sized> Perturb for Screened<'_, M> {
    fn genes(&self) -> usize {
        self.model.genes()
    }

    fn swaps(&self, prototype: CellId, counterfactuals: &[CellId]) -> Result<Swaps, PerturbError> {
        let pairs = (prototype, counterfactuals.to_vec());
        let decided = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&pairs).cloned();
        // The sample is for the mean over the pairs that decided.
        let swapped =
            |gene: u32| self.leading.contains(&gene) || (decided.is_some() && self.sampled.contains(&gene));
        let exact = self.model.swaps_of(prototype, counterfactuals, &swapped)?;
        let estimates = match &decided {
            Some(estimates) => estimates.clone(),
            None => self.model.estimate(prototype, counterfactuals, &self.direction)?,
        };
        let square: f64 = self.direction.iter().map(|&w| f64::from(w).powi(2)).sum();
        let Swaps { base, genes: swaps, mut embeddings } = exact;
        let mut genes = Vec::with_capacity(estimates.len());
        for (estimates, swaps) in estimates.into_iter().zip(swaps) {
            let mut of_pair = Vec::with_capacity(estimates.len());
            for (gene, rise) in estimates {
                let row = match swaps.binary_search_by_key(&gene, |swap| swap.0) {
                    Ok(place) => swaps[place].1,
                    Err(_) => {
                        let along = if square > 0.0 { (f64::from(rise) / square) as f32 } else { 0.0 };
                        let row = embeddings.len() / self.direction.len().max(1);
                        embeddings.extend(base.iter().zip(&self.direction).map(|(x, w)| x + along * w));
                        row as u32
                    }
                };
                of_pair.push((gene, row));
            }
            genes.push(of_pair);
        }
        Ok(Swaps { base, genes, embeddings })
    }

    fn path(
        &self,
        prototype: CellId,
        counterfactual: CellId,
        order: &[u32],
        steps: &[u32],
    ) -> Result<Vec<f32>, PerturbError> {
        self.model.path(prototype, counterfactual, order, steps)
    }

    fn value(&self, cell: CellId, gene: u32) -> f32 {
        self.model.value(cell, gene)
    }

    fn values(&self, cell: CellId) -> Vec<f32> {
        self.model.values(cell)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{attribution::attribute, embedding::nearest::Neighbour};

    /// A model of two dimensions in which every gene moves the first by its own amount; genes 30 and later have no gradient.
    struct Moves;

    const GENES: u32 = 40;

    fn moves(gene: u32) -> f32 {
        if gene == 35 { 0.9 } else { 0.3 / (1.0 + gene as f32) }
    }

    impl Perturb for Moves {
        fn genes(&self) -> usize {
            GENES as usize
        }

        fn swaps(&self, prototype: CellId, others: &[CellId]) -> Result<Swaps, PerturbError> {
            self.swaps_of(prototype, others, &|_| true)
        }

        fn swaps_of(
            &self,
            _: CellId,
            others: &[CellId],
            wanted: &dyn Fn(u32) -> bool,
        ) -> Result<Swaps, PerturbError> {
            let genes: Vec<u32> = (0..GENES).filter(|&gene| wanted(gene)).collect();
            let rows: Vec<(u32, u32)> = genes.iter().copied().zip(0..).collect();
            let embeddings = genes.iter().flat_map(|&gene| [1.0 - moves(gene), 0.0]).collect();
            Ok(Swaps { base: vec![1.0, 0.0], genes: vec![rows; others.len()], embeddings })
        }

        fn estimate(
            &self,
            _: CellId,
            others: &[CellId],
            direction: &[f32],
        ) -> Result<Vec<Vec<(u32, f32)>>, PerturbError> {
            let rise = |gene: u32| if gene < 30 { -moves(gene) * direction[0] } else { 0.0 };
            Ok(vec![(0..GENES).map(|gene| (gene, rise(gene))).collect(); others.len()])
        }

        fn path(&self, _: CellId, _: CellId, _: &[u32], steps: &[u32]) -> Result<Vec<f32>, PerturbError> {
            Ok(vec![1.0; 2 * steps.len()])
        }

        fn value(&self, cell: CellId, _: u32) -> f32 {
            cell.0 as f32
        }
    }

    fn cells() -> ConceptCells {
        let near = Neighbour { cell: CellId(1), distance: 1.0 };
        ConceptCells { prototypes: vec![(CellId(0), 2.0)], counterfactuals: vec![vec![near]] }
    }

    #[test]
    fn genes_that_are_not_swapped_are_estimated_and_the_sample_tells_what_was_missed() {
        let reader = ConceptReader::new(&[2.0, 0.0, 0.0, 1.0], &[0.0, 0.0], None, 2);
        let (concept, cells) = (ConceptId(0), cells());
        let exact = attribute(&Moves, &reader, concept, &cells, 1).unwrap();
        let with = |leading, sample| {
            let screening = Screening { leading, sample, seed: 1 };
            let model = Screened::choose(&Moves, &reader, concept, &cells, 1, &screening).unwrap();
            let found = attribute(&model, &reader, concept, &cells, 1).unwrap();
            (model.outcome(&found, 0.05), found)
        };
        let swapped =
            |screened: &Screened<'_, Moves>| screened.swapped().iter().map(|g| g.0).collect::<Vec<_>>();
        let screening = Screening { leading: 5, sample: 0, seed: 1 };
        let five = Screened::choose(&Moves, &reader, concept, &cells, 1, &screening).unwrap();
        assert_eq!(swapped(&five), [0, 1, 2, 3, 4], "largest estimates");
        let (outcome, found) = with(5, 0);
        assert_eq!((outcome.leading, outcome.sampled, outcome.rest, outcome.bound), (5, 0, 35, 1.0));
        for gene in 0..30 {
            assert!((found.scores[gene] - exact.scores[gene]).abs() < 1e-6, "{gene}");
        }
        assert_eq!(found.scores[35], 0.0, "what the gradient does not see");
        let (outcome, found) = with(5, 35);
        assert_eq!((outcome.rest, outcome.bound), (0, 0.0), "all were swapped");
        assert_eq!(found, exact);
        let missed = exact.scores[5..].iter().filter(|score| **score > 0.05).count() as u32;
        assert_eq!(outcome.missed, missed);
        let (outcome, _) = with(5, 20);
        assert!(outcome.bound > f64::from(outcome.missed) / 20.0 && outcome.bound < 1.0);
        assert_eq!(with(5, 20).0, outcome, "seeded");
    }
}
