//! How often each answer was given.

use super::{
    joined::{Joined, Question},
    key::Kind,
};
use crate::stats::{Share, wilson};

/// How often an answer was given to items of one kind that were shown for the first time.
#[derive(Clone, Debug, PartialEq)]
pub struct RatingCount {
    /// Concept or neuron.
    pub kind: Kind,
    /// `cell_type`, `tissue`, `process` or `confidence`.
    pub question: &'static str,
    /// The answer.
    pub answer: String,
    /// How often.
    pub count: u32,
    /// Of how many.
    pub of: u32,
    /// Share with Wilson's interval; nothing where nobody answered.
    pub share: Option<Share>,
}

/// Answers of all raters together, kind by kind.
pub fn ratings(joined: &Joined<'_>) -> Vec<RatingCount> {
    let mut rows = Vec::new();
    for kind in [Kind::Concept, Kind::Neuron] {
        let answers: Vec<_> = joined.raters().flat_map(|rater| joined.first(rater, Some(kind))).collect();
        let mut row = |question, answer: &str, count: usize, of: usize| {
            let (count, of) = (count as u32, of as u32);
            rows.push(RatingCount {
                kind,
                question,
                answer: answer.into(),
                count,
                of,
                share: wilson(count, of),
            });
        };
        for question in Question::ALL {
            for &rating in question.ratings() {
                let count = answers.iter().filter(|answer| question.of(answer) == rating).count();
                row(question.name(), rating.name(), count, answers.len());
            }
        }
        let sure: Vec<u8> = answers.iter().filter_map(|answer| answer.confidence).collect();
        for confidence in 1..=5 {
            let count = sure.iter().filter(|&&found| found == confidence).count();
            row("confidence", &confidence.to_string(), count, sure.len());
        }
    }
    rows
}
