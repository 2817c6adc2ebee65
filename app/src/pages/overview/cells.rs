//! The map of cells by any column, or by the activation of a concept.

use std::sync::Arc;

use cellprism_core::{bundle::Maybe, ids::ConceptId};
use leptos::prelude::*;

use super::legend::{self, By, Found};
use crate::{
    browser,
    bundle::{Bundle, Points},
    client::FetchError,
    components::{
        cell_map::{CellMap, Colouring, Filter, Live, Span, codes_of},
        points::Drawn,
        states::Load,
        title,
    },
    format::thousands,
    route::{self, Route},
};

/// Cells above which dots lie on each other.
const DENSE: usize = 100_000;

/// The figure; what colours it, which labels it shows, what is seen and what is selected is in the address.
#[component]
pub fn CellsFigure(bundle: Arc<Bundle>) -> impl IntoView {
    let route = route::current();
    let chosen = Memo::new(move |_| route.with(|r| r.get("by").to_owned()));
    let first = bundle.primary().unwrap_or(0);
    let known = bundle.clone();
    let by = Memo::new(move |_| {
        let name = chosen.get();
        if let Some(id) = name.strip_prefix('C').and_then(|n| n.parse::<u32>().ok()) {
            return By::Concept(id);
        }
        let gene = name.strip_prefix("gene:");
        if let Some(place) = gene.and_then(|gene| known.genes.symbols.iter().position(|s| s == gene)) {
            return By::Gene(place);
        }
        let number = name.strip_prefix("number:");
        if let Some(place) = number.and_then(|name| known.cells.numbers.iter().position(|c| c.name == name)) {
            return By::Number(place);
        }
        By::Column(known.cells.columns.iter().position(|c| c.name == name).unwrap_or(first))
    });
    let filter = labels_in_address(route, chosen);
    let live = Live::in_address();
    let drawn = Drawn::new(&bundle);
    let points: Signal<Arc<Points>> = drawn.points.into();
    let amounts = amounts(&bundle, by, points);
    let asked = Signal::derive(move || if let By::Column(column) = by.get() { Some(column) } else { None });
    let codes = codes_of(&bundle, points, asked);
    let symbols = bundle.clone();
    let colouring = Signal::derive(move || match (by.get(), amounts.get()) {
        (By::Concept(_), Load::Ready(Found::Amounts(Maybe::Value(active)))) => Colouring::Activation(active),
        (By::Gene(place), Load::Ready(Found::Amounts(Maybe::Value(counts)))) => {
            Colouring::Gene(symbols.genes.symbols[place].clone(), counts)
        }
        (By::Number(place), Load::Ready(Found::Number(codes))) => {
            let span = Span::of(&codes);
            Colouring::Number(place, codes, span)
        }
        (By::Concept(_) | By::Gene(_) | By::Number(_), _) => Colouring::Unknown,
        (By::Column(_), _) => codes
            .get()
            .map_or(Colouring::Unknown, |(column, codes)| Colouring::Column(column, codes, filter.get())),
    });
    let legend_of = bundle.clone();
    let legend = move || legend::view(&legend_of, &by.get(), &amounts.get(), filter);
    let source = bundle.cells.umap.as_ref().map_or_else(String::new, |u| u.source.clone());
    let label = format!("Map of {} cells", bundle.cells.cells);
    let saved = bundle.clone();
    let dense = move || points.with(|points| points.map.len() > DENSE);
    let dense = move || dense().then_some("Where cells lie on each other, more of them are darker. ");
    view! {
        <figure class="fig c8">
            <header>
                {choice(&bundle, chosen)}
                {gene_choice(&bundle, chosen)}
                <span class="tools"><button on:click=move |_| csv(&saved)>"CSV"</button></span>
            </header>
            <div class="ogrid">
                <div><CellMap bundle=bundle.clone() points=points colouring=colouring label=label live=live /></div>
                {legend}
            </div>
            <figcaption>{format!("Each dot is a cell. Map: {source}. Choose a label to see its cells alone. ")}{dense}{drawn.note(&bundle)}</figcaption>
        </figure>
    }
}

/// Labels that are shown, as the address has them; another column shows all of its own.
fn labels_in_address(route: RwSignal<Route>, column: Memo<String>) -> RwSignal<Filter> {
    let filter = RwSignal::new(Filter::All);
    let said = Memo::new(move |_| route.with(|r| r.get("labels").to_owned()));
    Effect::new(move || filter.set(Filter::from_text(&said.get())));
    Effect::new(move |before: Option<Filter>| {
        let now = filter.get();
        if before.is_some_and(|before| before != now) && said.get_untracked() != now.to_text() {
            route::set(route, "labels", &now.to_text());
        }
        now
    });
    Effect::new(move |before: Option<String>| {
        let now = column.get();
        if before.is_some_and(|before| before != now) {
            filter.set(Filter::All);
        }
        now
    });
    filter
}

