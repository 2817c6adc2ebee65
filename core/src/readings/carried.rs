//! Genes that several cells carry, counted on prototypes that did not rank them.

use super::sides::{effect, side_of};
use crate::{attribution::Attribution, bundle::Side, concepts::ActiveCells, ids::CellId};

/// In how many held-out prototypes a gene's mean effect on a side is large enough, `[genes]` each.
#[derive(Clone, Debug, PartialEq)]
pub struct Carried {
    /// Where the prototype has more of the gene.
    pub presence: Vec<u32>,
    /// Where it has less.
    pub absence: Vec<u32>,
}

impl Carried {
    /// One side.
    pub fn of(&self, side: Side) -> &[u32] {
        match side {
            Side::Presence => &self.presence,
            Side::Absence => &self.absence,
        }
    }
}

/// Counts, for each gene, the prototypes of `held_out` in which its mean effect exceeds `share` of the activation.
/// A prototype that the model embeds to an activation of 0 carries nothing.
pub fn carried(held_out: &Attribution, genes: usize, edge: &[bool], share: f64) -> Carried {
    let mut counts = [vec![0u32; genes], vec![0u32; genes]];
    for (prototype, base) in held_out.bases.iter().enumerate() {
        let own = || held_out.pairs.iter().filter(|pair| pair.prototype == prototype);
        let pairs = own().count();
        let limit = share * f64::from(base.activation) * pairs as f64;
        if limit <= 0.0 {
            continue;
        }
        let mut sums = [vec![0.0f64; genes], vec![0.0f64; genes]];
        for swap in own().flat_map(|pair| &pair.swaps) {
            let side = usize::from(side_of(swap) == Side::Absence);
            sums[side][swap.gene as usize] += f64::from(effect(swap, edge[prototype]));
        }
        for (counts, sums) in counts.iter_mut().zip(sums) {
            counts.iter_mut().zip(sums).for_each(|(count, sum)| *count += u32::from(sum > limit));
        }
    }
    let [presence, absence] = counts;
    Carried { presence, absence }
}

/// Held-out prototypes that a headline gene needs: the share of them, rounded up.
pub fn headline(held_out: usize, share: f64) -> u32 {
    (held_out as f64 * share).ceil().max(1.0) as u32
}

/// Some active cells with their activations, most active first.
pub type ActivePart = Vec<(CellId, f32)>;

/// Whether so many held-out prototypes, of those wanted, say more than the prototypes themselves: half of them do, a few left
/// over would not.
pub fn are_enough(found: usize, wanted: usize) -> bool {
    found >= wanted.div_ceil(2)
}

/// The active cells next in activation to `prototypes` most active ones, `n` of them; those prototypes themselves where
/// there are no others (the flag says so). Ties go to the lowest cell index.
pub fn held_out(active: &ActiveCells, prototypes: usize, n: usize) -> (ActivePart, bool) {
    let all = active.prototypes(prototypes + n);
    if all.len() >= prototypes && are_enough(all.len() - prototypes, n) {
        (all[prototypes..].to_vec(), false)
    } else {
        (all[..all.len().min(prototypes)].to_vec(), true)
    }
}

/// `n` of the active cells from as many quantiles of their activation, the middle one of each, most active first; and the
/// ones next to them, as held-out prototypes.
pub fn spread(active: &ActiveCells, n: usize) -> (ActivePart, ActivePart) {
    let all = active.prototypes(active.len());
    let middle = |i: usize| (2 * i + 1) * all.len() / (2 * n);
    let taken: Vec<usize> =
        if all.len() <= n { (0..all.len()).collect() } else { (0..n).map(middle).collect() };
    let next =
        taken.iter().map(|place| place + 1).filter(|place| *place < all.len() && !taken.contains(place));
    (taken.iter().map(|&place| all[place]).collect(), next.map(|place| all[place]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribution::{PairScores, PrototypeBase, SwapScore};

    #[test]
    fn one_cells_outlier_is_carried_once() {
        let swap = |gene, post, more| SwapScore { gene, post, pre: 0.0, more };
        let pair = |prototype, swaps| PairScores { prototype, counterfactual: 0, swaps };
        let found = Attribution {
            scores: vec![0.0; 3],
            scores_pre_topk: vec![0.0; 3],
            pairs: vec![
                pair(0, vec![swap(0, 5.0, true), swap(1, 0.05, true)]),
                pair(1, vec![swap(0, 0.0, true), swap(1, 0.05, true), swap(2, 0.05, false)]),
                pair(2, vec![swap(1, 0.05, true)]),
            ],
            bases: [1.0, 2.0, 0.0].map(|activation| PrototypeBase { activation, margin: 9.0 }).to_vec(),
        };
        let counted = carried(&found, 3, &[false; 3], 0.02);
        assert_eq!((counted.presence, counted.absence), (vec![1, 2, 0], vec![0, 0, 1]));
        assert_eq!([headline(10, 0.4), headline(3, 0.4), headline(0, 0.4)], [4, 2, 1]);
    }

    #[test]
    fn held_out_cells_are_the_next_ones() {
        let active = |n: u32| ActiveCells {
            cells: (0..n).map(CellId).collect(),
            values: (0..n).map(|i| 100.0 - i as f32).collect(),
        };
        let ids = |found: &[(CellId, f32)]| found.iter().map(|f| f.0.0).collect::<Vec<_>>();
        let (next, same) = held_out(&active(9), 3, 4);
        assert_eq!((ids(&next), same), (vec![3, 4, 5, 6], false));
        let (next, same) = held_out(&active(4), 3, 4);
        assert_eq!((ids(&next), same), (vec![0, 1, 2], true));
        let (taken, next) = spread(&active(20), 4);
        assert_eq!((ids(&taken), ids(&next)), (vec![2, 7, 12, 17], vec![3, 8, 13, 18]));
        let (taken, next) = spread(&active(2), 4);
        assert_eq!((ids(&taken), ids(&next)), (vec![0, 1], vec![]));
    }
}
