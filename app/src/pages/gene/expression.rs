//! Where a gene is counted: on the map, and in which share of each kind of cell.

use std::sync::Arc;

use cellprism_core::bundle::Maybe;
use leptos::prelude::*;

use crate::{
    browser,
    bundle::{Bundle, Codes, Points},
    components::{
        cell_map::{Amounts, CellMap, Colouring, Key, Live, codes_of, ramp},
        points::Drawn,
        states::{Failed, Load, Loading},
    },
    format::{percent, significant, thousands},
};

/// The section.
pub fn view(bundle: &Arc<Bundle>, place: usize, symbol: &str) -> AnyView {
    let found = RwSignal::new(Load::<Maybe<Amounts>>::Waiting);
    let fetched = bundle.clone();
    leptos::task::spawn_local(async move {
        found.try_set(fetched.expression(place).await.map_or_else(Load::Failed, Load::Ready));
    });
    let (bundle, symbol) = (bundle.clone(), symbol.to_owned());
    let body = move || match found.get() {
        Load::Waiting => view! { <Loading what="counts" /> }.into_any(),
        Load::Failed(error) => view! { <Failed what="Counts of this gene" error=error /> }.into_any(),
        Load::Ready(Maybe::Missing { not_available }) => view! {
            <p class="notice" data-testid="no-expression"><b>"Not available"</b>": "{not_available}"."</p>
        }
        .into_any(),
        Load::Ready(Maybe::Value(amounts)) => shown(&bundle, &symbol, amounts),
    };
    view! {
        <section class="section" id="expression">
            <header>
                <h2>"Where it is expressed"</h2>
                <p>"Counts as the data have them, not normalised."</p>
            </header>
            {body}
        </section>
    }
    .into_any()
}

fn shown(bundle: &Arc<Bundle>, symbol: &str, amounts: Amounts) -> AnyView {
    let drawn = Drawn::new(bundle);
    let points: Signal<Arc<Points>> = drawn.points.into();
    let codes = codes_of(bundle, points, Signal::stored(bundle.primary()));
    let colouring = Colouring::Gene(symbol.to_owned(), amounts.clone());
    let key = match Key::of(bundle, &colouring) {
        Key::Ramp { least, most, .. } => ramp(least, most),
        _ => ().into_any(),
    };
    let label = format!("Map of {} cells coloured by counts of {symbol}", bundle.cells.cells);
    let (of, name) = (bundle.clone(), symbol.to_owned());
    let table = move || {
        codes
            .get()
            .map(|(column, codes)| points.with(|points| table(&of, column, &codes, points, &amounts, &name)))
    };
    view! {
        <div class="grid">
            <figure class="fig c6">
                <CellMap bundle=bundle.clone() points=points colouring=Signal::stored(colouring) label=label live=Live::in_address() />
                {key}
                <figcaption>"Each dot is a cell; most counts are drawn last. Grey: not counted in this cell. "{drawn.note(bundle)}</figcaption>
            </figure>
            <div class="c6">{table}</div>
        </div>
    }
    .into_any()
}

/// A kind of cell.
#[derive(Debug, PartialEq)]
struct Group {
    label: usize,
    cells: u32,
    counted: u32,
    mean: f64,
}

/// Groups of the cells that are drawn, the highest share first.
fn groups(labels: usize, codes: &[u16], points: &Points, amounts: &[(u32, f32)]) -> Vec<Group> {
    let mut found: Vec<Group> =
        (0..labels).map(|label| Group { label, cells: 0, counted: 0, mean: 0.0 }).collect();
    for &code in codes {
        if let Some(group) = found.get_mut(usize::from(code)) {
            group.cells += 1;
        }
    }
    for &(row, count) in amounts {
        let code = points.place(row).and_then(|place| codes.get(place));
        if let Some(group) = code.and_then(|&code| found.get_mut(usize::from(code))) {
            group.counted += 1;
            group.mean += f64::from(count);
        }
    }
    found.retain(|group| group.cells > 0);
    found.iter_mut().for_each(|group| group.mean /= f64::from(group.cells));
    let share = |group: &Group| f64::from(group.counted) / f64::from(group.cells);
    cellprism_core::order::sort_by(&mut found, |a, b| {
        share(b).total_cmp(&share(a)).then(a.label.cmp(&b.label))
    });
    found
}

fn table(
    bundle: &Bundle,
    column: usize,
    codes: &Codes,
    points: &Points,
    amounts: &[(u32, f32)],
    symbol: &str,
) -> AnyView {
    let found = &bundle.cells.columns[column];
    let groups = groups(found.labels.len(), codes, points, amounts);
    let share = |group: &Group| f64::from(group.counted) / f64::from(group.cells);
    let rows = groups.iter().map(|group| {
        let width = format!("width:{:.1}%;--c:{}", 100.0 * share(group), bundle.colours[column][group.label]);
        view! {
            <tr>
                <td><span class="named"><i class="swatch" style=format!("--c:{}", bundle.colours[column][group.label])></i>{found.labels[group.label].clone()}</span></td>
                <td class="n">{thousands(group.cells)}</td>
                <td style="min-width:90px"><div class="stackbar"><i style=width></i></div></td>
                <td class="n">{percent(share(group))}</td><td class="n">{significant(group.mean)}</td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    let lines: Vec<Vec<String>> = groups
        .iter()
        .map(|group| {
            let numbers = [group.cells.to_string(), share(group).to_string(), group.mean.to_string()];
            [vec![found.labels[group.label].clone()], numbers.to_vec()].concat()
        })
        .collect();
    let file = format!("{symbol}-by-{}.csv", found.name);
    let name = found.name.clone();
    let csv = move |_| {
        browser::download_csv(&file, &[&name, "cells", "share_of_cells", "mean_count"], lines.clone());
    };
    view! {
        <figure class="fig">
            <header><h3>{format!("By {}", found.name.replace('_', " "))}</h3><span class="tools"><button on:click=csv>"CSV"</button></span></header>
            <div class="scroll" tabindex="0" role="region" aria-label="Expression by label">
                <table class="tight" data-testid="expression">
                    <thead><tr>
                        <th>{found.name.replace('_', " ")}</th><th class="n">"Cells"</th><th><span class="vh">"Share, as a bar"</span></th>
                        <th class="n">"Counted in"</th><th class="n">"Mean count"</th>
                    </tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </figure>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_and_means_are_of_all_cells_of_a_label() {
        let points = Points::new(&[[0, 0]; 5], Some(vec![10, 11, 12, 13, 14]));
        let amounts = [(11, 4.0), (12, 2.0), (99, 7.0)];
        let found = groups(3, &[0, 0, 1, 0, u16::MAX], &points, &amounts);
        let group = |label, cells, counted, mean| Group { label, cells, counted, mean };
        assert_eq!(found, [group(1, 1, 1, 2.0), group(0, 3, 1, 4.0 / 3.0)]);
    }
}
