//! Which genes a program raises, and by how much.

use super::{
    LEAST_GENES, MOST_GENES, SimulateOptions,
    random::{Extra, Random},
};

/// Programs in their order, with what belongs to what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Names {
    /// All programs: cycling, the response, cell types, their children, rare ones.
    pub(super) all: Vec<String>,
    /// For each child its cell type, as places in `all`.
    pub(super) parents: Vec<(usize, usize)>,
    /// Places of rare ones.
    pub(super) rare: std::ops::Range<usize>,
}

impl Names {
    pub(super) fn of(options: &SimulateOptions) -> Self {
        let mut all = vec!["cycling".to_owned(), "interferon response".to_owned()];
        let types = all.len()..all.len() + options.types();
        all.extend((1..=options.types()).map(|t| format!("type {t}")));
        let mut parents = Vec::new();
        for (number, parent) in types.enumerate() {
            for child in 1..=options.children {
                parents.push((all.len(), parent));
                all.push(format!("type {}.{child}", number + 1));
            }
        }
        let first = all.len();
        all.extend((1..=options.rare).map(|r| format!("rare {r}")));
        Self { rare: first..all.len(), all, parents }
    }
}

/// Effects [genes, programs] as natural logarithms: each program has genes of its own, and where programs overlap a share
/// of them is taken over from the program before.
pub(super) fn effects(options: &SimulateOptions, random: &mut Random) -> Vec<f32> {
    let programs = options.all_programs();
    let mut genes: Vec<usize> = (0..options.genes).collect();
    random.shuffle(&mut genes);
    let size = (options.genes / (2 * programs)).clamp(LEAST_GENES, MOST_GENES);
    let mut effects = vec![0.0; options.genes * programs];
    let strength = |random: &mut Random| (1.2 + 1.6 * random.uniform()) as f32;
    let own: Vec<&[usize]> = genes.chunks_exact(size).take(programs).collect();
    for (program, genes) in own.iter().enumerate() {
        for gene in *genes {
            effects[gene * programs + program] = strength(random);
        }
    }
    let shared = (options.overlap * size as f64).round() as usize;
    let mut random = Random::of_extra(options.seed, Extra::Overlap);
    for program in 1..programs {
        for place in 0..shared {
            // The last own genes give way to the first of the program before: sizes stay.
            effects[own[program][size - 1 - place] * programs + program] = 0.0;
            effects[own[program - 1][place] * programs + program] = strength(&mut random);
        }
    }
    effects
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_their_order() {
        let options = SimulateOptions { programs: 4, children: 2, rare: 1, ..SimulateOptions::default() };
        let names = Names::of(&options);
        let expected = [
            "cycling",
            "interferon response",
            "type 1",
            "type 2",
            "type 1.1",
            "type 1.2",
            "type 2.1",
            "type 2.2",
            "rare 1",
        ];
        assert_eq!(names.all, expected);
        assert_eq!((names.all.len(), names.rare), (options.all_programs(), 8..9));
        assert_eq!(names.parents, [(4, 2), (5, 2), (6, 3), (7, 3)]);
    }

    #[test]
    fn programs_keep_their_size_and_share_as_asked() {
        let genes_of = |effects: &[f32], program: usize| -> Vec<usize> {
            (0..240).filter(|gene| effects[gene * 6 + program] > 0.0).collect()
        };
        for (overlap, shared) in [(0.0, 0), (0.25, 5), (0.5, 10)] {
            let options = SimulateOptions { genes: 240, programs: 6, overlap, ..SimulateOptions::default() };
            let effects = effects(&options, &mut Random::of_seed(3));
            for program in 0..6 {
                let here = genes_of(&effects, program);
                assert_eq!(here.len(), 20);
                if program > 0 {
                    let before = genes_of(&effects, program - 1);
                    let both = here.iter().filter(|gene| before.contains(gene)).count();
                    assert_eq!(both, shared, "overlap {overlap}");
                }
            }
        }
    }
}
