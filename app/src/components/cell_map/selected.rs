//! The cells inside the area that was drawn: how many of each label, their names as a file, the concepts active there.

use std::sync::Arc;

use leptos::prelude::*;

use super::{
    colouring::{Colouring, Filter},
    here,
    surface::Surface,
    tip::Lookup,
};
use crate::{
    browser,
    bundle::{Bundle, Codes},
    client::FetchError,
    format::{percent, thousands, times},
};

/// Places of the selected cells among those that are drawn, rising; labels that are hidden are not selected.
pub fn cells(surface: Surface, lookup: Lookup) -> Memo<Arc<Vec<u32>>> {
    Memo::new(move |_| {
        let Some(area) = surface.live.area.get() else { return Arc::default() };
        let mut inside = lookup.points.with(|points| area.cells(&points.map));
        lookup.colouring.with(|colouring| {
            if let Colouring::Column(_, codes, filter) = colouring
                && *filter != Filter::All
            {
                inside.retain(|&cell| codes.get(cell as usize).is_some_and(|&code| filter.shows(code)));
            }
        });
        Arc::new(inside)
    })
}

/// The panel; nothing where no area is drawn.
pub fn view(bundle: &Arc<Bundle>, surface: Surface, lookup: Lookup, chosen: Memo<Arc<Vec<u32>>>) -> AnyView {
    let bundle = bundle.clone();
    let open = Memo::new(move |_| surface.live.area.with(Option::is_some));
    let panel = move || open.get().then(|| panel(&bundle, surface, lookup, chosen));
    view! { {panel} }.into_any()
}

fn panel(bundle: &Arc<Bundle>, surface: Surface, lookup: Lookup, chosen: Memo<Arc<Vec<u32>>>) -> AnyView {
    let column = Signal::derive(move || match lookup.colouring.get() {
        Colouring::Column(column, codes, _) => Some((column, codes)),
        _ => lookup.primary.get(),
    });
    let of = bundle.clone();
    let labels = move || column.get().map(|(column, codes)| table(&of, column, &codes, &chosen.get()));
    let n = move || {
        let all = lookup.points.with(|points| points.map.len());
        let n = chosen.with(|cells| cells.len());
        format!("{} of {} drawn cells selected", thousands(n as u64), thousands(all as u64))
    };
    let failed = RwSignal::new(None::<FetchError>);
    let saved = bundle.clone();
    let csv = move |_| {
        let (bundle, cells) = (saved.clone(), chosen.get_untracked());
        failed.set(None);
        leptos::task::spawn_local(async move {
            if let Err(error) = download(&bundle, lookup, &cells).await {
                failed.try_set(Some(error));
            }
        });
    };
    let problem = move || {
        failed.get().map(|error| {
            view! { <p class="notice bad" role="alert">{format!("The names could not be loaded: {}: {}", error.file, error.what)}</p> }
        })
    };
    let none = move || chosen.with(|cells| cells.is_empty());
    view! {
        <section class="selected" aria-label="Selected cells" data-testid="selected">
            <div class="row between">
                <h4 aria-live="polite" data-testid="selected-count">{n}</h4>
                <span class="tools">
                    <button disabled=none on:click=csv>"CSV of the cells"</button>
                    <button on:click=move |_| surface.live.area.set(None)>"Clear"</button>
                </span>
            </div>
            {problem}
            <div class="two">{labels}{here::view(bundle, lookup, chosen)}</div>
        </section>
    }
    .into_any()
}

/// Labels of the selected cells, beside their share of all that are drawn.
fn table(bundle: &Bundle, column: usize, codes: &Codes, chosen: &[u32]) -> AnyView {
    let found = &bundle.cells.columns[column];
    let count = |cells: &mut dyn Iterator<Item = u16>| {
        let mut counts = vec![0u32; found.labels.len()];
        cells.for_each(|code| {
            if let Some(n) = counts.get_mut(usize::from(code)) {
                *n += 1;
            }
        });
        counts
    };
    let here = count(&mut chosen.iter().filter_map(|&cell| codes.get(cell as usize).copied()));
    let all = count(&mut codes.iter().copied());
    let mut order: Vec<usize> = (0..here.len()).filter(|&i| here[i] > 0).collect();
    cellprism_core::order::sort_by_key(&mut order, |&i| (std::cmp::Reverse(here[i]), i));
    let rows = order.into_iter().map(|i| {
        let share = |n: u32, of: usize| f64::from(n) / of.max(1) as f64;
        let (own, base) = (share(here[i], chosen.len()), share(all[i], codes.len()));
        view! {
            <tr>
                <td><span class="named"><i class="swatch" style=format!("--c:{}", bundle.colours[column][i])></i>{found.labels[i].clone()}</span></td>
                <td class="n">{thousands(here[i])}</td><td class="n">{percent(own)}</td><td class="n">{percent(base)}</td>
                <td class="n">{times(own / base.max(f64::MIN_POSITIVE))}</td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label="Labels of the selected cells">
            <table class="tight" data-testid="selected-labels">
                <thead><tr>
                    <th>{found.name.replace('_', " ")}</th><th class="n">"Cells"</th><th class="n">"Share here"</th>
                    <th class="n">"Share of all"</th><th class="n">"Lift"</th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// The selected cells by their names, with every label and what the map is coloured by.
async fn download(bundle: &Arc<Bundle>, lookup: Lookup, chosen: &[u32]) -> Result<(), FetchError> {
    let (points, colouring) = (lookup.points.get_untracked(), lookup.colouring.get_untracked());
    let names = bundle.names().await?;
    let mut header = vec!["cell".to_owned()];
    let mut codes = Vec::new();
    for (place, column) in bundle.cells.columns.iter().enumerate() {
        header.push(column.name.clone());
        codes.push(bundle.codes(place, &points).await?);
    }
    let amounts = match &colouring {
        Colouring::Activation(amounts) => Some(("activation".to_owned(), amounts.clone())),
        Colouring::Gene(symbol, amounts) => Some((symbol.clone(), amounts.clone())),
        Colouring::Column(..) | Colouring::Unknown | Colouring::Number(..) => None,
    };
    let measured = match &colouring {
        Colouring::Number(place, codes, _) => bundle.cells.numbers.get(*place).zip(Some(codes.clone())),
        _ => None,
    };
    header.extend(measured.as_ref().map(|(column, _)| column.name.clone()));
    let amounts = amounts.map(|(name, amounts)| {
        header.push(name);
        amounts.iter().copied().collect::<std::collections::HashMap<u32, f32>>()
    });
    let rows = chosen.iter().map(|&cell| {
        let row = points.row(cell);
        let mut fields = vec![names.get(row as usize).cloned().unwrap_or_default()];
        fields.extend(codes.iter().zip(&bundle.cells.columns).map(|(codes, column)| {
            let code = codes.get(cell as usize).copied().unwrap_or(u16::MAX);
            column.labels.get(usize::from(code)).cloned().unwrap_or_default()
        }));
        fields.extend(measured.as_ref().map(|(column, codes)| {
            let value = codes.get(cell as usize).and_then(|&code| column.value(code));
            value.map_or_else(String::new, |value| value.to_string())
        }));
        fields.extend(amounts.as_ref().map(|of| of.get(&row).copied().unwrap_or(0.0).to_string()));
        fields
    });
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    browser::download_csv("selected-cells.csv", &header, rows);
    Ok(())
}
