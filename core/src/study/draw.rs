//! Which concepts and neurons are shown, and in which order: drawn by seed, each choice from a stream of its own.

use crate::{
    ids::ConceptId,
    sae::train::{Purpose, generator, shuffle},
};

/// Shuffles that are tried for an order in which repeats lie far apart.
const ORDERS: u32 = 64;

/// What is drawn.
#[derive(Clone, Copy)]
enum Draw {
    Concepts,
    Neurons,
    Repeated,
    Order(u32),
    Cells(u32),
}

fn shuffled<T>(seed: u64, draw: Draw, mut items: Vec<T>) -> Vec<T> {
    let number = match draw {
        Draw::Concepts => 0,
        Draw::Neurons => 1,
        Draw::Repeated => 2,
        Draw::Order(attempt) => 0x100 + attempt,
        Draw::Cells(item) => 0x1_0000 + item,
    };
    shuffle(&mut generator(seed, Purpose::Study(number)), &mut items);
    items
}

/// Concepts in the order in which they are tried.
pub fn drawn_concepts(ids: Vec<ConceptId>, seed: u64) -> Vec<ConceptId> {
    shuffled(seed, Draw::Concepts, ids)
}

/// Sides of a dimension in the order in which they are tried, one of each of the `dimensions` before the other: both
/// sides of one are not independent.
pub fn drawn_neurons(ids: Vec<ConceptId>, dimensions: usize, seed: u64) -> Vec<ConceptId> {
    let drawn = shuffled(seed, Draw::Neurons, ids);
    let mut seen = vec![false; dimensions];
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for id in drawn {
        let dimension = id.index() % dimensions.max(1);
        match seen.get_mut(dimension) {
            Some(seen) if !*seen => {
                *seen = true;
                first.push(id);
            }
            _ => second.push(id),
        }
    }
    first.append(&mut second);
    first
}

/// `repeat` of the items that are shown twice, concepts and neurons by turns as long as there are both.
pub(super) fn repeated(is_concept: &[bool], repeat: usize, seed: u64) -> Vec<usize> {
    let all = shuffled(seed, Draw::Repeated, (0..is_concept.len()).collect());
    let (mut concepts, mut others): (Vec<_>, Vec<_>) = all.into_iter().partition(|&at| is_concept[at]);
    let mut chosen = Vec::new();
    while chosen.len() < repeat {
        let Some(one) = concepts.pop().or_else(|| others.pop()) else { break };
        chosen.push(one);
        if chosen.len() < repeat {
            chosen.extend(others.pop());
        }
    }
    chosen
}

/// The order of presentations, those of `twice` two times: of 64 shuffles the one whose repeats lie furthest apart.
pub(super) fn presentations(items: usize, twice: &[usize], seed: u64) -> Vec<usize> {
    let all: Vec<usize> = (0..items).chain(twice.iter().copied()).collect();
    let attempt = |attempt| shuffled(seed, Draw::Order(attempt), all.clone());
    let nearest = |order: &[usize]| {
        let places =
            |item: usize| order.iter().enumerate().filter(move |&(_, &at)| at == item).map(|(i, _)| i);
        let gap =
            |item: usize| places(item).max().zip(places(item).min()).map_or(0, |(last, first)| last - first);
        twice.iter().map(|&item| gap(item)).min().unwrap_or(usize::MAX)
    };
    let mut best = attempt(0);
    for number in 1..ORDERS {
        let next = attempt(number);
        if nearest(&next) > nearest(&best) {
            best = next;
        }
    }
    best
}

/// The order of an item's cells: which one is the strongest is not told.
pub(super) fn order_of_cells(cells: usize, presentation: usize, seed: u64) -> Vec<usize> {
    shuffled(seed, Draw::Cells(presentation as u32), (0..cells).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_of_a_dimension_come_last() {
        let drawn = drawn_neurons((0..12).map(ConceptId).collect(), 6, 3);
        let mut first: Vec<u32> = drawn[..6].iter().map(|id| id.0 % 6).collect();
        first.sort_unstable();
        assert_eq!(first, [0, 1, 2, 3, 4, 5]);
        assert_eq!(drawn.len(), 12);
        assert_ne!(drawn, drawn_neurons((0..12).map(ConceptId).collect(), 6, 4));
    }

    #[test]
    fn repeats_are_of_both_kinds_and_far_apart() {
        let kinds: Vec<bool> = (0..40).map(|i| i < 20).collect();
        let twice = repeated(&kinds, 6, 5);
        assert_eq!(twice.iter().filter(|&&at| kinds[at]).count(), 3);
        let order = presentations(40, &twice, 5);
        assert_eq!(order.len(), 46);
        for item in twice {
            let places: Vec<usize> = (0..46).filter(|&i| order[i] == item).collect();
            assert!(places.len() == 2 && places[1] - places[0] >= 8, "{places:?}");
        }
        assert_eq!(repeated(&[true, true], 5, 1).len(), 2);
    }
}
