//! Whether raters agree, with themselves and with each other.

use super::joined::{Joined, Question};
use crate::stats::{Kappa, cohen_kappa};

/// Cohen's kappa of one question.
#[derive(Clone, Debug, PartialEq)]
pub struct Agreement {
    /// One rater, or two.
    pub raters: Vec<String>,
    /// The question.
    pub question: Question,
    /// Pairs of answers.
    pub n: u32,
    /// Kappa with its interval, or why there is none.
    pub kappa: Result<Kappa, &'static str>,
}

/// Each rater's first and repeated answers, then every pair of raters on items shown for the first time.
pub fn agreement(joined: &Joined<'_>) -> Vec<Agreement> {
    let raters: Vec<&str> = joined.raters().collect();
    let mut rows = Vec::new();
    for &rater in &raters {
        let pairs: Vec<_> = joined
            .repeats()
            .filter_map(|(first, again)| Some((joined.answer(rater, first)?, joined.answer(rater, again)?)))
            .collect();
        rows.extend(rows_of(&[rater], &pairs, "this rater answered no item twice"));
    }
    for (i, &one) in raters.iter().enumerate() {
        for &other in &raters[i + 1..] {
            let pairs: Vec<_> = joined
                .first(one, None)
                .into_iter()
                .filter_map(|answer| Some((answer, joined.answer(other, &answer.item)?)))
                .collect();
            rows.extend(rows_of(&[one, other], &pairs, "no item was answered by both"));
        }
    }
    rows
}

type Pair<'a> = (&'a super::Answer, &'a super::Answer);

fn rows_of(raters: &[&str], pairs: &[Pair<'_>], none: &'static str) -> Vec<Agreement> {
    let row = |question: Question| {
        let ratings: Vec<_> = pairs.iter().map(|&(a, b)| (question.of(a), question.of(b))).collect();
        let why = if ratings.is_empty() {
            none
        } else {
            "only one answer was ever given, so agreement says nothing"
        };
        Agreement {
            raters: raters.iter().map(|&rater| rater.to_owned()).collect(),
            question,
            n: ratings.len() as u32,
            kappa: cohen_kappa(&ratings).ok_or(why),
        }
    };
    Question::ALL.map(row).to_vec()
}
