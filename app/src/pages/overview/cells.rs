//! The map of cells by any column, or by the activation of a concept.

use std::sync::Arc;

use cellprism_core::ids::ConceptId;
use leptos::prelude::*;

use super::legend;
use crate::{
    browser,
    bundle::{Bundle, Points},
    client::FetchError,
    components::{
        cell_map::{CellMap, Colouring, codes_of},
        points::Drawn,
        states::Load,
        title,
    },
    route,
};

/// The figure; what colours it is in the address.
#[component]
pub fn CellsFigure(bundle: Arc<Bundle>) -> impl IntoView {
    let route = route::current();
    let chosen = Memo::new(move |_| route.with(|r| r.get("by").to_owned()));
    let forward = RwSignal::new(None::<u16>);
    let first = bundle.primary().unwrap_or(0);
    let known = bundle.clone();
    let column = Memo::new(move |_| {
        let name = chosen.get();
        known.cells.columns.iter().position(|c| c.name == name).unwrap_or(first)
    });
    let concept = Memo::new(move |_| chosen.get().strip_prefix('C').and_then(|n| n.parse::<u32>().ok()));
    let drawn = Drawn::new(&bundle);
    let points: Signal<Arc<Points>> = drawn.points.into();
    let activation = activation(&bundle, concept, points);
    let asked = Signal::derive(move || concept.get().is_none().then(|| column.get()));
    let codes = codes_of(&bundle, points, asked);
    let colouring = Signal::derive(move || match (concept.get(), activation.get()) {
        (Some(_), Load::Ready(active)) => Colouring::Activation(active),
        (Some(_), _) => Colouring::Unknown,
        (None, _) => codes
            .get()
            .map_or(Colouring::Unknown, |(column, codes)| Colouring::Column(column, codes, forward.get())),
    });
    let legend_of = bundle.clone();
    let legend = move || match concept.get() {
        Some(id) => legend::activation(id, &activation.get()),
        None => legend::labels(&legend_of, column.get(), forward),
    };
    let source = bundle.cells.umap.as_ref().map_or_else(String::new, |u| u.source.clone());
    let label = format!("Map of {} cells", bundle.cells.cells);
    let saved = bundle.clone();
    view! {
        <figure class="fig c8">
            <header>
                {choice(&bundle, chosen)}
                <span class="tools"><button on:click=move |_| csv(&saved)>"CSV"</button></span>
            </header>
            <div class="ogrid"><CellMap bundle=bundle.clone() points=points colouring=colouring label=label tags=true />{legend}</div>
            <figcaption>{format!("Each dot is a cell. Map: {source}. Choose a label to bring its cells forward. ")}{drawn.note(&bundle)}</figcaption>
        </figure>
    }
}

/// Activations of the concept that was asked for.
fn activation(
    bundle: &Arc<Bundle>,
    concept: Memo<Option<u32>>,
    points: Signal<Arc<Points>>,
) -> RwSignal<Load<legend::Active>> {
    let activation = RwSignal::new(Load::Waiting);
    let fetched = bundle.clone();
    Effect::new(move || {
        let Some(id) = concept.get() else { return };
        let all = points.with(|points| points.are_all());
        activation.set(Load::Waiting);
        let bundle = fetched.clone();
        leptos::task::spawn_local(async move {
            activation.try_set(match bundle.activations(ConceptId(id), all).await {
                Ok(found) => Load::Ready(found),
                Err(error) => Load::Failed(error),
            });
        });
    });
    activation
}

fn choice(bundle: &Bundle, chosen: Memo<String>) -> AnyView {
    let route = route::current();
    let option = |value: String, text: String| {
        let own = value.clone();
        view! { <option value=value selected=move || chosen.get() == own>{text}</option> }
    };
    let columns = bundle.cells.columns.iter();
    let columns = columns.map(|c| option(c.name.clone(), c.name.replace('_', " "))).collect_view();
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
    let rows = points.map.iter().enumerate().map(|(cell, xy)| {
        let mut row = vec![cell.to_string(), xy[0].to_string(), xy[1].to_string()];
        row.extend(codes.iter().zip(&bundle.cells.columns).map(|(codes, c)| {
            let code = codes.get(cell).copied().unwrap_or(u16::MAX);
            c.labels.get(usize::from(code)).cloned().unwrap_or_default()
        }));
        row
    });
    let columns = bundle.cells.columns.iter().map(|c| c.name.clone());
    let names = ["cell", "x", "y"].map(str::to_owned).into_iter().chain(columns).collect();
    Ok((names, rows.collect()))
}
