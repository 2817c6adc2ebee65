//! Deletion curves on the pairs that ranked the genes.

use cellprism_core::bundle::{DeletionCurves, DeletionOrder, Maybe};
use leptos::prelude::*;

use crate::{
    components::figure_menu::{self, Behind},
    pages::concept::Shown,
    plots::{self, Curve},
};

/// Name, colour, dashes of an order.
fn words(order: DeletionOrder) -> (&'static str, &'static str, bool) {
    match order {
        DeletionOrder::Attribution => ("by attribution", "var(--accent)", false),
        DeletionOrder::FoldChange => ("by |log₂ fold change|", "var(--oi-orange)", false),
        _ => ("at random", "var(--ink-3)", true),
    }
}

/// The figure's inside.
pub fn view(shown: &Shown) -> AnyView {
    match &shown.concept.detail.deletion {
        Maybe::Missing { not_available } => {
            view! { <p class="na"><b>"Not available"</b>{format!(": {not_available}")}</p> }.into_any()
        }
        Maybe::Value(curves) => figure(shown, curves),
    }
}

fn figure(shown: &Shown, deletion: &DeletionCurves) -> AnyView {
    let last = deletion.steps.last().copied().unwrap_or(1).max(1);
    let areas = deletion.curves.iter().map(|c| format!("{} {:.2}", words(c.order).0, c.area));
    let areas = areas.collect::<Vec<_>>().join(", ");
    let rows: Vec<Vec<String>> = deletion
        .curves
        .iter()
        .flat_map(|c| {
            deletion.steps.iter().enumerate().map(|(i, step)| {
                let at = |values: &[f32]| values.get(i).map(f32::to_string).unwrap_or_default();
                vec![c.order.to_string(), step.to_string(), at(&c.mean), at(&c.sd)]
            })
        })
        .collect();
    let label = format!("Activation left while genes are swapped, area under the curve {areas}");
    let x = (0.0, f64::from(last), "Genes swapped, cumulatively");
    let y = (0.0, 1.05, "Activation left, share of the start; band: one standard deviation");
    let behind = Behind::new(
        shown.file("deletion-as-in-the-paper"),
        format!("Deletion as in the paper, {}", shown.name()),
        &["order", "genes_swapped", "activation_left", "sd"],
        move || rows.clone(),
        plots::curves_chart(&drawn(deletion), x, y),
    );
    let caption = format!(
        "Mean of {} pairs, those that ranked the genes. Area under the curve (lower is better): {areas}.{}",
        deletion.pairs,
        half(deletion)
    );
    view! {
        <figure class="fig">
            <header><h3>"Deletion curve"</h3>{figure_menu::view(behind)}</header>
            {plots::curves(drawn(deletion), 300, x, y, label, ().into_any())}
            <figcaption>{caption}</figcaption>
        </figure>
    }
    .into_any()
}

fn drawn(deletion: &DeletionCurves) -> Vec<Curve> {
    let curve = |c: &cellprism_core::bundle::DeletionCurve| {
        let (name, colour, dashed) = words(c.order);
        let points =
            deletion.steps.iter().zip(&c.mean).map(|(&s, &m)| (f64::from(s), f64::from(m))).collect();
        // The band of the random order would hide the others.
        let band = if dashed { vec![] } else { c.sd.iter().map(|&s| f64::from(s) / 2.0).collect() };
        Curve { name: name.into(), colour: colour.into(), points, band, dashed }
    };
    deletion.curves.iter().map(curve).collect()
}

/// After how many genes half of the activation is gone, and what was not compared.
fn half(deletion: &DeletionCurves) -> String {
    let own = deletion.curves.iter().find(|c| c.order == DeletionOrder::Attribution);
    let after = own.and_then(|c| c.mean.iter().position(|&m| m <= 0.5)).and_then(|i| deletion.steps.get(i));
    let half = after.map(|n| format!(" Half of the activation is gone after {n} genes.")).unwrap_or_default();
    let compared = deletion.curves.iter().any(|c| c.order == DeletionOrder::FoldChange);
    half + if compared { "" } else { " By fold change: not available, no gene passes the test." }
}
