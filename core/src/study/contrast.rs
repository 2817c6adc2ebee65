//! Concepts against neurons.

use super::{
    answers::Rating,
    joined::{Joined, Question},
    key::Kind,
};
use crate::stats::{Share, difference, fisher_exact, wilson};

/// How much more often concepts earn an answer than neurons.
#[derive(Clone, Debug, PartialEq)]
pub struct Contrast {
    /// The question.
    pub question: &'static str,
    /// Whose answers; `None`: of all raters together.
    pub rater: Option<String>,
    /// Concepts with the answer, and all that were rated.
    pub concepts: (u32, u32),
    /// Neurons likewise.
    pub neurons: (u32, u32),
    /// Share of concepts less that of neurons, with Newcombe's interval; nothing where one kind was not rated.
    pub difference: Option<Share>,
    /// Fisher's exact test, two-sided.
    pub p: Option<f64>,
}

/// "Yes" to each question, and "yes or unclear" to processes: all raters together, then, where there are several, each.
pub fn contrast(joined: &Joined<'_>) -> Vec<Contrast> {
    let mut rows = of_raters(joined, None);
    let raters: Vec<&str> = joined.raters().collect();
    if raters.len() > 1 {
        rows.extend(raters.into_iter().flat_map(|rater| of_raters(joined, Some(rater))));
    }
    rows
}

fn of_raters(joined: &Joined<'_>, rater: Option<&str>) -> Vec<Contrast> {
    let asked = |name, question, earned: &'static [Rating]| {
        let counted = |kind| {
            let raters = joined.raters().filter(|&one| rater.is_none_or(|rater| one == rater));
            let answers: Vec<_> = raters.flat_map(|one| joined.first(one, Some(kind))).collect();
            let hits =
                answers.iter().filter(|answer| earned.contains(&Question::of(question, answer))).count();
            (hits as u32, answers.len() as u32)
        };
        let (concepts, neurons) = (counted(Kind::Concept), counted(Kind::Neuron));
        let both = wilson(concepts.0, concepts.1).zip(wilson(neurons.0, neurons.1));
        let misses = |(hits, n): (u32, u32)| [hits, n - hits];
        Contrast {
            question: name,
            rater: rater.map(str::to_owned),
            concepts,
            neurons,
            difference: both.map(|(concepts, neurons)| difference(concepts, neurons)),
            p: both.map(|_| fisher_exact([misses(concepts), misses(neurons)])),
        }
    };
    vec![
        asked("cell_type", Question::CellType, &[Rating::Yes]),
        asked("tissue", Question::Tissue, &[Rating::Yes]),
        asked("process", Question::Process, &[Rating::Yes]),
        asked("process_or_unclear", Question::Process, &[Rating::Unclear, Rating::Yes]),
    ]
}
