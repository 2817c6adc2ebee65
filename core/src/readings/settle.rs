//! Which labels survive: chances adjusted over all tested concepts and sides.

use crate::{bundle::Side, bundle::SideLabels, stats::differential::benjamini_hochberg};

/// Adjusts the chances of all labels together (Benjamini-Hochberg) and says which survive; gives the number of tests and
/// of survivors. A side without a label was not tested.
pub fn settle<'a>(labels: impl IntoIterator<Item = &'a mut SideLabels>, survives: f64) -> (u32, u32) {
    let mut all: Vec<_> = labels
        .into_iter()
        .flat_map(|labels| [labels.presence.as_mut(), labels.absence.as_mut()])
        .flatten()
        .collect();
    let chances: Vec<f64> = all.iter().map(|label| label.chance).collect();
    let mut survivors = 0;
    for (label, adjusted) in all.iter_mut().zip(benjamini_hochberg(&chances)) {
        label.chance_adjusted = adjusted;
        label.survives = adjusted <= survives;
        survivors += u32::from(label.survives);
    }
    (all.len() as u32, survivors)
}

/// One more label among others: the adjusted chance of `label` where the other labels keep their chances.
pub fn settle_one(labels: &mut SideLabels, side: Side, others: &[f64], survives: f64) {
    if let Some(label) = labels.of_mut(side) {
        let mut chances = others.to_vec();
        chances.push(label.chance);
        label.chance_adjusted = benjamini_hochberg(&chances).last().copied().unwrap_or(1.0);
        label.survives = label.chance_adjusted <= survives;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::bundle::SideLabel;

    fn labels(chances: &[f64]) -> Vec<SideLabels> {
        let label = |&chance: &f64| SideLabel {
            library: String::new(),
            term: String::new(),
            es: 0.5,
            nes: 1.5,
            p: 0.1,
            fdr: 0.1,
            multilevel_p: None,
            chance,
            typical_chance: None,
            hits: 0,
            rankings: 1000,
            tail_fitted: false,
            chance_adjusted: 1.0,
            survives: false,
        };
        chances.iter().map(|c| SideLabels { presence: Some(label(c)), absence: None }).collect()
    }

    proptest! {
        /// A label that is more certain than one that survives does, too, and a smaller chance never costs survival.
        #[test]
        fn survival_is_monotone_in_chance(mut chances in proptest::collection::vec(0.0001f64..1.0, 1..40), better in 0.0f64..1.0) {
            let mut all = labels(&chances);
            settle(&mut all, 0.1);
            let of = |all: &[SideLabels]| all.iter().map(|l| l.presence.as_ref().unwrap().survives).collect::<Vec<_>>();
            let before = of(&all);
            for (i, survives) in before.iter().enumerate() {
                for (j, other) in before.iter().enumerate() {
                    prop_assert!(!(chances[i] <= chances[j] && *other) || *survives);
                }
            }
            chances[0] *= better;
            let mut again = labels(&chances);
            settle(&mut again, 0.1);
            prop_assert!(!before[0] || of(&again)[0]);
            let others: Vec<f64> = chances[1..].to_vec();
            let mut one = labels(&chances[..1]).remove(0);
            settle_one(&mut one, Side::Presence, &others, 0.1);
            prop_assert_eq!(one.presence, again[0].presence.clone());
        }
    }
}
