//! Every column of metadata: active cells of each label beside the label's own share of the data.

use cellprism_core::bundle::{ColumnSpecificity, LabelCount, Maybe, SpecificLabel};
use leptos::prelude::*;

use super::Shown;
use crate::{
    browser,
    format::{count, percent, significant, thousands, times},
};

/// Labels shown of a column.
const FIRST: usize = 8;

/// A label's share of active cells, of all cells, and their ratio.
struct Shares {
    active: f64,
    all: f64,
    lift: f64,
}

impl Shares {
    /// Older bundles have the counts only.
    fn of(label: &LabelCount, active: u32, cells: u32) -> Self {
        let share = f64::from(label.active) / f64::from(active.max(1));
        let told = label.base_rate > 0.0;
        let all = if told { label.base_rate } else { f64::from(label.total) / f64::from(cells.max(1)) };
        let lift = if told { label.lift } else { share / all.max(f64::MIN_POSITIVE) };
        Self { active: share, all, lift }
    }
}

/// A table a column.
pub fn view(shown: &Shown) -> AnyView {
    let columns = &shown.concept.detail.columns;
    if columns.is_empty() {
        return view! { <p class="notice">"These cells have no labels to compare with."</p> }.into_any();
    }
    let tables = columns.iter().map(|column| table(shown, column)).collect_view();
    view! { <div class="grid columns">{tables}</div> }.into_any()
}

fn table(shown: &Shown, column: &ColumnSpecificity) -> AnyView {
    let all = RwSignal::new(false);
    let (active, cells) = (shown.concept.detail.cells, shown.bundle.manifest.counts.cells);
    let labels: Vec<LabelCount> = column.labels.iter().filter(|l| l.active > 0).cloned().collect();
    let n = labels.len();
    let name = column.column.clone();
    let bundle = shown.bundle.clone();
    let rows = move || {
        let n = if all.get() { n } else { FIRST.min(n) };
        let row = |label: &LabelCount| {
            let colour = bundle.colour_in(&name, &label.label).to_owned();
            row(label, Shares::of(label, active, cells), &colour)
        };
        labels[..n].iter().map(row).collect_view()
    };
    let more = move || if all.get() { format!("Show the first {FIRST}") } else { format!("Show {n} labels") };
    let csv_of = shown.clone();
    let title = crate::format::capital(&column.column.replace('_', " "));
    let region = format!("Labels of {title}");
    view! {
        <figure class="fig c6">
            <div class="scroll" tabindex="0" role="region" aria-label=region>
                <table class="comp" data-column=column.column.clone()>
                    <thead><tr>
                        <th>{title}</th><th class="n">"Active cells"</th><th class="n">"Share of active"</th>
                        <th class="n">"Share of all"</th><th class="n">"Lift"</th>
                    </tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            {(n > FIRST).then(|| view! {
                <p class="more"><button class="btn quiet" aria-expanded=move || all.get().to_string()
                    on:click=move |_| all.update(|a| *a = !*a)>{more}</button></p>
            })}
            <figcaption>
                {claim(shown, column)}" "
                <span class="tools"><button on:click=move |_| csv(&csv_of)>"CSV"</button></span>
            </figcaption>
        </figure>
    }
    .into_any()
}

fn row(label: &LabelCount, shares: Shares, colour: &str) -> AnyView {
    let swatch = format!("--c:{colour}");
    view! {
        <tr>
            <td><span class="named"><i class="swatch" style=swatch></i>{label.label.clone()}</span></td>
            <td class="n">{thousands(label.active)}</td>
            <td class="n">{percent(shares.active)}</td>
            <td class="n faint">{percent(shares.all)}</td>
            <td class="n"><b>{times(shares.lift)}</b></td>
        </tr>
    }
    .into_any()
}

/// What can be claimed of a column, and on what grounds.
fn claim(shown: &Shown, column: &ColumnSpecificity) -> String {
    let read = shown.reading().is_some();
    match &column.specific {
        Maybe::Missing { not_available } => format!("No claim: {not_available}."),
        Maybe::Value(found) if read => beyond(found),
        Maybe::Value(found) => {
            let s = &shown.bundle.manifest.parameters.specificity;
            format!(
                "Specific to {} as in the paper: at least {} of at least {} active cells share it.",
                found.label,
                percent(s.ratio),
                s.min_cells
            )
        }
    }
}

fn beyond(found: &SpecificLabel) -> String {
    let share = format!("{} of its cells are {}", percent(found.ratio), found.label);
    if !found.beyond_base_rate {
        let all = percent(found.base_rate);
        return format!(
            "No claim: {share}, but so are {all} of all cells ({} their share).",
            times(found.lift)
        );
    }
    let donors = found.donors.map(|n| format!(", in {}", count(n, "donor"))).unwrap_or_default();
    let p = found.p_adjusted.filter(|_| found.donors.is_none()).map(|p| {
        let p = if p == 0.0 { "below 1e-300".to_owned() } else { significant(p) };
        format!(" Exact p {p}, descriptive: cells of one donor are no independent witnesses.")
    });
    format!("{share}, {} their share{donors}.{}", times(found.lift), p.unwrap_or_default())
}

/// Offers every label of every column.
fn csv(shown: &Shown) {
    let (active, cells) = (shown.concept.detail.cells, shown.bundle.manifest.counts.cells);
    let line = |column: &ColumnSpecificity| {
        let one = |l: &LabelCount| {
            let shares = Shares::of(l, active, cells);
            let numbers = [shares.active, shares.all, shares.lift].map(|x| x.to_string());
            let names = [column.column.clone(), l.label.clone(), l.active.to_string(), l.total.to_string()];
            names.into_iter().chain(numbers).collect::<Vec<_>>()
        };
        column.labels.iter().map(one).collect::<Vec<_>>()
    };
    let header = ["column", "label", "active_cells", "cells", "share_of_active", "share_of_all", "lift"];
    browser::download_csv(
        &shown.file("labels.csv"),
        &header,
        shown.concept.detail.columns.iter().flat_map(line),
    );
}
