//! How certain a pathway label is: one scale for every place that shows one.

use cellprism_core::bundle::{SideLabel, SideSet};
use leptos::prelude::*;

use crate::format::{percent, significant, thousands};

/// Four words from the chance that a random ranking does as well, and from what survives among all concepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// Random rankings do as well more often than once in five.
    Chance,
    /// At most once in five.
    Hint,
    /// At most once in twenty.
    Likely,
    /// It survives after every concept was asked.
    Stands,
}

const HINT: f64 = 0.2;
const LIKELY: f64 = 0.05;

impl Certainty {
    /// The word for a chance; `survives` decides alone whether it stands.
    pub fn of(chance: f64, survives: bool) -> Self {
        match () {
            () if survives => Self::Stands,
            () if chance <= LIKELY => Self::Likely,
            () if chance <= HINT => Self::Hint,
            () => Self::Chance,
        }
    }

    /// As said in tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Stands => "stands",
            Self::Likely => "likely",
            Self::Hint => "a hint",
            Self::Chance => "as chance",
        }
    }

    /// The part of the scale that its bar may end in, in percent.
    fn part(self) -> (f64, f64) {
        match self {
            Self::Chance => (4.0, 30.0),
            Self::Hint => (30.0, 58.0),
            Self::Likely => (58.0, 84.0),
            Self::Stands => (84.0, 100.0),
        }
    }

    /// Chances between which it holds, the larger first.
    fn between(self) -> (f64, f64) {
        match self {
            Self::Chance => (1.0, HINT),
            Self::Hint => (HINT, LIKELY),
            Self::Likely => (LIKELY, 1e-3),
            Self::Stands => (LIKELY, 1e-5),
        }
    }
}

/// Length of the bar in percent: by the logarithm of the chance, within the part of its word.
fn length(chance: f64, survives: bool) -> f64 {
    let word = Certainty::of(chance, survives);
    let ((from, to), (large, small)) = (word.part(), word.between());
    let share = (large / chance.max(1e-12)).ln() / (large / small).ln();
    from + (to - from) * share.clamp(0.0, 1.0)
}

/// (hits + 1) in (rankings + 1), or where it comes from.
pub fn odds(chance: f64, rankings: u32, tail_fitted: bool) -> String {
    if tail_fitted {
        return format!("{} by a fitted tail", significant(chance));
    }
    let of = f64::from(rankings) + 1.0;
    let hits = (chance * of).round();
    // The larger of two chances may come from another number of rankings.
    if (chance * of - hits).abs() > 0.01 {
        return format!("chance {}", percent(chance));
    }
    format!("{} in {}", thousands(hits as u64), thousands(u64::from(rankings) + 1))
}

/// Bar and word.
pub fn scale(chance: f64, survives: bool) -> AnyView {
    let word = Certainty::of(chance, survives).word();
    let style = format!("--at:{:.0}%", length(chance, survives));
    view! { <span class="scale" style=style aria-hidden="true"></span><span data-testid="certainty">{word}</span> }
        .into_any()
}

/// Bar, word and odds of a side's label.
pub fn of_label(label: &SideLabel) -> AnyView {
    let odds = odds(label.chance, label.rankings, label.tail_fitted);
    let typical = label.typical_chance.map(|c| format!("; against typical cells {}", percent(c)));
    let title =
        format!("After all concepts: {}{}", percent(label.chance_adjusted), typical.unwrap_or_default());
    view! { {scale(label.chance, label.survives)}<span class="micro faint odds" title=title>{odds}</span> }
        .into_any()
}

/// Bar, word and odds of a set of a side: those of the side's label where the set is it.
pub fn of_set(set: &SideSet, label: Option<&SideLabel>, rankings: u32, limit: Option<f64>) -> AnyView {
    let stands = set_stands(set, label, limit);
    let (chance, odds) = match label.filter(|label| label.term == set.term && label.library == set.library) {
        Some(label) => (label.chance, odds(label.chance, label.rankings, label.tail_fitted)),
        None => (set.chance, odds(set.chance, rankings, false)),
    };
    view! { {scale(chance, stands)}" "<span class="micro faint odds">{odds}</span> }.into_any()
}

/// Whether a set that is not the best of its side stands: it does as well as labels that survive.
pub fn set_stands(set: &SideSet, label: Option<&SideLabel>, limit: Option<f64>) -> bool {
    match label {
        Some(label) if label.term == set.term && label.library == set.library => label.survives,
        Some(label) => label.survives && limit.is_some_and(|limit| set.chance <= limit),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_longer_bar_is_never_less_certain() {
        let mut last = (0.0, Certainty::Chance);
        for (chance, survives) in [
            (1.0, false),
            (0.4, false),
            (0.2, false),
            (0.06, false),
            (0.01, false),
            (0.001, true),
            (1e-6, true),
        ] {
            let now = (length(chance, survives), Certainty::of(chance, survives));
            assert!(now.0 >= last.0 && now.1 >= last.1, "{chance}: {now:?} after {last:?}");
            last = now;
        }
        assert_eq!(Certainty::of(0.04, false).word(), "likely");
        assert_eq!(Certainty::of(0.04, true).word(), "stands");
    }

    #[test]
    fn chance_is_never_zero() {
        assert_eq!(odds(1.0 / 1001.0, 1000, false), "1 in 1,001");
        assert_eq!(odds(13.0 / 1001.0, 1000, false), "13 in 1,001");
        assert_eq!(odds(2e-6, 20_000, true), "2.0e-6 by a fitted tail");
    }
}
