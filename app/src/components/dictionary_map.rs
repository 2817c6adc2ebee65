//! The map of the dictionary: one dot a concept.

use std::{collections::HashSet, sync::Arc};

use leptos::prelude::*;

use super::title;
use crate::{browser, bundle::Bundle, route};

/// The map; concepts that the list shows stand out.
pub fn view(bundle: &Arc<Bundle>, found: Memo<Vec<usize>>) -> AnyView {
    let placed: Vec<(usize, [f32; 2])> =
        bundle.concepts.index.rows.iter().enumerate().filter_map(|(i, row)| Some((i, row.xy?))).collect();
    if placed.is_empty() {
        return ().into_any();
    }
    let range = |axis: usize| {
        placed
            .iter()
            .fold((f32::MAX, f32::MIN), |(low, high), (_, xy)| (low.min(xy[axis]), high.max(xy[axis])))
    };
    let ((left, right), (low, high)) = (range(0), range(1));
    let share =
        |value: f32, low: f32, high: f32| 4.0 + 92.0 * (value - low) / (high - low).max(f32::MIN_POSITIVE);
    let least = bundle.manifest.parameters.specificity.min_cells;
    let most = bundle.concepts.index.rows.iter().map(|r| r.cells).max().unwrap_or(1).max(1);
    let listed = Memo::new(move |_| found.get().into_iter().collect::<HashSet<usize>>());
    let dots = placed
        .iter()
        .map(|&(i, [x, y])| {
            let row = &bundle.concepts.index.rows[i];
            let id = row.id.0;
            let colour = row.composition.first().map_or("var(--oi-grey)", |c| bundle.colour(c.0));
            let size = 4.0 + 13.0 * (f64::from(row.cells) / f64::from(most)).sqrt();
            let strength = if row.cells >= least { 0.95 } else { 0.35 };
            let colour = colour.to_owned();
            let style = move || {
                let opacity = if listed.with(|l| l.contains(&i)) { strength } else { 0.12 };
                format!("stroke:{colour};stroke-width:{size:.1};opacity:{opacity};cursor:pointer")
            };
            let at = format!("M{:.2} {:.2}h0", share(x, left, right), 100.0 - share(y, low, high));
            let go = move |_| route::go(&format!("#/concept/{id}"));
            let name = format!("C{id}: {}", title::text(row));
            view! { <path class="dot" d=at style=style on:click=go><title>{name}</title></path> }
        })
        .collect::<Vec<_>>();
    let legend = bundle
        .primary_labels()
        .iter()
        .enumerate()
        .take(14)
        .map(|(i, label)| {
            let swatch = format!("--c:{}", bundle.colour(i as u16));
            view! { <span><i class="swatch" style=swatch></i>{label.clone()}</span> }
        })
        .collect::<Vec<_>>();
    let rows: Vec<Vec<String>> = placed
        .iter()
        .map(|&(i, [x, y])| {
            vec![
                bundle.concepts.index.rows[i].id.0.to_string(),
                x.to_string(),
                y.to_string(),
                bundle.concepts.index.rows[i].cells.to_string(),
            ]
        })
        .collect();
    let csv = move |_| {
        let header = ["concept", "x", "y", "active_cells"];
        browser::download_csv("dictionary-map.csv", &header, rows.clone());
    };
    let how = bundle.concepts.index.layout.clone().unwrap_or_default();
    let note = format!(
        "One dot a concept, near when directions are alike ({how}); size: cells; colour: its commonest label; pale: fewer than {least} cells."
    );
    let label =
        "Concepts placed by the directions of their dictionary rows; the list below holds the same concepts";
    view! {
        <figure class="fig c5">
            <header><h2 class="h3">"Map of the dictionary"</h2><span class="tools"><button on:click=csv>"CSV"</button></span></header>
            <div class="plot bare mapbox" style="height:250px">
                <svg viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-label=label>{dots}</svg>
            </div>
            <figcaption class="maplegend">{legend}</figcaption>
            <p class="micro faint" style="margin-top:6px">{note}</p>
        </figure>
    }
    .into_any()
}
