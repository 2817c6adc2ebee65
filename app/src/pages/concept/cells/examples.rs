//! Cells from both ends and the middle: the strongest alone would tell of the extreme only.

use std::sync::Arc;

use leptos::prelude::*;

use super::{
    Shown,
    csv::{download, label, with_names},
    strongest_first,
};
use crate::format::significant;

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

/// The table, and every active cell as a file.
pub fn view(shown: &Shown) -> AnyView {
    let cells = strongest_first(shown);
    let names = RwSignal::new(None::<Arc<Vec<String>>>);
    let failed = RwSignal::new(None::<String>);
    let columns = shown.bundle.cells.columns.iter().take(COLUMNS);
    let heads = columns.map(|c| view! { <th>{c.name.replace('_', " ")}</th> }).collect_view();
    let rows = places(cells.len())
        .into_iter()
        .map(|(part, place)| row(shown, part, cells[place], names))
        .collect_view();
    let (file_of, names_of) = (shown.clone(), shown.clone());
    let csv = move |_| {
        let shown = file_of.clone();
        with_names(&file_of, names, failed, move |names| download(&shown, names));
    };
    let ask = move |_| with_names(&names_of, names, failed, |_| ());
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
        </figure>
    }
    .into_any()
}

fn row(
    shown: &Shown,
    part: &'static str,
    (cell, value): (u32, f32),
    names: RwSignal<Option<Arc<Vec<String>>>>,
) -> AnyView {
    let prototype = shown.concept.detail.prototypes.iter().find(|p| p.cell.0 == cell).map(|p| p.name.clone());
    let name = move || {
        let fetched = names.with(|names| names.as_ref()?.get(cell as usize).cloned());
        fetched.or_else(|| prototype.clone()).unwrap_or_else(|| format!("row {cell}"))
    };
    let columns = shown.bundle.cells.columns.len().min(COLUMNS);
    let labels = (0..columns)
        .map(|column| {
            let label = label(shown, column, cell);
            let colour = shown.bundle.colour_in(&shown.bundle.cells.columns[column].name, &label);
            let style = format!("--c:{colour}");
            view! { <td><i class="swatch" style=style></i>" "{label.clone()}</td> }
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
