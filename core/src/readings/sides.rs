//! Presence and absence told apart: a swap speaks for presence where the prototype has more of the gene than the cell it
//! is compared with, for absence where it has less.

use crate::{
    attribution::{Attribution, PairScores, SwapScore},
    bundle::Side,
};

/// Mean effects of one attribution by side, `[genes]` each: the other side counts as zero, so that both together are the
/// paper's score wherever no prototype is at the edge.
#[derive(Clone, Debug, PartialEq)]
pub struct Sides {
    /// Where the prototype has more of the gene.
    pub presence: Vec<f32>,
    /// Where it has less.
    pub absence: Vec<f32>,
}

impl Sides {
    /// One side.
    pub fn of(&self, side: Side) -> &[f32] {
        match side {
            Side::Presence => &self.presence,
            Side::Absence => &self.absence,
        }
    }
}

/// Which prototypes are at the edge of TopK: the margin over the first concept left out is smaller than half of the
/// effects (those that are not 0, before TopK) that single swaps have. There, a swap that hardly matters can turn the
/// concept off altogether.
pub fn at_edge(attribution: &Attribution) -> Vec<bool> {
    let mut effects: Vec<Vec<f32>> = vec![Vec::new(); attribution.bases.len()];
    for pair in &attribution.pairs {
        let found = pair.swaps.iter().map(|swap| swap.pre.abs()).filter(|&effect| effect > 0.0);
        effects[pair.prototype].extend(found);
    }
    let bases = attribution.bases.iter().zip(&mut effects);
    bases.map(|(base, effects)| median(effects).is_some_and(|median| base.margin < median)).collect()
}

/// The lower of the middle values.
fn median(values: &mut [f32]) -> Option<f32> {
    let middle = values.len().checked_sub(1)? / 2;
    Some(*values.select_nth_unstable_by(middle, f32::total_cmp).1)
}

/// The effect of a swap that counts: before TopK where the prototype is at the edge, else after.
pub(super) fn effect(swap: &SwapScore, edge: bool) -> f32 {
    if edge { swap.pre } else { swap.post }
}

/// The side that a swap speaks for.
pub(super) fn side_of(swap: &SwapScore) -> Side {
    if swap.more { Side::Presence } else { Side::Absence }
}

/// Means over all pairs of an attribution of `genes` genes; `edge` has one entry a prototype.
pub fn sides(attribution: &Attribution, genes: usize, edge: &[bool]) -> Sides {
    let mut sums = [vec![0.0f64; genes], vec![0.0f64; genes]];
    for pair in &attribution.pairs {
        for swap in &pair.swaps {
            let sum = &mut sums[usize::from(!swap.more)][swap.gene as usize];
            *sum += f64::from(effect(swap, edge[pair.prototype]));
        }
    }
    let n = attribution.pairs.len().max(1) as f64;
    let [presence, absence] = sums.map(|sums| sums.into_iter().map(|sum| (sum / n) as f32).collect());
    Sides { presence, absence }
}

/// Mean effect of one gene on one side in each prototype; 0 where it is never swapped.
pub fn by_prototype(attribution: &Attribution, gene: u32, side: Side, edge: &[bool]) -> Vec<f32> {
    let mut sums = vec![(0.0f64, 0u32); attribution.bases.len()];
    for pair in &attribution.pairs {
        let (sum, pairs) = &mut sums[pair.prototype];
        *pairs += 1;
        if let Some(swap) = find(pair, gene).filter(|swap| side_of(swap) == side) {
            *sum += f64::from(effect(swap, edge[pair.prototype]));
        }
    }
    sums.into_iter().map(|(sum, pairs)| (sum / f64::from(pairs.max(1))) as f32).collect()
}

fn find(pair: &PairScores, gene: u32) -> Option<&SwapScore> {
    pair.swaps.binary_search_by_key(&gene, |swap| swap.gene).ok().map(|place| &pair.swaps[place])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::attribution::PrototypeBase;

    const GENES: usize = 6;

    /// Two pairs a prototype, of some genes each.
    fn attribution(effects: &[(u32, i8, i8, bool)], margins: &[i8]) -> Attribution {
        let mut pairs = Vec::new();
        for prototype in 0..margins.len() {
            for counterfactual in 0..2 {
                let own = effects
                    .iter()
                    .enumerate()
                    .filter(|(i, _)| i % (2 * margins.len()) == 2 * prototype + counterfactual);
                let mut swaps: Vec<SwapScore> = own
                    .map(|(_, &(gene, post, pre, more))| SwapScore {
                        gene: gene % GENES as u32,
                        post: f32::from(post) / 8.0,
                        pre: f32::from(pre) / 8.0,
                        more,
                    })
                    .collect();
                swaps.sort_by_key(|swap| swap.gene);
                swaps.dedup_by_key(|swap| swap.gene);
                pairs.push(PairScores { prototype, counterfactual, swaps });
            }
        }
        let mean = |of: fn(&SwapScore) -> f32| {
            (0..GENES as u32)
                .map(|gene| {
                    pairs.iter().filter_map(|pair| find(pair, gene)).map(|s| f64::from(of(s))).sum::<f64>()
                })
                .map(|sum| (sum / pairs.len() as f64) as f32)
                .collect()
        };
        let bases = margins.iter().map(|&m| PrototypeBase { activation: 1.0, margin: f32::from(m) / 8.0 });
        Attribution {
            scores: mean(|s| s.post),
            scores_pre_topk: mean(|s| s.pre),
            bases: bases.collect(),
            pairs,
        }
    }

    proptest! {
        #[test]
        fn both_sides_together_are_the_papers_score(
            effects in proptest::collection::vec((0u32..6, -9i8..9, -9i8..9, any::<bool>()), 0..60),
            margins in proptest::collection::vec(0i8..9, 1..4),
        ) {
            let found = attribution(&effects, &margins);
            let never = vec![false; margins.len()];
            let away = sides(&found, GENES, &never);
            let always = sides(&found, GENES, &vec![true; margins.len()]);
            for gene in 0..GENES {
                prop_assert!((away.presence[gene] + away.absence[gene] - found.scores[gene]).abs() < 1e-6);
                prop_assert!((always.presence[gene] + always.absence[gene] - found.scores_pre_topk[gene]).abs() < 1e-6);
                for side in Side::BOTH {
                    let by = by_prototype(&found, gene as u32, side, &never);
                    let mean = by.iter().sum::<f32>() / by.len() as f32;
                    prop_assert!((mean - away.of(side)[gene]).abs() < 1e-5);
                }
            }
        }
    }

    #[test]
    fn a_margin_below_half_of_the_effects_is_an_edge() {
        let effects = [(0, 8, 1, true), (0, 0, 0, true), (1, 8, -3, true), (1, 0, 0, true), (2, 8, 5, false)];
        // One prototype; its effects before TopK are 1/8, 3/8 and 5/8.
        assert_eq!(at_edge(&attribution(&effects, &[2])), [true]);
        assert_eq!(at_edge(&attribution(&effects, &[3])), [false]);
        assert_eq!(at_edge(&attribution(&[], &[0])), [false]);
    }
}
