//! The reader's cells among the bundle's: the nearest ones, on the bundle's map. No new map is made.

use std::sync::Arc;

use cellprism_app::task::own::placed::Placed;
use leptos::prelude::*;

use super::{
    Found,
    over::{self, By, Over},
};
use crate::{
    browser,
    bundle::{Bundle, Codes, Points},
    client::FetchError,
    components::cell_map::{CellMap, Colouring, Filter, Live},
    format::{count, percent, significant, thousands},
};

/// Labels shown.
const FIRST: usize = 12;

/// Map and table, or why there are none.
pub fn view(bundle: &Arc<Bundle>, found: &Arc<Found>, concept: RwSignal<u32>) -> AnyView {
    let inside = match &found.answer.placed {
        Some(placed) => inside(bundle, found, placed, concept),
        None => view! {
            <p class="na"><b>"Not available"</b>": the bundle was published without its cells’ embeddings (they are too large), so nothing can be nearest."</p>
        }
        .into_any(),
    };
    view! { <section class="section" id="placed"><header><h2>"Where the cells lie"</h2></header>{inside}</section> }.into_any()
}

fn inside(bundle: &Arc<Bundle>, found: &Arc<Found>, placed: &Placed, concept: RwSignal<u32>) -> AnyView {
    let points = RwSignal::new(bundle.points());
    let codes = RwSignal::new(None::<(Arc<Points>, Codes)>);
    let fetched = bundle.clone();
    leptos::task::spawn_local(async move {
        if let Ok((all, found)) = all_cells(&fetched).await {
            points.try_set(all.clone());
            codes.try_set(found.map(|found| (all, found)));
        }
    });
    let n = placed.cells.len() as u64;
    let which = if n == found.answer.cells {
        format!("All {} cells", thousands(n))
    } else {
        format!("{} of {} cells, spread evenly along the file,", thousands(n), thousands(found.answer.cells))
    };
    let far = f64::from(placed.far) / (n as f64).max(1.0);
    let distance = format!(
        "{which} at the bundle’s cell that is nearest in the model’s embedding: median distance {}, where the bundle’s own \
         cells have {} to their nearest other; {} lie farther than 99% of those do. ",
        significant(placed.median),
        significant(placed.own_median),
        percent(far)
    );
    let (of, table_of) = (bundle.clone(), placed.clone());
    let table = move || codes.get().map(|(points, codes)| labels(&of, &points, &codes, &table_of));
    let (csv_bundle, csv_placed) = (bundle.clone(), placed.clone());
    let save = move |_| csv(&csv_bundle, &csv_placed);
    let over = Over::new(bundle, found, placed);
    let by = RwSignal::new(over::columns(found).first().map_or(By::Concept, |&column| By::Column(column)));
    let filter = RwSignal::new(Filter::All);
    Effect::new(move |before: Option<By>| {
        let now = by.get();
        if before.is_some_and(|before| before != now) {
            filter.set(Filter::All);
        }
        now
    });
    let live = Live::new();
    let laid = over.clone();
    Effect::new(move || {
        let overlay = points.with(|points| laid.overlay(points, by.get(), concept.get(), &filter.get()));
        live.over.set(overlay.map(Arc::new));
    });
    let choice = over.choice(by, concept);
    let legend = move || over.legend(by.get(), concept.get(), filter);
    let label = format!("Map of the bundle’s cells, with {} placed on it", count(n as u32, "cell"));
    view! {
        <div class="grid">
            <figure class="fig c8" data-testid="own-map">
                <header>{choice}<span class="tools"><button on:click=save>"CSV"</button></span></header>
                <div class="ogrid">
                    <div><CellMap bundle=bundle.clone() points=points colouring=Signal::stored(Colouring::Unknown) label=label live=live /></div>
                    {legend}
                </div>
                <figcaption data-testid="own-placed">"Grey: the bundle’s cells. In colour, larger: yours. "{distance}
                    "Cells of yours with the same nearest cell lie on each other. A placement, not a new map: a cell of a kind that the bundle lacks is put beside the nearest that it has."</figcaption>
            </figure>
            <figure class="fig c4">{table}</figure>
        </div>
    }
    .into_any()
}

/// All cells of the bundle, and their labels where there are any.
async fn all_cells(bundle: &Bundle) -> Result<(Arc<Points>, Option<Codes>), FetchError> {
    let points = bundle.all_points().await?;
    let codes = match bundle.primary() {
        Some(column) => Some(bundle.codes(column, &points).await?),
        None => None,
    };
    Ok((points, codes))
}

/// Labels of the nearest cells beside their share of the bundle.
fn labels(bundle: &Bundle, points: &Points, codes: &[u16], placed: &Placed) -> AnyView {
    let names = bundle.primary_labels();
    let mut near = vec![0u32; names.len()];
    let code =
        |cell: u32| points.place(cell).and_then(|place| codes.get(place)).map(|&code| usize::from(code));
    for code in placed.nearest.iter().filter_map(|&cell| code(cell)) {
        if let Some(near) = near.get_mut(code) {
            *near += 1;
        }
    }
    let cells = f64::from(bundle.manifest.counts.cells.max(1));
    let counts =
        bundle.primary().map(|column| bundle.cells.columns[column].counts.clone()).unwrap_or_default();
    let mut order: Vec<usize> = (0..names.len()).filter(|&label| near[label] > 0).collect();
    cellprism_core::order::sort_by_key(&mut order, |&label| std::cmp::Reverse(near[label]));
    let all = placed.nearest.len().max(1) as f64;
    let row = |&label: &usize| {
        let there = f64::from(counts.get(label).copied().unwrap_or(0)) / cells;
        let swatch = format!("--c:{}", bundle.colour(label as u16));
        view! {
            <tr>
                <td><span class="named"><i class="swatch" style=swatch></i>{names[label].clone()}</span></td>
                <td class="n">{thousands(near[label])}</td>
                <td class="n"><b>{percent(f64::from(near[label]) / all)}</b></td>
                <td class="n faint">{percent(there)}</td>
            </tr>
        }
    };
    let rows = order.iter().take(FIRST).map(row).collect_view();
    view! {
        <header><h3>"Labels of the nearest cells"</h3></header>
        <div class="scroll" tabindex="0" role="region" aria-label="Labels of the nearest cells">
        <table class="tight" data-testid="own-nearest">
            <thead><tr>
                <th>{crate::format::capital(&bundle.kind())}</th><th class="n">"Your cells"</th><th class="n">"Share here"</th>
                <th class="n">"Share in the bundle"</th>
            </tr></thead>
            <tbody>{rows}</tbody>
        </table>
        </div>
    }
    .into_any()
}

fn csv(bundle: &Arc<Bundle>, placed: &Placed) {
    let (bundle, placed) = (bundle.clone(), placed.clone());
    leptos::task::spawn_local(async move {
        let Ok(names) = bundle.names().await else { return };
        let rows =
            placed.cells.iter().zip(&placed.nearest).zip(&placed.distance).map(|((cell, near), distance)| {
                let name = names.get(*near as usize).cloned().unwrap_or_default();
                vec![cell.to_string(), near.to_string(), name, distance.to_string()]
            });
        browser::download_csv(
            "nearest.csv",
            &["row", "nearest_row", "nearest_cell", "distance"],
            rows.collect::<Vec<_>>(),
        );
    });
}
