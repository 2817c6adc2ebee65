//! As in the paper: one ranking by the change alone, one label by its p, whatever chance would earn. Folded where there
//! are better readings, in the open where a bundle has no others.
//!
//! | file | part |
//! |---|---|
//! | `answers` | the four answers |
//! | `genes`, `gene_row`, `gene_facts`, `concentration` | genes |
//! | `pathways`, `chance` | pathways, and what chance would earn |
//! | `deletion` | deletion curves on the pairs that ranked the genes |

pub mod answers;
mod chance;
mod concentration;
pub mod deletion;
mod gene_facts;
mod gene_row;
mod genes;
mod pathways;

use cellprism_core::bundle::{ConceptClass, ConceptRow, LabelStrength};
use leptos::prelude::*;

use super::Shown;
use crate::{
    format::{p_value, percent},
    route,
    term::term_name,
};

/// Said where a bundle has no others.
pub fn only(why: &str) -> String {
    let own = "this bundle holds the paper's readings only";
    let why = if why == own { String::new() } else { format!(" ({why})") };
    format!(
        "This bundle holds the paper’s readings only{why}: genes are ranked by the change alone, whichever way the counts differ, and a label is not held against the other concepts. Read it with care, or run it again with this release."
    )
}

/// Genes and pathways in the open.
pub fn sections(shown: &Shown) -> AnyView {
    view! {
        <section class="section" id="genes">
            <header><h2><span class="letter">"B"</span>"Which genes drive it"</h2><p>{genes::how(shown)}</p></header>
            {genes::view(shown)}
        </section>
        <section class="section" id="pathways">
            <header><h2><span class="letter">"C"</span>"Which pathways those genes belong to"</h2><p>{pathways::how(shown)}</p></header>
            {pathways::view(shown)}
        </section>
    }
    .into_any()
}

/// The genes, folded.
pub fn fold_genes(shown: &Shown) -> AnyView {
    let called = shown.row.pathway.as_ref().map_or_else(
        || "As in the paper: one list".to_owned(),
        |label| {
            format!(
                "As in the paper: one list, {} would be called “{}”",
                shown.name(),
                term_name(&label.term).0
            )
        },
    );
    let shown = shown.clone();
    fold("paper", called, move || {
        view! {
            <p class="caption">{genes::how(&shown)}" "{missing_counts(&shown)}</p>
            <p class="row">{badges(&shown.row)}</p>
            {genes::view(&shown)}
            {deletion::view(&shown)}
        }
        .into_any()
    })
}

/// The pathways, folded.
pub fn fold_pathways(shown: &Shown) -> AnyView {
    let e = &shown.bundle.manifest.parameters.enrichment;
    let called = shown.row.pathway.as_ref().map_or_else(
        || "As in the paper: no set passes".to_owned(),
        |label| {
            let chance = shown.row.chance.map(|c| format!(", chance {}", percent(c))).unwrap_or_default();
            let (name, p) = (term_name(&label.term).0, p_value(label.p, e.permutations));
            format!("As in the paper: “{name}”, p {p}{chance}")
        },
    );
    let shown = shown.clone();
    fold("paper-pathways", called, move || {
        view! { <p class="caption">{pathways::how(&shown)}</p><p class="row">{badges(&shown.row)}</p>{pathways::view(&shown)} }
            .into_any()
    })
}

/// Opened by the address, too; what is inside is made when it is opened.
fn fold(key: &'static str, summary: String, inside: impl Fn() -> AnyView + Send + Sync + 'static) -> AnyView {
    let route = route::current();
    let open = Memo::new(move |_| route.with(|r| r.get(key) == "1"));
    let toggled = move |event: leptos::ev::Event| {
        let is = event_target::<web_sys::Element>(&event).has_attribute("open");
        if is != open.get_untracked() {
            route::set(route, key, if is { "1" } else { "" });
        }
    };
    view! {
        <details class="paper" data-testid=key open=move || open.get() on:toggle=toggled>
            <summary>{summary}</summary>
            <div class="stack-l inside">{move || open.get().then(&inside)}</div>
        </details>
    }
    .into_any()
}

/// Genes that lead the paper's list although these cells have none of them.
fn missing_counts(shown: &Shown) -> String {
    let Some(attribution) = shown.concept.detail.attribution.value() else { return String::new() };
    let first = attribution.genes.iter().take(10);
    let absent: Vec<String> = first
        .filter(|gene| gene.count_prototypes < 0.05 && gene.mean > 0.0)
        .map(|gene| gene.symbol.clone())
        .collect();
    match absent.len() {
        0 => String::new(),
        n => format!(
            "Of its first ten, {} {} a mean count of 0.0 in these cells.",
            crate::format::list(&absent),
            if n == 1 { "has" } else { "have" }
        ),
    }
}

/// The paper's words for label and class.
fn badges(row: &ConceptRow) -> AnyView {
    let label = row.pathway.as_ref().map(|p| match p.strength {
        LabelStrength::Weak => view! { <span class="badge warn">"weak pathway label"</span>" " },
        LabelStrength::Strong => view! { <span class="badge good">"strong pathway label"</span>" " },
    });
    let specific = row
        .specific
        .iter()
        .map(|s| view! { <span class="badge">{format!("{} specific", s.label)}</span>" " })
        .collect_view();
    let class = match row.class {
        ConceptClass::Rare => Some("rare: too few cells to classify"),
        ConceptClass::Dead => Some("dead"),
        ConceptClass::Mixed if row.specific.is_empty() => Some("mixed"),
        _ => None,
    };
    view! { {label}{specific}{class.map(|c| view! { <span class="badge line">{c}</span> })} }.into_any()
}

/// "weak" or "strong".
pub fn strength(strength: LabelStrength) -> impl IntoView {
    match strength {
        LabelStrength::Weak => view! { <span class="badge">"weak"</span> },
        LabelStrength::Strong => view! { <span class="badge solid">"strong"</span> },
    }
}
