//! The genes, by the change alone.

use std::sync::Arc;

use cellprism_core::bundle::{AttributionDetail, Maybe};
use leptos::{ev, prelude::*};

use super::{
    concentration,
    gene_facts::{csv, facts},
    gene_row::{FIRST, Scale, row},
};
use crate::{browser, components::gene_card, format::thousands, pages::concept::Shown};

/// How the paper ranks genes.
pub fn how(shown: &Shown) -> String {
    let p = &shown.bundle.manifest.parameters.attribution;
    format!(
        "Each of the {} most active cells is given, one gene at a time, the count of its nearest cells that do not activate it ({} neighbours). The score is how far activation falls, whichever way the counts differ.",
        p.prototypes, p.counterfactuals
    )
}

/// Table of genes with the spread over pairs, description beside it, concentration.
pub fn view(shown: &Shown) -> AnyView {
    match &shown.concept.detail.attribution {
        Maybe::Missing { not_available } => {
            view! { <p class="na"><b>"Not available"</b>{format!(": {not_available}")}</p> }.into_any()
        }
        Maybe::Value(attribution) => genes(shown, attribution),
    }
}

fn genes(shown: &Shown, attribution: &AttributionDetail) -> AnyView {
    // On a phone the description is a sheet over the page, so that none is open before it is asked for.
    let selected = RwSignal::new((!browser::is_narrow()).then_some(0usize));
    // Esc puts the description away.
    let handle = window_event_listener(ev::keydown, move |event| {
        if event.key() == "Escape" {
            selected.set(None);
        }
    });
    on_cleanup(move || handle.remove());
    let (card_of, card_genes, pairs) =
        (shown.clone(), Arc::new(attribution.genes.clone()), attribution.pairs);
    let card = move || {
        selected.get().and_then(|i| Some((i, card_genes.get(i)?))).map(|(i, gene)| {
            let facts = facts(&card_of, gene, i, pairs);
            let card = gene_card::card(&card_of.bundle, card_of.descriptions, &gene.symbol, facts);
            view! { <aside class="pop genecard" aria-label="Gene description, as in the paper" aria-live="polite">{gene_card::close(move || selected.set(None))}{card}</aside> }
        })
    };
    view! {
        {crate::pages::concept::screened::view(shown)}
        <div class="grid">
            {table(shown, attribution, selected)}
            <div class="c4 gside">
                <HowTo />
                {card}
                {concentration::view(shown, attribution)}
            </div>
        </div>
    }
    .into_any()
}

#[component]
fn HowTo() -> impl IntoView {
    view! {
        <p class="caption howto">
            <b>"Reading it. "</b>
            "Right of zero, the swap lowers activation. Dots far apart: the gene matters in some of the cells only. "
            "Point at a gene, or move to it with Tab, to read what it is."
        </p>
    }
}

fn table(shown: &Shown, attribution: &AttributionDetail, selected: RwSignal<Option<usize>>) -> AnyView {
    let all = RwSignal::new(false);
    let before_topk = RwSignal::new(false);
    let genes = Arc::new(attribution.genes.clone());
    let scale = Scale::of(shown, &genes);
    let n = genes.len();
    let rows_of = shown.clone();
    let rows = move || {
        let n = if all.get() { n } else { FIRST.min(n) };
        let scale = Scale { before: before_topk.get(), ..scale };
        (0..n).map(|i| row(&rows_of, &genes[i], i, &scale, selected)).collect_view()
    };
    let choice = |name: &'static str, before: bool| {
        let pressed = move || (before_topk.get() == before).to_string();
        view! { <button aria-pressed=pressed on:click=move |_| before_topk.set(before)>{name}</button> }
    };
    let csv_of = shown.clone();
    let more = move || if all.get() { format!("Show the first {FIRST}") } else { format!("Show {n} genes") };
    let differ = format!("Differ, of {}", attribution.pairs);
    view! {
        <figure class="fig c8">
            <header>
                <h3>"Fall in activation when the gene is swapped"</h3>
                <div class="row">
                    <div class="seg wide-only" role="group" aria-label="Score">
                        {choice("After TopK", false)}{choice("Before TopK", true)}
                    </div>
                    <span class="tools"><button on:click=move |_| csv(&csv_of)>"CSV"</button></span>
                </div>
            </header>
            <table class="attr">
                <thead><tr>
                    <th class="rk"><span class="vh">"Rank"</span></th><th class="gn">"Gene"</th><th class="gd">"Description"</th>
                    <th class="gb">{scale.axis()}</th><th class="n">"Mean"</th>
                    <th class="n np" title="Pairs in which the two cells’ counts differ">{differ}</th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
            {key(shown, attribution, scale.important)}
            {(n > FIRST).then(|| view! {
                <p class="more"><button class="btn" aria-expanded=move || all.get().to_string()
                    on:click=move |_| all.update(|a| *a = !*a)>{more}</button></p>
            })}
        </figure>
    }
    .into_any()
}

fn key(shown: &Shown, attribution: &AttributionDetail, important: f64) -> AnyView {
    let all = format!(
        "All {} genes: {} positive, {} negative, {} zero",
        thousands(shown.bundle.genes.symbols.len() as u64),
        thousands(attribution.positive),
        thousands(attribution.negative),
        thousands(attribution.zero)
    );
    view! {
        <div class="row key small muted">
            <span><i class="kbar"></i>{format!("mean of {} swaps", attribution.pairs)}</span>
            <span><i class="kdot"></i>"one swap"</span>
            <span><i class="kring"></i>"beyond the axis"</span>
            <span><i class="kthr"></i>{format!("{important}, “important”")}</span>
            <span style="margin-left:auto">{all}</span>
        </div>
    }
    .into_any()
}
