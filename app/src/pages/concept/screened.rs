//! Which scores are estimates: of genes that were not swapped, since the model's gradient says that they hardly matter.

use cellprism_core::ids::GeneId;
use leptos::prelude::*;

use super::Shown;
use crate::format::{percent, thousands};

/// What is known of genes whose scores are estimates; nothing where every gene was swapped.
pub fn view(shown: &Shown) -> AnyView {
    let outcome = shown.concept.detail.attribution.value().and_then(|found| found.screened.as_ref());
    let important = shown.bundle.manifest.parameters.attribution.important;
    let line = outcome.map(|outcome| {
        format!(
            "Screened: {} genes were swapped, the scores of the other {} (≈) are estimates by the model's gradient; at most {} of those matter by more than {important} (95% confidence).",
            outcome.leading + outcome.sampled,
            thousands(outcome.rest),
            percent(outcome.bound)
        )
    });
    line.map(|line| view! { <p class="caption" data-testid="screened">{line}</p> }).into_any()
}

/// Whether a gene's score is an estimate.
pub fn is_estimate(shown: &Shown, gene: GeneId) -> bool {
    shown.concept.detail.attribution.value().is_some_and(|found| found.is_estimate(gene))
}

/// What stands before a score that is an estimate.
pub fn estimate_mark(is_estimate: bool) -> AnyView {
    is_estimate
        .then(|| {
            view! { <abbr class="faint" title="Estimated by the model’s gradient: this gene was not swapped" data-testid="estimate">"≈"</abbr>" " }
        })
        .into_any()
}

/// What is said of a gene beside its scores, where genes were screened.
pub fn how_scored(shown: &Shown, gene: GeneId) -> Option<(String, String)> {
    let found = shown.concept.detail.attribution.value()?;
    let outcome = found.screened.as_ref()?;
    let said = match found.is_estimate(gene) {
        true => format!(
            "estimated by the gradient; at most {} of such genes matter (95%)",
            percent(outcome.bound)
        ),
        false => "swapped".to_owned(),
    };
    Some(("Scored by".into(), said))
}
