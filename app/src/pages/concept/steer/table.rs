//! The genes that change most; those that are hardly expressed either way are left out of the table.

use std::sync::Arc;

use cellprism_core::steering::{Steered, SteeredConcept};
use leptos::prelude::*;

use super::Shown;
use crate::{
    browser,
    format::{count, score, significant},
};

/// Genes in the table.
const LISTED: usize = 12;
/// Least expected count, before or after: below, a large ratio is one of two numbers that round to zero.
const FLOOR: f64 = 0.05;

/// What the listed genes are ordered by.
#[derive(Clone, Copy, PartialEq)]
pub enum Order {
    /// log₂ of the ratio.
    Ratio,
    /// Change of the expected count.
    Counts,
}

/// Genes above the floor, those that change most first.
fn listed(genes: &Steered, order: Order) -> Vec<usize> {
    let ordered = match order {
        Order::Ratio => genes.by_change(),
        Order::Counts => genes.by_difference(),
    };
    ordered.into_iter().filter(|&gene| genes.before[gene].max(genes.after[gene]) >= FLOOR).collect()
}

/// The table, with every gene as a file.
pub fn view(shown: &Shown, found: &Arc<SteeredConcept>, factor: f32, order: RwSignal<Order>) -> AnyView {
    let (rows_of, rows_found) = (shown.clone(), found.clone());
    let rows = move || {
        let genes = listed(&rows_found.genes, order.get());
        genes.into_iter().take(LISTED).map(|gene| row(&rows_of, &rows_found.genes, gene)).collect_view()
    };
    let (csv_of, csv_found) = (shown.clone(), found.clone());
    let csv = move |_| csv(&csv_of, &csv_found.genes, factor);
    let choice = |name: &'static str, of: Order| {
        let pressed = move || (order.get() == of).to_string();
        view! { <button type="button" aria-pressed=pressed on:click=move |_| order.set(of)>{name}</button> }
    };
    let out = found.genes.before.len() - listed(&found.genes, Order::Counts).len();
    let caption = format!(
        "Without {} of which scVI expects fewer than {FLOOR} counts a cell before and after; the CSV has every gene.",
        count(out as u32, "gene")
    );
    view! {
        <figure class="fig c6">
            <header>
                <h3>"Genes that change most"</h3>
                <div class="row">
                    <div class="seg" role="group" aria-label="Order by">
                        {choice("Counts", Order::Counts)}{choice("log₂ ratio", Order::Ratio)}
                    </div>
                    <span class="tools"><button on:click=csv>"CSV"</button></span>
                </div>
            </header>
            <div class="scroll" tabindex="0" role="region" aria-label="Genes that change most">
                <table class="tight" data-testid="steered-genes">
                    <thead><tr>
                        <th>"Gene"</th><th class="n">"log₂ ratio"</th><th class="n">"Change"</th>
                        <th class="n">"Expected count"</th><th class="n">"Attribution"</th>
                    </tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            <figcaption>{caption}</figcaption>
        </figure>
    }
    .into_any()
}

fn row(shown: &Shown, genes: &Steered, gene: usize) -> AnyView {
    let attribution = f64::from(shown.concept.scores.get(gene).copied().unwrap_or(0.0));
    let signed = |value: f64| format!("{value:+.2}").replace('-', "−");
    let counts = format!("{} → {}", significant(genes.before[gene]), significant(genes.after[gene]));
    view! {
        <tr>
            <td class="gene">{shown.bundle.genes.symbols[gene].clone()}</td>
            <td class="n">{signed(genes.log2_ratio[gene])}</td>
            <td class="n">{signed(genes.difference(gene))}</td>
            <td class="n">{counts}</td>
            <td class="n">{score(attribution)}</td>
        </tr>
    }
    .into_any()
}

fn csv(shown: &Shown, genes: &Steered, factor: f32) {
    let rows = genes.by_change().into_iter().map(|gene| {
        vec![
            shown.bundle.genes.symbols[gene].clone(),
            genes.log2_ratio[gene].to_string(),
            genes.difference(gene).to_string(),
            genes.before[gene].to_string(),
            genes.after[gene].to_string(),
            shown.concept.scores[gene].to_string(),
        ]
    });
    let header = ["gene", "log2_ratio", "difference", "before", "after", "attribution"];
    browser::download_csv(&shown.file(&format!("steered-x{factor}.csv")), &header, rows);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_to_nothing_does_not_come_first() {
        let genes = Steered {
            cells: 3,
            log2_ratio: vec![9.0, 1.0, -0.5],
            before: vec![0.00001, 2.0, 10.0],
            after: vec![0.005, 4.0, 7.0],
        };
        assert_eq!(listed(&genes, Order::Ratio), [1, 2]);
        assert_eq!(listed(&genes, Order::Counts), [2, 1]);
    }
}
