//! A: which cells activate it.

use std::sync::Arc;

use cellprism_core::bundle::{ColumnSpecificity, Maybe};
use leptos::prelude::*;

use super::Shown;
use crate::{
    browser,
    components::cell_map::{CellMap, Colouring},
    format::{percent, significant, thousands},
    plots,
};

/// Map, histogram, labels.
pub fn view(shown: &Shown) -> AnyView {
    let by = RwSignal::new(None::<usize>);
    let active: Arc<Vec<(u32, f32)>> = Arc::new(
        shown.concept.cells.iter().copied().zip(shown.concept.activations.iter().copied()).collect(),
    );
    let colouring = {
        let active = active.clone();
        Signal::derive(move || match by.get() {
            None => Colouring::Activation(active.clone()),
            Some(column) => Colouring::Column(column, None),
        })
    };
    let columns = shown
        .bundle
        .cells
        .columns
        .iter()
        .enumerate()
        .take(4)
        .map(|(i, c)| view! { <button aria-pressed=move || (by.get() == Some(i)).to_string() on:click=move |_| by.set(Some(i))>{c.name.replace('_', " ")}</button> })
        .collect::<Vec<_>>();
    let source = shown.bundle.cells.umap.as_ref().map(|u| format!("map {}. ", u.source)).unwrap_or_default();
    let (least, most) =
        shown.concept.activations.iter().fold((f32::MAX, 0.0f32), |(l, m), &a| (l.min(a), m.max(a)));
    let csv = cells_csv(shown, active);
    view! {
        <section class="section" id="cells">
            <header><h2><span class="letter">"A"</span>"Which cells activate it"</h2></header>
            <div class="grid">
                <figure class="fig c6">
                    <header><div class="seg" role="group" aria-label="Colour cells by"><button aria-pressed=move || by.get().is_none().to_string() on:click=move |_| by.set(None)>"Activation"</button>{columns}</div>
                        <span class="tools"><button on:click=move |_| csv()>"CSV"</button></span></header>
                    <CellMap bundle=shown.bundle.clone() colouring=colouring label=format!("Map of {} cells coloured by activation of concept {}", shown.bundle.manifest.counts.cells, shown.id()) tags=true />
                    <div class="rampkey"><span>"0"</span><i class="zero"></i><span class="gap"></span><span>{significant(f64::from(least.min(most)))}</span><div class="ramp"></div><span>{significant(f64::from(most))}</span></div>
                    <figcaption>"Each dot is a cell; "{source}"Most active cells are drawn last. Grey cells have activation exactly 0."</figcaption>
                </figure>
                <div class="c6 stack-l">{strength(shown)}{labels(shown)}</div>
            </div>
        </section>
    }
    .into_any()
}

fn cells_csv(shown: &Shown, active: Arc<Vec<(u32, f32)>>) -> impl Fn() + 'static {
    let shown = shown.clone();
    move || {
        let columns = &shown.bundle.cells.columns;
        let mut header = vec!["row", "activation"];
        header.extend(columns.iter().map(|c| c.name.as_str()));
        let mut sorted: Vec<&(u32, f32)> = active.iter().collect();
        sorted.sort_by(|a, b| b.1.total_cmp(&a.1));
        let label = |column: usize, cell: u32| {
            let code = shown.bundle.codes[column].get(cell as usize).copied().unwrap_or(u16::MAX);
            columns[column].labels.get(usize::from(code)).cloned().unwrap_or_default()
        };
        let line = |&&(cell, value): &&(u32, f32)| {
            let mut line = vec![cell.to_string(), value.to_string()];
            line.extend((0..columns.len()).map(|column| label(column, cell)));
            line
        };
        browser::download_csv(&shown.file("cells.csv"), &header, sorted.iter().map(line));
    }
}

