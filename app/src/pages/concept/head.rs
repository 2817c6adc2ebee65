//! Title and verdict; they need the index only, the verdict arrives with the concept.

use std::sync::Arc;

use cellprism_core::bundle::{ConceptClass, ConceptRow, opening};
use leptos::prelude::*;

use super::contents::neighbours;
use crate::{
    browser,
    bundle::{Bundle, Concept, Listing},
    components::{copy, states::Load, title},
    format::{percent, thousands},
    notes,
};

/// Everything above the four answers.
pub fn head(
    bundle: &Arc<Bundle>,
    listing: &Arc<Listing>,
    row: &Arc<ConceptRow>,
    loaded: RwSignal<Load<Arc<Concept>>>,
) -> AnyView {
    let name = listing.name(row.id.0);
    let lead = {
        let (bundle, row) = (bundle.clone(), row.clone());
        move || match loaded.get() {
            Load::Ready(concept) => verdict(&bundle, &row, &concept),
            _ => active_in(&bundle, &row),
        }
    };
    view! {
        <div class="chead">
            <div class="row between">
                <p class="eyebrow">
                    <a href=listing.subject.list()>{listing.subject.title()}</a><span aria-hidden="true">" / "</span>
                    {name.clone()}" "{badge(row)}
                </p>
                {pager(listing, row)}
            </div>
            <div class="row between title">
                <div class="names">
                    <h1><span class="cid">{name}</span>" "{title::view(row)}</h1>{title::survivors(row)}
                </div>
                <div class="row">
                    {copy::link("btn")}
                    <button class="btn wide-only" on:click=|_| browser::scroll_to("provenance")>"How this was made"</button>
                </div>
            </div>
            <p class="lead" data-testid="verdict">{lead}{own(bundle, listing, row)}</p>
        </div>
    }
    .into_any()
}

/// The strongest thing that can be said of its cells beyond their share of the data.
fn badge(row: &ConceptRow) -> AnyView {
    let claim = title::strongest(row).map(|claim| title::claim(row, claim));
    let class = match row.class {
        ConceptClass::Rare => Some("rare: too few cells to classify".to_owned()),
        ConceptClass::Dead => Some("dead".to_owned()),
        _ => claim,
    };
    class.map(|words| view! { <span class="badge line" data-testid="claim">{words}</span> }).into_any()
}

fn pager(listing: &Listing, row: &ConceptRow) -> AnyView {
    let (before, after) = neighbours(listing, row.id);
    let (active, place) = (listing.active().count(), listing.active().filter(|r| r.id <= row.id).count());
    let step = |to: u32, rel: &'static str, title: &'static str, text: String| {
        view! { <a class="btn quiet" href=listing.subject.link(to) rel=rel title=title>{text}</a> }
    };
    let back =
        before.map(|to| step(to, "prev", "Previous active one (k)", format!("← {}", listing.name(to))));
    let on = after.map(|to| step(to, "next", "Next active one (j)", format!("{} →", listing.name(to))));
    let at = if row.cells > 0 {
        format!("{} of {} active", thousands(place as u64), thousands(active as u64))
    } else {
        "dead".to_owned()
    };
    view! { <div class="row pager">{back}<span class="small faint">{at}</span>{on}</div> }.into_any()
}

fn own(bundle: &Bundle, listing: &Listing, row: &ConceptRow) -> AnyView {
    let (tag, key) = (bundle.manifest.tag.clone(), (listing.subject, row.id.0));
    (move || {
        notes::follow();
        let own = notes::of(&tag, key);
        (!own.is_empty()).then(|| view! { " Your label: "<b>{own}</b>"." })
    })
    .into_any()
}

/// "Active in 116 of 2,000 cells (5.8%)."
fn active_in(bundle: &Bundle, row: &ConceptRow) -> AnyView {
    let all = bundle.manifest.counts.cells;
    if row.cells == 0 {
        return format!("None of {} cells activates it.", thousands(all)).into_any();
    }
    let share = percent(f64::from(row.cells) / f64::from(all.max(1)));
    view! { "Active in "<b>{format!("{} of {} cells", thousands(row.cells), thousands(all))}</b>{format!(" ({share}).")} }
        .into_any()
}

/// The bundle's own sentence, what its cells have and lack in bold; of an older bundle, how many cells.
fn verdict(bundle: &Bundle, row: &ConceptRow, concept: &Concept) -> AnyView {
    let detail = &concept.detail;
    if detail.verdict.is_empty() {
        return active_in(bundle, row);
    }
    title::set(opening::verdict(detail, bundle.manifest.counts.cells))
}
