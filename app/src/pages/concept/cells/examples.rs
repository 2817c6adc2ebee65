//! Cells from both ends and the middle: the strongest alone would tell of the extreme only.

use std::sync::Arc;

use leptos::prelude::*;

use super::{
    Shown,
    csv::{download, fetch_names, named},
    strongest_first,
};
use crate::{
    bundle::{Codes, Points},
    components::cell_map::codes_of,
    format::{significant, thousands},
};

/// Cells of each part.
const EACH: usize = 3;
/// Columns of metadata in the table.
const COLUMNS: usize = 2;

/// Places of examples among `n` cells, strongest first, with the name of their part.
fn places(n: usize) -> Vec<(&'static str, usize)> {
    if n <= 3 * EACH {
        return (0..n).map(|place| ("all", place)).collect();
    }
    let middle = n / 2 - EACH / 2;
    let part = |name, from: usize| (from..from + EACH).map(move |place| (name, place));
    part("strongest", 0).chain(part("middle", middle)).chain(part("weakest", n - EACH)).collect()
}

/// The table, and every active cell as a file. Of the first cells of a large bundle it says so, and offers all.
pub fn view(shown: &Shown, all: RwSignal<Shown>) -> AnyView {
    let cells = strongest_first(shown);
    let names = RwSignal::new(None::<Arc<Vec<String>>>);
    let failed = RwSignal::new(None::<String>);
    let columns = shown.bundle.cells.columns.iter().take(COLUMNS);
    let heads = columns.map(|c| view! { <th>{c.name.replace('_', " ")}</th> }).collect_view();
    let points = match shown.concept.exact {
        true => Signal::stored(Arc::new(Points::default())),
        false => Signal::stored(shown.bundle.points()),
    };
    let codes: Vec<_> = (0..shown.bundle.cells.columns.len().min(COLUMNS))
        .map(|column| codes_of(&shown.bundle, points, Signal::stored(Some(column))))
        .collect();
    let rows = places(cells.len())
        .into_iter()
        .map(|(part, place)| row(shown, part, cells[place], points, &codes, names))
        .collect_view();
    let (file_of, names_of) = (shown.clone(), shown.clone());
    let csv = move |_| download(&file_of, names, failed);
    let ask = move |_| fetch_names(&names_of, names, failed);
    let problem = move || failed.get().map(|why| view! { <p class="notice bad" role="alert">{why}</p> });
    view! {
        <figure class="fig">
            <header>
                <h3>"From both ends and the middle"</h3>
                <span class="tools">
                    <button hidden=move || names.get().is_some() on:click=ask>"Barcodes"</button>
                    <button data-testid="cells-csv" title="Every active cell by its barcode" on:click=csv>"CSV"</button>
                </span>
            </header>
            {problem}
            <div class="scroll" tabindex="0" role="region" aria-label="Examples of cells">
                <table class="tight" data-testid="examples">
                    <thead><tr><th>"Which"</th><th>"Cell"</th>{heads}<th class="n">"Activation"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            {of_the_first(shown, cells.len(), all)}
        </figure>
    }
    .into_any()
}

/// That these are some of the cells with rounded activations, and a button for all.
fn of_the_first(shown: &Shown, n: usize, all: RwSignal<Shown>) -> Option<AnyView> {
    if shown.concept.exact {
        return None;
    }
    let step = significant(f64::from(shown.concept.detail.max) / 255.0);
    let active = thousands(shown.concept.detail.cells);
    let said = format!(
        "Among the {} active cells of the first view, of {active} in all; activations in steps of {step}. ",
        thousands(n as u64)
    );
    let whole = shown.clone();
    let ask = move |_| {
        whole.with_exact(move |exact| {
            all.try_set(exact.clone());
        });
    };
    Some(view! {
        <figcaption data-testid="first-cells">{said}<span class="tools"><button on:click=ask>"All active cells"</button></span></figcaption>
    }.into_any())
}

fn row(
    shown: &Shown,
    part: &'static str,
    (cell, value): (u32, f32),
    points: Signal<Arc<Points>>,
    codes: &[Signal<Option<(usize, Codes)>>],
    names: RwSignal<Option<Arc<Vec<String>>>>,
) -> AnyView {
    let prototype = shown.concept.detail.prototypes.iter().find(|p| p.cell.0 == cell).map(|p| p.name.clone());
    let name = move || {
        let fetched = names.with(|names| names.as_ref()?.get(cell as usize).cloned());
        fetched.or_else(|| prototype.clone()).unwrap_or_else(|| format!("row {cell}"))
    };
    let labels = codes
        .iter()
        .map(|&codes| {
            let bundle = shown.bundle.clone();
            let label = move || {
                let (column, codes) = codes.get()?;
                let place = points.with(|points| points.place(cell)).unwrap_or(cell as usize);
                let column = &bundle.cells.columns[column];
                let label = named(&codes, place, column);
                let style = format!("--c:{}", bundle.colour_in(&column.name, &label));
                Some(view! { <i class="swatch" style=style></i>" "{label} })
            };
            view! { <td>{label}</td> }
        })
        .collect_view();
    view! {
        <tr>
            <td class="faint">{part}</td><td class="mono micro">{name}</td>{labels}
            <td class="n">{significant(f64::from(value))}</td>
        </tr>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::places;

    #[test]
    fn examples_come_from_both_ends_and_the_middle() {
        let found: Vec<usize> = places(100).into_iter().map(|p| p.1).collect();
        assert_eq!(found, [0, 1, 2, 49, 50, 51, 97, 98, 99]);
        assert_eq!(places(4).len(), 4);
        assert_eq!(places(9).iter().map(|p| p.1).collect::<Vec<_>>(), (0..9).collect::<Vec<_>>());
        let ten: Vec<usize> = places(10).into_iter().map(|p| p.1).collect();
        assert_eq!(ten, [0, 1, 2, 4, 5, 6, 7, 8, 9]);
    }
}
