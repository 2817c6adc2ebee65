//! Enrichment scores of all sets under many permutations, block by block.

use std::ops::ControlFlow;

use super::{
    permutations::Permutations,
    places::{LANES, Place, Weight, Weights},
    walk::{AllZero, HALF, Scratch, WIDE, prefix_scores, scores},
};
use crate::{
    parallel,
    simd::{Simd, WithSimd, widest},
};

/// Blocks of permutations made before they are walked: bounds the memory, feeds the threads.
pub(super) const GROUP: usize = 8;
/// Permutations are drawn by so many: who draws more from the same source later gets what he always got.
const DRAWN: usize = 16;
/// Genes up to which so many blocks are made; of longer rankings fewer.
const LONGEST_SHORT: usize = 1 << 16;

/// The work was stopped by its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stopped")]
pub struct Cancelled;

/// Told the share done, 0 to 1; says whether to go on.
pub type Watch<'a> = &'a mut dyn FnMut(f64) -> ControlFlow<()>;

/// Enrichment scores `[sets][permutations]` of sets given as places in the unpermuted ranking.
///
/// `weights` are |score|^weight in ranking order; `zero` says what sets count that are dealt weights of 0 only.
///
/// # Errors
/// If `watch` says to stop.
pub fn null_scores(
    weights: &[f64],
    sets: &[&[u32]],
    zero: AllZero,
    permutations: usize,
    source: &mut (impl Permutations + Send),
    watch: Watch<'_>,
) -> Result<Vec<Vec<f64>>, Cancelled> {
    if weights.len() <= usize::from(u16::MAX) + 1 {
        run::<u16>(weights, sets, zero, permutations, source, watch)
    } else {
        run::<u32>(weights, sets, zero, permutations, source, watch)
    }
}

fn run<P: Place>(
    weights: &[f64],
    sets: &[&[u32]],
    zero: AllZero,
    permutations: usize,
    source: &mut (impl Permutations + Send),
    watch: Watch<'_>,
) -> Result<Vec<Vec<f64>>, Cancelled> {
    let dealt = Weights::of(weights);
    let mut order: Vec<u32> = (0..weights.len() as u32).collect();
    let mut out: Vec<Vec<f64>> = parallel::map(sets.len(), |_| Vec::with_capacity(permutations));
    let together = LANES * (GROUP * LONGEST_SHORT / weights.len().max(1)).clamp(1, GROUP);
    let mut made = together.min(permutations);
    let mut tables = make_tables::<P>(made, Vec::new(), &mut order, source);
    let (mut spare, mut walked) = (Vec::new(), Vec::new());
    while !tables.is_empty() {
        let next = together.min(permutations - made);
        // The shuffles depend on each other, so the next ones are made while these are walked.
        let ((), more) = parallel::both(
            || {
                walked.resize_with(tables.len(), Vec::new);
                parallel::for_each_mut(&mut walked, |b, block| {
                    walk_block(&dealt, &tables[b], Sets::Any(sets), zero, block);
                });
            },
            || make_tables::<P>(next, std::mem::take(&mut spare), &mut order, source),
        );
        append(&mut out, &walked, permutations);
        spare = std::mem::replace(&mut tables, more);
        if watch(made as f64 / permutations as f64).is_break() {
            return Err(Cancelled);
        }
        made += next;
    }
    Ok(out)
}

/// Puts `[blocks][sets][lanes]` after what `[sets]` have, up to so many permutations.
pub(super) fn append(out: &mut [Vec<f64>], walked: &[Vec<[f64; LANES]>], permutations: usize) {
    parallel::for_each_mut(out, |set, scores| {
        for block in walked {
            let lanes = LANES.min(permutations.saturating_sub(scores.len()));
            scores.extend_from_slice(&block[set][..lanes]);
        }
    });
}

/// `table[gene][lane]`: the place of each gene under [`LANES`] permutations, for so many of them; `spare` tables are written
/// over.
pub(super) fn make_tables<P: Place>(
    permutations: usize,
    mut spare: Vec<Vec<[P; LANES]>>,
    order: &mut [u32],
    source: &mut impl Permutations,
) -> Vec<Vec<[P; LANES]>> {
    spare.resize_with(permutations.div_ceil(LANES), Vec::new);
    let mut left = permutations.next_multiple_of(DRAWN);
    for table in &mut spare {
        table.resize(order.len(), [P::default(); LANES]);
        let lanes = left.min(LANES);
        left -= lanes;
        (0..lanes).for_each(|lane| {
            source.next(order);
            for (place, &gene) in order.iter().enumerate() {
                table[gene as usize][lane] = P::from_index(place);
            }
        });
    }
    spare
}

/// Gene sets that are walked together.
#[derive(Clone, Copy)]
pub(super) enum Sets<'a> {
    /// Any, as genes.
    Any(&'a [&'a [u32]]),
    /// The first genes, so many as each of these sizes, which rise.
    Prefixes(&'a [usize]),
}

impl Sets<'_> {
    pub(super) fn len(self) -> usize {
        match self {
            Self::Any(sets) => sets.len(),
            Self::Prefixes(sizes) => sizes.len(),
        }
    }
}

/// Walks all sets under a block of permutations.
pub(super) fn walk_block<P: Place>(
    weights: &Weights<P>,
    table: &[[P; LANES]],
    sets: Sets<'_>,
    zero: AllZero,
    out: &mut Vec<[f64; LANES]>,
) {
    match weights {
        Weights::Single(weights) => widest(WalkSets::<P, f32> { weights, table, sets, zero, out }),
        Weights::Double(weights) => widest(WalkSets::<P, f64> { weights, table, sets, zero, out }),
    }
}

struct WalkSets<'a, P: Place, W: Weight> {
    weights: &'a P::Table<W>,
    table: &'a [[P; LANES]],
    sets: Sets<'a>,
    zero: AllZero,
    out: &'a mut Vec<[f64; LANES]>,
}

impl<P: Place, W: Weight> WithSimd for WalkSets<'_, P, W> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match S::F64_LANES {
            8 => self.walk::<S, WIDE>(simd),
            _ => self.walk::<S, HALF>(simd),
        }
    }
}

impl<P: Place, W: Weight> WalkSets<'_, P, W> {
    #[inline(always)]
    fn walk<S: Simd, const WIDTH: usize>(self, simd: S) {
        let mut scratch = Scratch::<P, W, WIDTH>::default();
        self.out.clear();
        self.out.reserve(self.sets.len());
        let Self { weights, table, zero, .. } = self;
        match self.sets {
            Sets::Any(sets) => {
                for set in sets {
                    self.out.push(scores(simd, weights, table, set, zero, &mut scratch));
                }
            }
            Sets::Prefixes(sizes) => {
                prefix_scores(simd, weights, table, sizes, zero, &mut scratch, |found| self.out.push(found));
            }
        }
    }
}