fn strength(shown: &Shown) -> AnyView {
    let detail = &shown.concept.detail;
    let zero = shown.bundle.manifest.counts.cells - detail.cells;
    let title = format!("Activation (no unit); {} cells at exactly 0 are not drawn", thousands(zero));
    let step = f64::from(detail.max) / detail.histogram.len().max(1) as f64;
    let rows: Vec<Vec<String>> = detail
        .histogram
        .iter()
        .enumerate()
        .map(|(i, n)| vec![(i as f64 * step).to_string(), ((i + 1) as f64 * step).to_string(), n.to_string()])
        .collect();
    let file = shown.file("histogram.csv");
    let label = format!(
        "Histogram of the activation of {} cells, mean {:.2}, largest {:.2}",
        detail.cells, detail.mean, detail.max
    );
    view! {
        <figure class="fig"><header><h3>"How strongly"</h3><span class="tools"><button on:click=move |_| browser::download_csv(&file, &["from", "to", "cells"], rows.clone())>"CSV"</button></span></header>
            {plots::histogram(&detail.histogram, f64::from(detail.max), &title, label)}</figure>
    }
    .into_any()
}

fn labels(shown: &Shown) -> AnyView {
    let chosen = RwSignal::new(0usize);
    let columns = Arc::new(shown.concept.detail.columns.clone());
    if columns.is_empty() {
        return view! { <p class="notice">"These cells have no labels to compare with."</p> }.into_any();
    }
    let names = columns
        .iter()
        .enumerate()
        .map(|(i, c)| view! { <button aria-pressed=move || (chosen.get() == i).to_string() on:click=move |_| chosen.set(i)>{c.column.replace('_', " ")}</button> })
        .collect::<Vec<_>>();
    let several = columns.len() > 1;
    let (table_of, table_columns) = (shown.clone(), columns.clone());
    let table = move || table_columns.get(chosen.get()).map(|column| label_table(&table_of, column));
    let (file, csv_columns) = (shown.file("labels.csv"), columns.clone());
    let csv = move |_| {
        let line = |c: &ColumnSpecificity| {
            c.labels
                .iter()
                .map(|l| vec![c.column.clone(), l.label.clone(), l.active.to_string(), l.total.to_string()])
                .collect::<Vec<_>>()
        };
        browser::download_csv(
            &file,
            &["column", "label", "active_cells", "cells"],
            csv_columns.iter().flat_map(line),
        );
    };
    view! {
        <figure class="fig">
            <header><h3>"Who they are"</h3><span class="row">{several.then(|| view! { <div class="seg" role="group" aria-label="Column">{names}</div> })}
                <span class="tools"><button on:click=csv>"CSV"</button></span></span></header>
            {table}
        </figure>
    }
    .into_any()
}

fn label_table(shown: &Shown, column: &ColumnSpecificity) -> AnyView {
    let bundle = &shown.bundle;
    let place = bundle.cells.columns.iter().position(|c| c.name == column.column);
    let colour = |label: &str| {
        let place = place?;
        let code = bundle.cells.columns[place].labels.iter().position(|l| l == label)?;
        bundle.colours[place].get(code).cloned()
    };
    let all = f64::from(shown.row.cells.max(1));
    let rows = column
        .labels
        .iter()
        .filter(|l| l.active > 0)
        .take(12)
        .map(|l| {
            let share = f64::from(l.active) / all;
            let colour = colour(&l.label).unwrap_or_else(|| "var(--oi-grey)".into());
            view! {
                <tr><td><span class="row" style="gap:8px;flex-wrap:nowrap"><i class="swatch" style=format!("--c:{colour}")></i>{l.label.clone()}</span></td><td class="n">{thousands(l.active)}</td>
                    <td class="cb"><div class="bar"><i style=format!("width:{:.1}%;--c:{colour}", share * 100.0)></i></div></td><td class="n">{percent(share)}</td>
                    <td class="n">{percent(f64::from(l.active) / f64::from(l.total.max(1)))}" "<span class="faint">{format!("of {}", thousands(l.total))}</span></td></tr>
            }
        })
        .collect::<Vec<_>>();
    let s = &bundle.manifest.parameters.specificity;
    let caption = match &column.specific {
        Maybe::Value(found) => format!(
            "Specific to {}: at least {} of at least {} active cells share it.",
            found.label,
            percent(s.ratio),
            s.min_cells
        ),
        Maybe::Missing { not_available } => format!("Not called specific: {not_available}."),
    };
    view! {
        <table class="comp"><thead><tr><th>{column.column.replace('_', " ")}</th><th class="n">"Active cells"</th><th class="cb"><span class="vh">"Bar"</span></th><th class="n">"Share of active"</th><th class="n">"Share of label that is active"</th></tr></thead><tbody>{rows}</tbody></table>
        <figcaption>{caption}</figcaption>
    }
    .into_any()
}
