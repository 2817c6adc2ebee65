//! Whether chance would earn some label by the paper's rule.

use cellprism_core::bundle::{EnrichmentDetail, LabelNull, Maybe};
use leptos::prelude::*;

use crate::format::{percent, thousands};

/// The figure.
pub fn view(library: &EnrichmentDetail) -> AnyView {
    let inside = match &library.null {
        Maybe::Missing { not_available } => {
            view! { <p class="na"><b>"Not available"</b>{format!(": {not_available}")}</p> }.into_any()
        }
        Maybe::Value(null) => bar(null, library),
    };
    view! { <figure class="fig"><header><h3>"Would chance earn some label?"</h3></header>{inside}</figure> }
        .into_any()
}

fn bar(null: &LabelNull, library: &EnrichmentDetail) -> AnyView {
    let (good, weaker) = match &library.label {
        Maybe::Value(_) => (null.as_good, (null.any - null.as_good).max(0.0)),
        Maybe::Missing { .. } => (0.0, null.any),
    };
    let labelled = library.label.value();
    let none = (1.0 - good - weaker).max(0.0);
    let description = format!(
        "Of {} random rankings {} earn a label as good, {} a weaker one, {} none",
        null.rankings,
        percent(good),
        percent(weaker),
        percent(none)
    );
    let item = |share: f64, class: &'static str, text: String| {
        view! { <li><b>{percent(share)}</b><span><i class=class></i>{text}</span></li> }
    };
    let first = labelled.map(|l| item(good, "a", format!("a label as good (ES ≥ {:.3})", l.es)));
    let second = if labelled.is_some() { "a weaker label" } else { "some label; this one has none" };
    let width = |share: f64| format!("width:{:.1}%", share * 100.0);
    view! {
        <div class="chancebar" role="img" aria-label=description>
            <i class="a" style=width(good)></i><i class="b" style=width(weaker)></i><i class="c"></i>
        </div>
        <ul class="small chancekey">
            {first}{item(weaker, "b", second.to_owned())}{item(none, "c", "no label".to_owned())}
        </ul>
        <figcaption>{format!("{} random rankings: {}.", thousands(null.rankings), null.method)}</figcaption>
    }
    .into_any()
}
