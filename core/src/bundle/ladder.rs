//! How the dictionary of a bundle came about: how its size was chosen, and its training's options.

use serde::{Deserialize, Serialize};

use super::{SaeParameters, TrainingEngine};
use crate::sae::{
    size::{HELD_OUT, Rung, choose},
    train::TrainOptions,
};

/// Sizes that were tried where nobody said how many concepts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Ladder {
    /// Exponential of the entropy of the eigenvalues of the embeddings' covariance.
    pub effective_rank: f64,
    /// Cells that rungs were trained and measured on: all, or a seeded sample.
    pub cells: u32,
    /// Share of them that rungs were measured on.
    pub held_out: f64,
    /// Sizes, ascending.
    pub rungs: Vec<LadderRung>,
}

/// A size that was tried.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LadderRung {
    /// Concepts.
    pub c: u32,
    /// Active ones per cell.
    pub k: u32,
    /// R² over all entries of the held-out cells; nothing where there are too few of them.
    pub held_out_r2: Option<f64>,
    /// Concepts that no training cell activates.
    pub dead: u32,
    /// Whether the bundle's dictionary has this size.
    pub chosen: bool,
}

impl Ladder {
    /// The ladder of these rungs with the choice made.
    pub fn new(effective_rank: f64, cells: usize, rungs: &[Rung]) -> Self {
        let chosen = choose(rungs);
        let row = |(place, rung): (usize, &Rung)| LadderRung {
            c: rung.concepts,
            k: rung.active,
            held_out_r2: rung.held_out_r2,
            dead: rung.dead,
            chosen: chosen == Some(place),
        };
        Self {
            effective_rank,
            cells: cells as u32,
            held_out: HELD_OUT,
            rungs: rungs.iter().enumerate().map(row).collect(),
        }
    }

    /// The size chosen.
    pub fn chosen(&self) -> Option<&LadderRung> {
        self.rungs.iter().find(|rung| rung.chosen)
    }
}

impl LadderRung {
    /// Whether at most a tenth of its concepts are dead.
    pub fn is_alive(&self) -> bool {
        let LadderRung { c: concepts, k: active, held_out_r2, dead, .. } = *self;
        Rung { concepts, active, held_out_r2, dead }.is_alive()
    }
}

impl SaeParameters {
    /// What a bundle keeps of a training's options.
    pub fn of(options: &TrainOptions) -> Self {
        Self {
            concepts: options.concepts as u32,
            active: options.active as u32,
            epochs: options.epochs,
            learning_rate: options.learning_rate,
            batch: options.batch as u32,
            aux_k: options.aux_k() as u32,
            aux_coefficient: options.aux_coefficient,
            seed: options.seed,
            engine: TrainingEngine::Native,
        }
    }

    /// How it was trained, as it stands after "a dictionary of 60 concepts, …".
    pub fn training_in_words(&self) -> String {
        if self.engine == TrainingEngine::Given {
            return "given, not trained for this bundle".into();
        }
        format!(
            "trained for {} epochs at a learning rate of {} (batch {}, up to {} dead concepts rebuild the residual with weight \
             {:.4}, seed {}, {})",
            self.epochs,
            self.learning_rate,
            self.batch,
            self.aux_k,
            self.aux_coefficient,
            self.seed,
            self.engine
        )
    }

    /// The options of the training, the rest at their defaults.
    pub fn options(&self) -> TrainOptions {
        let mut options = TrainOptions::new(self.concepts as usize, self.active as usize, self.epochs);
        options.learning_rate = self.learning_rate;
        options.batch = self.batch as usize;
        options.seed = self.seed;
        options.aux_k = Some(self.aux_k as usize);
        options.aux_coefficient = self.aux_coefficient;
        options
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_keeps_what_the_weights_depend_on() {
        let mut options = TrainOptions::new(60, 3, 40);
        options.seed = 9;
        options.learning_rate = 2e-4;
        let kept = SaeParameters::of(&options);
        assert_eq!((kept.aux_k, kept.batch), (30, 1024));
        options.aux_k = Some(30);
        assert_eq!(kept.options(), options);
    }

    #[test]
    fn the_choice_is_marked_and_older_manifests_have_no_ladder() {
        let rung = |concepts, r2, dead| Rung { concepts, active: 3, held_out_r2: Some(r2), dead };
        let ladder = Ladder::new(9.5, 2000, &[rung(19, 0.8, 0), rung(38, 0.9, 3), rung(76, 0.95, 30)]);
        assert_eq!(ladder.chosen().map(|rung| rung.c), Some(38));
        assert!(!ladder.rungs[2].is_alive() && ladder.rungs[1].is_alive());
        let json = serde_json::to_value(&ladder).unwrap();
        assert_eq!(
            json["rungs"][1],
            serde_json::json!({"c": 38, "k": 3, "held_out_r2": 0.9, "dead": 3, "chosen": true})
        );
        assert_eq!(serde_json::from_value::<Ladder>(json).unwrap(), ladder);
    }
}
