use proptest::prelude::*;
use pulp::Scalar;

use super::*;
use crate::gsea::places::Weights;

proptest! {
    #[test]
    fn lanes_equal_one_walk_after_another(raw in proptest::collection::vec(0u8..5, 40), thirds in any::<bool>(), keys in proptest::collection::vec(any::<u32>(), 40 * LANES), size in 1usize..39, uniform in any::<bool>()) {
        let mut weights: Vec<f64> = raw.iter().map(|&w| f64::from(w.saturating_sub(2)) / if thirds { 3.0 } else { 4.0 }).collect();
        weights.sort_by(|a, b| b.total_cmp(a));
        let mut table = vec![[0u16; LANES]; 40];
        for lane in 0..LANES {
            let mut order: Vec<usize> = (0..40).collect();
            order.sort_by_key(|&gene| (keys[gene * LANES + lane], gene));
            for (place, &gene) in order.iter().enumerate() {
                table[gene][lane] = place as u16;
            }
        }
        let set: Vec<u32> = (0..size as u32).collect();
        let zero = if uniform { AllZero::Uniform } else { AllZero::Ends };
        let one = if uniform { enrichment_score_uniform } else { enrichment_score };
        let double = u16::table::<f64>(&weights);
        let fast = scores(Scalar::new(), &double, &table, &set, zero, &mut Scratch::<_, _, HALF>::default());
        let wide = scores(Scalar::new(), &double, &table, &set, zero, &mut Scratch::<_, _, WIDE>::default());
        prop_assert_eq!(fast.map(f64::to_bits), wide.map(f64::to_bits));
        if let Weights::<u16>::Single(single) = Weights::of(&weights) {
            let single = scores(Scalar::new(), &single, &table, &set, zero, &mut Scratch::<_, _, WIDE>::default());
            prop_assert_eq!(single.map(f64::to_bits), wide.map(f64::to_bits));
        } else {
            prop_assert!(thirds, "quarters are single numbers");
        }
        let mut prefixes = Vec::new();
        let sizes: Vec<usize> = [1, size.div_ceil(3), size.div_ceil(2), size].into_iter().collect::<std::collections::BTreeSet<_>>().into_iter().collect();
        prefix_scores(Scalar::new(), &double, &table, &sizes, zero, &mut Scratch::<_, _, WIDE>::default(), |found| prefixes.push(found));
        prop_assert_eq!(prefixes.last().unwrap().map(f64::to_bits), wide.map(f64::to_bits));
        for (size, found) in sizes.iter().zip(&prefixes) {
            let alone = scores(Scalar::new(), &double, &table, &set[..*size], zero, &mut Scratch::<_, _, WIDE>::default());
            prop_assert_eq!(found.map(f64::to_bits), alone.map(f64::to_bits));
        }
        for lane in 0..LANES {
            let mut hits: Vec<u32> = set.iter().map(|&g| u32::from(table[g as usize][lane])).collect();
            hits.sort_unstable();
            prop_assert_eq!(fast[lane].to_bits(), one(&weights, &hits).to_bits());
        }
    }
}
