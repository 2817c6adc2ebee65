//! The genes of one side.

use cellprism_core::bundle::{Reading, Side, SideGene};
use leptos::prelude::*;

use super::{
    super::screened::{estimate_mark, is_estimate},
    Contrast, Shown, card, dots, picture,
    shown_first::{FIRST, reads_counts},
};
use crate::{
    components::figure_menu,
    format::{mean_count, score},
};

/// What every row needs.
#[derive(Clone)]
struct Rows {
    shown: Shown,
    side: Side,
    contrast: Contrast,
    axis: dots::Axis,
    held_out: u32,
    headline: u32,
    open: RwSignal<Option<u32>>,
}

/// Rank, gene, name, effect in each cell, mean, in how many cells, counts.
#[component]
pub fn SideTable(
    shown: Shown,
    reading: Reading,
    side: Side,
    contrast: Contrast,
    axis: dots::Axis,
    genes: Vec<SideGene>,
    title: &'static str,
) -> impl IntoView {
    let all = RwSignal::new(false);
    let rows_of = Rows {
        shown: shown.clone(),
        side,
        contrast,
        axis,
        held_out: reading.held_out,
        headline: reading.headline,
        open: card::open(),
    };
    let behind = picture::behind(&shown, side, contrast, &genes, reading.held_out);
    let n = genes.len();
    let rows = move || {
        let n = if all.get() { n } else { FIRST.min(n) };
        genes[..n].iter().enumerate().map(|(rank, gene)| row(&rows_of, gene, rank)).collect_view()
    };
    let (other, unit) = (other_cell(contrast), if reads_counts(&shown) { "Count" } else { "Model’s input" });
    let counts = format!("{unit}, cell / {other}");
    let id = if side == Side::Presence { "presence" } else { "absence" };
    let none = if side == Side::Presence {
        "No gene that its cells have more of drives it."
    } else {
        "No gene that its cells have less of drives it."
    };
    let table = view! {
        <table class="attr dir" data-testid=id>
            <thead><tr>
                <th class="rk"><span class="vh">"Rank"</span></th><th class="gn">"Gene"</th><th class="gd">"NCBI Gene"</th>
                <th class="gb">{axis.head()}</th>
                <th class="n">"Mean"</th><th class="cby">"Carried by"</th><th class="n cnt">{counts}</th>
            </tr></thead>
            <tbody>{rows}</tbody>
        </table>
    };
    let more = move || if all.get() { format!("Show the first {FIRST}") } else { format!("Show {n} genes") };
    view! {
        <figure class="fig">
            <header>
                <h3>{title}</h3>
                {figure_menu::view(behind)}
            </header>
            {if n == 0 { view! { <p class="notice">{none}</p> }.into_any() } else { table.into_any() }}
            {(n > FIRST).then(|| view! {
                <p class="more"><button class="btn quiet" aria-expanded=move || all.get().to_string()
                    on:click=move |_| all.update(|a| *a = !*a)>{more}</button></p>
            })}
        </figure>
    }
}

fn other_cell(contrast: Contrast) -> &'static str {
    match contrast {
        Contrast::Nearest => "neighbour",
        Contrast::Typical => "typical cell",
    }
}

fn row(rows: &Rows, gene: &SideGene, rank: usize) -> AnyView {
    let (open, id, few) = (rows.open, gene.gene.0, gene.carried_by < rows.headline);
    let mean = score(f64::from(rows.contrast.score(gene)));
    let drawing = dots::drawing(rows.axis, &gene.by_prototype);
    let name = rows.shown.descriptions.name(gene.symbol.clone());
    let card_of = (rows.shown.clone(), gene.clone(), rows.side, rows.held_out);
    let card = move || {
        (open.get() == Some(id)).then(|| card::view(&card_of.0, &card_of.1, card_of.2, card_of.3, open))
    };
    view! {
        <tr class:few=few>
            <td class="rk">{rank + 1}</td>
            <td class="gn" on:mouseleave=move |_| open.set(None)>
                <button class="glink" aria-expanded=move || (open.get() == Some(id)).to_string()
                    on:mouseenter=move |_| open.set(Some(id)) on:focus=move |_| open.set(Some(id))
                    on:click=move |_| open.set(Some(id))>{gene.symbol.clone()}</button>
                {card}
            </td>
            <td class="gd">{name}</td>
            <td class="gb">{drawing}</td>
            <td class="n">{estimate_mark(is_estimate(&rows.shown, gene.gene))}{mean}</td>
            {carried(gene.carried_by, rows.held_out, few)}
            <td class="n cnt">{mean_count(f64::from(gene.value_prototypes))}" "
                <span class="faint">{format!("/ {}", mean_count(f64::from(gene.value_others)))}</span></td>
        </tr>
    }
    .into_any()
}

/// A mark for each cell that could carry the gene.
fn carried(by: u32, of: u32, few: bool) -> AnyView {
    let marks = (0..of.min(20)).map(|i| view! { <i class:on=i < by></i> }).collect_view();
    let said = format!("carried by {by} of {of} cells");
    let text = match (few, by) {
        (false, _) => by.to_string(),
        (true, 1) => "in 1 cell".into(),
        (true, by) => format!("in {by} cells"),
    };
    view! {
        <td class="carried" title=said><span aria-hidden="true">{marks}</span>{text}</td>
    }
    .into_any()
}
