//! Enrichment scores of all sets under many permutations, block by block.

use std::ops::ControlFlow;

use super::{
    network::Network,
    permutations::Permutations,
    walk::{AllZero, HALF, LANES, Place, Scratch, scores},
};
use crate::{
    parallel,
    simd::{Simd, WithSimd, widest},
};

/// Blocks of permutations made before they are walked: bounds the memory, feeds the threads.
pub(super) const GROUP: usize = 8;
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
    let networks = networks(sets);
    let dealt = P::weights(weights);
    let mut order: Vec<u32> = (0..weights.len() as u32).collect();
    let mut out: Vec<Vec<f64>> = parallel::map(sets.len(), |_| Vec::with_capacity(permutations));
    let blocks = permutations.div_ceil(LANES);
    let group = (GROUP * LONGEST_SHORT / weights.len().max(1)).clamp(1, GROUP);
    let mut tables = make_tables::<P>(group.min(blocks), Vec::new(), &mut order, source);
    let (mut spare, mut walked) = (Vec::new(), Vec::new());
    let mut done = 0;
    while done < blocks {
        let next = group.min(blocks - done - tables.len());
        // The shuffles depend on each other, so the next ones are made while these are walked.
        let ((), made) = parallel::both(
            || {
                walked.resize_with(tables.len(), Vec::new);
                parallel::for_each_mut(&mut walked, |b, block| {
                    walk_block(&dealt, &tables[b], sets, zero, &networks, block);
                });
            },
            || make_tables::<P>(next, std::mem::take(&mut spare), &mut order, source),
        );
        append(&mut out, &walked, permutations);
        done += tables.len();
        spare = std::mem::replace(&mut tables, made);
        if watch(done as f64 / blocks as f64).is_break() {
            return Err(Cancelled);
        }
    }
    Ok(out)
}

/// How sets of every size in use are sorted.
pub(super) fn networks(sets: &[&[u32]]) -> Vec<Option<Network>> {
    let longest = sets.iter().map(|set| set.len()).max().unwrap_or(0);
    let mut networks: Vec<Option<Network>> = (0..=longest).map(|_| None).collect();
    for set in sets {
        networks[set.len()].get_or_insert_with(|| Network::new(set.len()));
    }
    networks
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

/// `table[gene][lane]`: the place of each gene under [`LANES`] permutations; `spare` ones are written over.
pub(super) fn make_tables<P: Place>(
    blocks: usize,
    mut spare: Vec<Vec<[P; LANES]>>,
    order: &mut [u32],
    source: &mut impl Permutations,
) -> Vec<Vec<[P; LANES]>> {
    spare.resize_with(blocks, Vec::new);
    for table in &mut spare {
        table.resize(order.len(), [P::default(); LANES]);
        (0..LANES).for_each(|lane| {
            source.next(order);
            for (place, &gene) in order.iter().enumerate() {
                table[gene as usize][lane] = P::from_index(place);
            }
        });
    }
    spare
}

/// Walks all sets under a block of permutations.
pub(super) fn walk_block<P: Place>(
    weights: &P::Weights,
    table: &[[P; LANES]],
    sets: &[&[u32]],
    zero: AllZero,
    networks: &[Option<Network>],
    out: &mut Vec<[f64; LANES]>,
) {
    widest(WalkSets { weights, table, sets, zero, networks, out });
}

struct WalkSets<'a, P: Place> {
    weights: &'a P::Weights,
    table: &'a [[P; LANES]],
    sets: &'a [&'a [u32]],
    zero: AllZero,
    networks: &'a [Option<Network>],
    out: &'a mut Vec<[f64; LANES]>,
}

impl<P: Place> WithSimd for WalkSets<'_, P> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        match S::F64_LANES {
            8 => self.walk::<LANES>(),
            _ => self.walk::<HALF>(),
        }
    }
}

impl<P: Place> WalkSets<'_, P> {
    #[inline(always)]
    fn walk<const WIDTH: usize>(self) {
        let mut scratch = Scratch::<P, WIDTH>::default();
        self.out.clear();
        self.out.reserve(self.sets.len());
        for set in self.sets {
            // There is one for every size.
            if let Some(network) = &self.networks[set.len()] {
                self.out.push(scores(self.weights, self.table, set, network, self.zero, &mut scratch));
            }
        }
    }
}
