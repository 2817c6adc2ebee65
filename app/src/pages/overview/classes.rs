//! How many concepts there are of each class.

use std::sync::Arc;

use cellprism_core::bundle::ConceptClass;
use cellprism_figures::{Bar, Colour, Panel, Series, Stacked};
use leptos::prelude::*;

use crate::{
    bundle::Bundle,
    components::figure_menu::{self, Behind},
    format::{percent, thousands},
};

/// A class: filter of the list, colour, name, rule, concepts.
struct Class {
    filter: &'static str,
    colour: &'static str,
    name: &'static str,
    rule: String,
    concepts: usize,
}

fn all(bundle: &Bundle) -> [Class; 4] {
    let s = &bundle.manifest.parameters.specificity;
    let (kind, share) = (bundle.kind(), percent(s.ratio));
    let class = |class, filter, colour, name, rule| {
        let concepts = bundle.concepts.index.rows.iter().filter(|r| r.class == class).count();
        Class { filter, colour, name, rule, concepts }
    };
    let mixed = format!("at least {} active cells, no label reaches {share}", s.min_cells);
    let rare = format!("1 to {} active cells: not enough data", s.min_cells.saturating_sub(1));
    [
        class(
            ConceptClass::Specific,
            "specific",
            "var(--accent)",
            "Specific",
            format!("at least {share} of active cells share one {kind}"),
        ),
        class(ConceptClass::Mixed, "mixed", "var(--act-2)", "Mixed", mixed),
        class(ConceptClass::Rare, "rare", "var(--ink-3)", "Rare", rare),
        class(ConceptClass::Dead, "dead", "var(--act-0)", "Dead", "no active cell".to_owned()),
    ]
}

/// Bar and list.
pub fn view(bundle: &Arc<Bundle>) -> AnyView {
    let all = all(bundle);
    let said = all.iter().map(|c| format!("{} {}", c.concepts, c.name.to_lowercase()));
    let label = said.collect::<Vec<_>>().join(", ");
    let part = |c: &Class| view! { <i style=format!("flex:{};--c:{}", c.concepts, c.colour)></i> };
    let bar = all.iter().filter(|c| c.concepts > 0).map(part).collect_view();
    let rows: Vec<Vec<String>> =
        all.iter().map(|c| vec![c.name.to_owned(), c.concepts.to_string(), c.rule.clone()]).collect();
    let counted: Vec<(&str, f64)> = all.iter().map(|c| (c.name, c.concepts as f64)).collect();
    let chart = move || {
        let colours = [Colour::Accent, Colour::Ramp(2), Colour::Faint, Colour::Line];
        let series = counted.iter().zip(colours);
        Panel::Stacked(Stacked {
            x_title: "Share of concepts (%)".into(),
            series: series.map(|((name, _), colour)| Series::coloured(name, colour)).collect(),
            bars: vec![Bar { label: "concepts".into(), counts: counted.iter().map(|(_, n)| *n).collect() }],
            of: "concepts".into(),
        })
    };
    let item = |c: &Class| {
        view! {
            <li><a href=format!("#/concepts?show={}", c.filter)>
                <i style=format!("--c:{}", c.colour)></i><b>{c.concepts}</b>
                <span><b>{c.name}</b><br /><span class="faint">{c.rule.clone()}</span></span>
            </a></li>
        }
    };
    let title = format!("The {} concepts by class", thousands(bundle.manifest.counts.concepts));
    let header = ["class", "concepts", "rule"];
    let file = format!("{}-classes", bundle.manifest.name);
    let behind = Behind::new(file, title.clone(), &header, move || rows.clone(), chart);
    view! {
        <figure class="fig">
            <header><h3>{title}</h3>{figure_menu::view(behind)}</header>
            <div class="clsbar" role="img" aria-label=label>{bar}</div>
            <ul class="clslist">{all.iter().map(item).collect_view()}</ul>
        </figure>
    }
    .into_any()
}
