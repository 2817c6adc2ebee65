//! Four figures of the bundle.

use std::sync::Arc;

use cellprism_core::bundle::ConceptClass;
use leptos::prelude::*;

use super::tested;
use crate::{
    bundle::Bundle,
    components::title,
    format::{percent, score, thousands},
};

/// One figure.
#[component]
fn Figure(name: String, value: String, #[prop(into)] of: Option<String>, sub: String) -> impl IntoView {
    view! {
        <div><dt>{name}</dt><dd>{value}" "<span>{of.map(|of| format!("of {of}"))}</span></dd><dd class="sub">{sub}</dd></div>
    }
}

/// Concepts that no cell activates; none where the counts do not fit.
fn dead(concepts: u32, active: u32) -> u32 {
    concepts.saturating_sub(active)
}

/// The strip.
pub fn view(bundle: &Arc<Bundle>) -> AnyView {
    let m = &bundle.manifest;
    let s = &m.parameters.specificity;
    let r2 = bundle.metrics.first().map_or_else(|| "–".into(), |row| score(row.r2));
    let r2_of = match &bundle.no_metrics {
        Some(_) => "could not be loaded".to_owned(),
        None => "over all cells and dimensions; 0 is the mean cell, 1 is perfect".to_owned(),
    };
    let dead = match dead(m.counts.concepts, m.counts.active_concepts) {
        0 => "none is dead".to_owned(),
        n => format!("{} dead: no cell activates them", thousands(n)),
    };
    let n = tested(bundle).count() as u64;
    let read = bundle.concepts.is_read();
    let specific = tested(bundle).filter(|row| match read {
        true => title::strongest(row).is_some(),
        false => row.class == ConceptClass::Specific,
    });
    let (name, sub) = if read {
        (
            "Mostly one kind of cell".to_owned(),
            format!("at least {} with one label, beyond the label’s own share", percent(s.ratio)),
        )
    } else {
        let sub =
            format!("active in at least {} cells, at least {} with one label", s.min_cells, percent(s.ratio));
        (format!("Specific to one {}", bundle.kind()), sub)
    };
    view! {
        <dl class="strip">
            <Figure name="Embedding explained (R²)".to_owned() value=r2 of=None
                sub=r2_of />
            <Figure name="Active concepts".to_owned() value=thousands(m.counts.active_concepts)
                of=thousands(m.counts.concepts) sub=dead />
            <Figure name=name value=thousands(specific.count() as u64) of=thousands(n) sub=sub />
            {labels(bundle, n)}
        </dl>
    }
    .into_any()
}

/// Pathways: those that survive; of an older bundle, the paper's labels beside what chance earns.
fn labels(bundle: &Bundle, n: u64) -> AnyView {
    let index = &bundle.concepts.index;
    let e = &bundle.manifest.parameters.enrichment;
    if bundle.concepts.is_read() {
        // As many as the list shows that is filtered for them.
        let standing = index.rows.iter().filter(|row| row.survives).count() as u64;
        let sub = format!(
            "{} labels of {} tested lists; as in the paper {} would have one",
            thousands(index.surviving),
            thousands(index.side_tests),
            thousands(index.labelled)
        );
        return view! {
            <Figure name="With a pathway that stands".to_owned() value=thousands(standing) of=thousands(bundle.manifest.counts.active_concepts) sub=sub />
        }
        .into_any();
    }
    let chance = index.labelled_by_chance.map_or_else(
        || "no gene sets in this bundle".to_owned(),
        |by_chance| {
            let share = by_chance / f64::from(index.tested.max(1));
            format!("{} in one set; chance alone labels about {}", e.weak_limit(), percent(share))
        },
    );
    view! { <Figure name="With a pathway label".to_owned() value=thousands(index.labelled) of=thousands(n) sub=chance /> }
        .into_any()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_manifest_whose_counts_do_not_fit_is_no_panic() {
        assert_eq!([super::dead(96, 60), super::dead(60, 96)], [36, 0]);
    }
}