/// Activations of the concept, counts of the gene, or the measurement that was asked for.
fn amounts(bundle: &Arc<Bundle>, by: Memo<By>, points: Signal<Arc<Points>>) -> RwSignal<Load<Found>> {
    let found = RwSignal::new(Load::Waiting);
    let fetched = bundle.clone();
    Effect::new(move || {
        let by = by.get();
        if matches!(by, By::Column(_)) {
            return;
        }
        let drawn = points.get();
        found.set(Load::Waiting);
        let bundle = fetched.clone();
        leptos::task::spawn_local(async move {
            let answer = match by {
                By::Concept(id) => {
                    let active = bundle.activations(ConceptId(id), drawn.are_all()).await;
                    active.map(|active| Found::Amounts(Maybe::Value(active)))
                }
                By::Gene(place) => bundle.expression(place).await.map(Found::Amounts),
                By::Number(place) => bundle.numbers(place, &drawn).await.map(Found::Number),
                By::Column(_) => return,
            };
            found.try_set(answer.map_or_else(Load::Failed, Load::Ready));
        });
    });
    found
}

/// A field for a gene's symbol: in any letters, taken with Enter or when one leaves it.
fn gene_choice(bundle: &Arc<Bundle>, chosen: Memo<String>) -> AnyView {
    let route = route::current();
    let unknown = RwSignal::new(None::<String>);
    let known = bundle.clone();
    let n = thousands(bundle.genes.symbols.len() as u64);
    let choose = move |event| {
        let asked = event_target_value(&event).trim().to_owned();
        unknown.set(None);
        if asked.is_empty() {
            return;
        }
        match known.genes.symbols.iter().find(|symbol| symbol.eq_ignore_ascii_case(&asked)) {
            Some(symbol) => route::set(route, "by", &format!("gene:{symbol}")),
            None => unknown.set(Some(format!("{asked} is not among this model’s {n} genes."))),
        }
    };
    let value = move || chosen.get().strip_prefix("gene:").unwrap_or_default().to_owned();
    let said = move || unknown.get().map(|what| view! { <span class="micro" role="alert">{what}</span> });
    view! {
        <label class="row small bygene"><span class="muted">"or a gene"</span>
            <input class="input" type="search" aria-label="Gene to colour by" placeholder="CD74" prop:value=value on:change=choose />
        </label>
        {said}
    }
    .into_any()
}

fn choice(bundle: &Bundle, chosen: Memo<String>) -> AnyView {
    let route = route::current();
    let option = |value: String, text: String| {
        let own = value.clone();
        view! { <option value=value selected=move || chosen.get() == own>{text}</option> }
    };
    let columns = bundle.cells.columns.iter();
    let columns = columns.map(|c| option(c.name.clone(), c.name.replace('_', " "))).collect_view();
    let numbers = bundle.cells.numbers.iter();
    let numbers =
        numbers.map(|c| option(format!("number:{}", c.name), c.name.replace('_', " "))).collect::<Vec<_>>();
    let numbers =
        (!numbers.is_empty()).then(|| view! { <optgroup label="Measurements">{numbers}</optgroup> });
    let concepts = bundle.concepts.active();
    let concepts = concepts
        .map(|row| option(format!("C{}", row.id.0), format!("C{} · {}", row.id.0, title::text(row))))
        .collect_view();
    let choose = move |e| route::set(route, "by", &event_target_value(&e));
    view! {
        <label class="row small colourby">
            <span class="muted">"Colour by"</span>
            <select class="input" aria-label="Colour cells by" on:change=choose>
                <optgroup label="Metadata">{columns}</optgroup>
                {numbers}
                <optgroup label="Activation of a concept">{concepts}</optgroup>
            </select>
        </label>
    }
    .into_any()
}

/// Every cell's place and labels, fetched where not all are there.
fn csv(bundle: &Arc<Bundle>) {
    let bundle = bundle.clone();
    leptos::task::spawn_local(async move {
        let said = match table(&bundle).await {
            Ok((names, rows)) => {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                browser::download_csv("cells.csv", &names, rows);
                return;
            }
            Err(error) => format!("{}: {}", error.file, error.what),
        };
        let _ = window().alert_with_message(&said);
    });
}

async fn table(bundle: &Arc<Bundle>) -> Result<(Vec<String>, Vec<Vec<String>>), FetchError> {
    let points = bundle.all_points().await?;
    let mut codes = Vec::new();
    for column in 0..bundle.cells.columns.len() {
        codes.push(bundle.codes(column, &points).await?);
    }
    let mut measured = Vec::new();
    for place in 0..bundle.cells.numbers.len() {
        measured.push(bundle.numbers(place, &points).await?);
    }
    let rows = points.map.iter().enumerate().map(|(cell, xy)| {
        let mut row = vec![cell.to_string(), xy[0].to_string(), xy[1].to_string()];
        row.extend(codes.iter().zip(&bundle.cells.columns).map(|(codes, c)| {
            let code = codes.get(cell).copied().unwrap_or(u16::MAX);
            c.labels.get(usize::from(code)).cloned().unwrap_or_default()
        }));
        row.extend(measured.iter().zip(&bundle.cells.numbers).map(|(codes, c)| {
            let value = codes.get(cell).and_then(|&code| c.value(code));
            value.map_or_else(String::new, |value| value.to_string())
        }));
        row
    });
    let columns = bundle.cells.columns.iter().map(|c| c.name.clone());
    let columns = columns.chain(bundle.cells.numbers.iter().map(|c| c.name.clone()));
    let names = ["cell", "x", "y"].map(str::to_owned).into_iter().chain(columns).collect();
    Ok((names, rows.collect()))
}
