//! What all readings together say, and how many labels survive where there is nothing to find.

use std::sync::Arc;

use cellprism_core::{
    attribution::{ScreenOutcome, together},
    bundle::{Calibration, CalibrationSubject, ConceptIndex},
};
use leptos::prelude::*;

use crate::{
    bundle::Bundle,
    format::{percent, thousands},
    pages::concept::paper,
};

/// The verdict with its calibration; of an older bundle, that there is none.
pub fn view(bundle: &Arc<Bundle>) -> AnyView {
    let listing = &bundle.concepts;
    if !listing.is_read() {
        return view! { <p class="notice verdict" data-testid="paper-only">{paper::only("")}</p> }.into_any();
    }
    let (warning, words) = (untrusted(&listing.index), calibration_words(&listing.index));
    let screened = listing.index.rows.iter().filter_map(|row| row.screened.as_ref());
    let important = bundle.manifest.parameters.attribution.important;
    let class = if warning.is_some() { "notice warn verdict" } else { "notice verdict" };
    view! {
        <div class=class>
            <p class="said" data-testid="verdict">{listing.index.verdict.clone()}</p>
            <p class="muted" data-testid="calibration">{words}</p>
            {together(screened).map(|all| screened_words(&all, important)).map(|words| view! { <p class="muted" data-testid="screened">{words}</p> })}
            {warning.map(|words| view! { <p><b>{words}</b></p> })}
        </div>
    }
    .into_any()
}

/// What is known of the genes that were not swapped, of all concepts together.
fn screened_words(all: &ScreenOutcome, important: f64) -> String {
    format!(
        "Genes were screened: of {} scores {} are estimates by the model’s gradient (≈), of which at most {} are of genes that matter by more than {important} (95% confidence).",
        thousands(all.leading + all.sampled + all.rest),
        thousands(all.rest),
        percent(all.bound)
    )
}

/// "In a random dictionary 1 of 40 labels survives; with permuted activations none of 40."
pub fn calibration_words(index: &ConceptIndex) -> String {
    let said = |c: &Calibration| {
        let subject = match c.subject {
            CalibrationSubject::Random => "in a random dictionary",
            CalibrationSubject::Shuffled => "with the concepts’ activations permuted over the cells",
        };
        let n = if c.survive == 0 { "none".to_owned() } else { thousands(c.survive) };
        format!("{subject} {n} of {}", thousands(c.tested))
    };
    let all: Vec<String> = index.calibration.iter().map(said).collect();
    if all.is_empty() {
        return String::new();
    }
    format!("Labels that survive where there is nothing to find: {}.", all.join("; "))
}

/// Where labels survive among permuted activations about as often as among the concepts, they mean nothing.
fn untrusted(index: &ConceptIndex) -> Option<&'static str> {
    let share = |survive: u32, tested: u32| f64::from(survive) / f64::from(tested.max(1));
    let own = share(index.surviving, index.side_tests);
    let shuffled = index.calibration.iter().find(|c| c.subject == CalibrationSubject::Shuffled)?;
    (shuffled.survive > 0 && share(shuffled.survive, shuffled.tested) >= 0.5 * own)
        .then_some("Labels survive where there is nothing to find: they are not to be trusted here.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(survive: u32) -> ConceptIndex {
        let calibration = |subject, survive| Calibration { subject, concepts: 20, tested: 40, survive };
        ConceptIndex {
            side_tests: 100,
            surviving: 20,
            calibration: vec![
                calibration(CalibrationSubject::Random, 1),
                calibration(CalibrationSubject::Shuffled, survive),
            ],
            ..ConceptIndex::default()
        }
    }

    #[test]
    fn what_was_passed_over_is_said() {
        let all = ScreenOutcome { leading: 50, sampled: 59, rest: 891, missed: 0, bound: 0.0495 };
        let words = screened_words(&all, 0.05);
        assert!(
            words.contains("of 1,000 scores 891 are estimates") && words.contains("at most 5"),
            "{words}"
        );
    }

    #[test]
    fn what_survives_by_chance_is_said_and_warned_of() {
        assert_eq!(
            calibration_words(&index(0)),
            "Labels that survive where there is nothing to find: in a random dictionary 1 of 40; with the concepts’ activations permuted over the cells none of 40."
        );
        assert_eq!(untrusted(&index(0)), None);
        assert!(untrusted(&index(5)).is_some());
        assert_eq!(calibration_words(&ConceptIndex::default()), "");
    }
}
