//! Deletion and insertion on cells that did not rank the genes.

use cellprism_core::bundle::{DeletionCurve, DeletionOrder, HeldOutCurves};
use leptos::prelude::*;

use super::Shown;
use crate::{
    components::figure_menu::{self, Behind},
    plots::{self, Curve},
};

/// Name, colour, dashes of an order.
fn words(order: DeletionOrder) -> (&'static str, &'static str, bool) {
    match order {
        DeletionOrder::Presence => ("what its cells have", "var(--accent)", false),
        DeletionOrder::AttributionHeldOut | DeletionOrder::Attribution => {
            ("as in the paper", "var(--oi-vermillion)", false)
        }
        DeletionOrder::T => ("t-test", "var(--oi-green)", false),
        DeletionOrder::MeanDifference => ("mean difference", "var(--oi-sky)", false),
        DeletionOrder::FoldChange => ("|log₂ fold change|", "var(--oi-orange)", false),
        DeletionOrder::Random => ("at random", "var(--ink-3)", true),
    }
}

/// Both figures, and the areas.
pub fn view(shown: &Shown, curves: &HeldOutCurves) -> AnyView {
    view! {
        {figure(shown, curves, "Deletion", "Activation left, share of the start", &curves.deletion)}
        {figure(shown, curves, "Insertion", "Activation reached, share of the strongest cell’s", &curves.insertion)}
        {areas(curves)}
    }
    .into_any()
}

fn figure(
    shown: &Shown,
    curves: &HeldOutCurves,
    title: &'static str,
    y_title: &str,
    drawn: &[DeletionCurve],
) -> AnyView {
    let last = f64::from(curves.steps.last().copied().unwrap_or(1).max(1));
    let line = |c: &DeletionCurve| {
        let (name, colour, dashed) = words(c.order);
        let points = curves.steps.iter().zip(&c.mean).map(|(&s, &m)| (f64::from(s), f64::from(m))).collect();
        Curve { name: name.into(), colour: colour.into(), points, band: vec![], dashed }
    };
    let top = drawn.iter().flat_map(|c| &c.mean).fold(1.0f32, |top, &m| top.max(m));
    let y = (0.0, f64::from(top) * 1.05, y_title);
    let label = format!("{title}: {}", said(drawn));
    let rows: Vec<Vec<String>> = drawn.iter().flat_map(|c| lines(&curves.steps, c)).collect();
    let what = format!("Mean of {} pairs of cells that did not rank the genes.", curves.pairs);
    let all: Vec<Curve> = drawn.iter().map(line).collect();
    let x = (0.0, last, "Genes swapped, cumulatively");
    let behind = Behind::new(
        shown.file(&title.to_lowercase()),
        format!("{title}, {}", shown.name()),
        &["order", "genes_swapped", "mean", "sd"],
        move || rows.clone(),
        plots::curves_chart(&all, x, y),
    );
    view! {
        <figure class="fig c6">
            <header><h3>{title}</h3>{figure_menu::view(behind)}</header>
            {plots::curves(all, 260, x, y, label, ().into_any())}
            <figcaption>{what}</figcaption>
        </figure>
    }
    .into_any()
}

fn said(curves: &[DeletionCurve]) -> String {
    curves.iter().map(|c| format!("{} area {:.2}", words(c.order).0, c.area)).collect::<Vec<_>>().join(", ")
}

fn lines(steps: &[u32], curve: &DeletionCurve) -> Vec<Vec<String>> {
    let at = |values: &[f32], i: usize| values.get(i).map(f32::to_string).unwrap_or_default();
    let steps = steps.iter().enumerate();
    steps
        .map(|(i, step)| {
            vec![curve.order.to_string(), step.to_string(), at(&curve.mean, i), at(&curve.sd, i)]
        })
        .collect()
}

/// Areas under the curves, by order.
fn areas(curves: &HeldOutCurves) -> AnyView {
    let row = |c: &DeletionCurve| {
        let inserted = curves.insertion.iter().find(|i| i.order == c.order);
        let inserted = inserted.map_or_else(|| "–".to_owned(), |i| format!("{:.3}", i.area));
        let (name, colour, _) = words(c.order);
        view! {
            <tr>
                <td><span class="named"><i class="swatch" style=format!("--c:{colour}")></i>{name}</span></td>
                <td class="n">{format!("{:.3}", c.area)}</td><td class="n">{inserted}</td>
            </tr>
        }
    };
    let rows = curves.deletion.iter().map(row).collect_view();
    view! {
        <figure class="fig c6">
            <header><h3>"Area under each curve"</h3></header>
            <table class="tight areas" data-testid="areas">
                <thead><tr>
                    <th>"Genes in the order of"</th><th class="n">"Deletion, lower is better"</th>
                    <th class="n">"Insertion, higher is better"</th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </figure>
    }
    .into_any()
}
