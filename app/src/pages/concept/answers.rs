//! The four answers, each a link to its part.

use cellprism_core::bundle::{Maybe, Reading, Side, SideGene, SideLabel};
use leptos::prelude::*;

use super::Shown;
use crate::{
    browser,
    certainty::Certainty,
    components::stackbar,
    format::{percent, range, thousands, times},
    notes,
    term::term_name,
};

/// The strip.
pub fn view(shown: &Shown, reading: &Reading) -> AnyView {
    let shown_of = shown.clone();
    let own = (move || own(&shown_of)).into_any();
    view! {
        <section class="four" aria-label="Four readings">
            {card(shown, "cells", "A", "Cells", cells(shown))}
            {card(shown, "genes", "B", "Genes", genes(reading))}
            {card(shown, "pathways", "C", "Pathways", pathways(shown, reading))}
            {card(shown, "label", "D", "Label", own)}
        </section>
    }
    .into_any()
}

/// One answer.
pub fn card(
    shown: &Shown,
    to: &'static str,
    letter: &'static str,
    name: &'static str,
    inside: AnyView,
) -> AnyView {
    let go = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        browser::scroll_to(to);
    };
    let href = shown.listing.subject.link(shown.id());
    view! {
        <a class="reading" href=href on:click=go><h2><span class="letter">{letter}</span>{name}</h2>{inside}</a>
    }
    .into_any()
}

fn cells(shown: &Shown) -> AnyView {
    let detail = &shown.concept.detail;
    let n = detail.prototypes.len();
    let (answer, sub) = match detail.title_parts.cells.first() {
        Some(first) => {
            let strongest = if first.prototypes as usize == n && n > 0 {
                format!("all {n} of its strongest")
            } else {
                format!("{} of its {n} strongest", first.prototypes)
            };
            let words = crate::format::capital(&first.words);
            let sub = format!(
                "{} of its activation, {} of its cells, {} of all cells; {strongest}",
                percent(first.weight),
                percent(first.ratio),
                percent(first.base_rate)
            );
            (format!("{words}, {}", times(first.lift)), sub)
        }
        None => {
            let commonest = detail.columns.first().and_then(|c| c.labels.first());
            let sub = commonest.map(|l| {
                let share = f64::from(l.active) / f64::from(detail.cells.max(1));
                format!("Commonest: {}, {} of its {} cells", l.label, percent(share), thousands(detail.cells))
            });
            ("Cells of several kinds".to_owned(), sub.unwrap_or_default())
        }
    };
    view! {
        <p class="answer">{answer}</p>{stackbar::composition(&shown.bundle, &shown.row)}<p class="sub">{sub}</p>
    }
    .into_any()
}

fn genes(reading: &Reading) -> AnyView {
    let carried = |side: Side| {
        let genes = reading.side(side).genes.iter();
        genes
            .filter(|gene| gene.carried_by >= reading.headline && gene.score > 0.0)
            .take(2)
            .collect::<Vec<_>>()
    };
    let (has, lacks) = (carried(Side::Presence), carried(Side::Absence));
    let named = |word: &'static str, genes: &[&SideGene]| {
        let names = genes.iter().map(|gene| gene.symbol.clone()).collect::<Vec<_>>().join(", ");
        (!genes.is_empty())
            .then(|| view! { <span class="line">{word}" "<span class="gene">{names}</span></span> })
    };
    if has.is_empty() && lacks.is_empty() {
        let sub = format!("none is carried by {} of {} cells", reading.headline, reading.held_out);
        return view! { <p class="answer unset">"No gene stands out"</p><p class="sub">{sub}</p> }.into_any();
    }
    let counts = || has.iter().chain(&lacks).map(|gene| gene.carried_by);
    let (low, high) = (counts().min().unwrap_or(0), counts().max().unwrap_or(0));
    let sub = format!("each carried by {} of {} cells", range(low, high), reading.held_out);
    view! { <p class="answer">{named("has", &has)}{named("lacks", &lacks)}</p><p class="sub">{sub}</p> }
        .into_any()
}

fn pathways(shown: &Shown, reading: &Reading) -> AnyView {
    let labels = &shown.concept.detail.labels;
    let said = |side: Side| match (labels.of(side), &reading.side(side).enrichment) {
        (Some(label), _) => nearest(label),
        (None, Some(Maybe::Missing { not_available })) => format!("not tested, {not_available}"),
        (None, _) => "not tested".into(),
    };
    let survivor = |side: Side, word: Option<&'static str>| {
        let label = labels.of(side).filter(|label| label.survives)?;
        let word = word.map(|word| view! { <span class="faint">{word}</span> });
        Some(view! { <span class="line">{word}{term_name(&label.term).0}</span> }.into_any())
    };
    let standing: Vec<AnyView> = [survivor(Side::Presence, None), survivor(Side::Absence, Some("lacks "))]
        .into_iter()
        .flatten()
        .collect();
    let sub = format!("Has: {}. Lacks: {}", said(Side::Presence), said(Side::Absence));
    if standing.is_empty() {
        return view! { <p class="answer unset">"None survives"</p><p class="sub">{sub}</p> }.into_any();
    }
    view! { <p class="answer">{standing}</p><p class="sub">{sub}</p> }.into_any()
}

/// "nearest is heat-shock response, as chance".
fn nearest(label: &SideLabel) -> String {
    let (name, word) = (term_name(&label.term).0, Certainty::of(label.chance, label.survives));
    match word {
        Certainty::Stands => format!("{name} stands, by chance in {}", percent(label.chance)),
        _ => format!("nearest is {name}, {}", word.word()),
    }
}

/// The reader's label.
pub fn own(shown: &Shown) -> AnyView {
    notes::follow();
    let own = notes::of(&shown.bundle.manifest.tag, shown.key());
    if own.is_empty() {
        return view! {
            <p class="answer unset">"Not labelled yet"</p>
            <p class="sub">"Yours stays in this browser until you export it"</p>
        }
        .into_any();
    }
    view! { <p class="answer">{own}</p><p class="sub">"Your label, kept in this browser"</p> }.into_any()
}
