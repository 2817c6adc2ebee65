//! Whether the ranking is faithful: deletion curves, and differential expression beside attribution.

use cellprism_core::{
    attribution::order_by_score,
    bundle::{DeletionCurves, DeletionOrder, Maybe},
};
use leptos::prelude::*;

use super::Shown;
use crate::{
    browser,
    format::{percent, thousands},
    plots::{self, Curve, Point},
};

/// log₂ fold change above which a gene is absent on one side.
const ABSENT: f64 = 15.0;

/// Both figures.
pub fn view(shown: &Shown) -> AnyView {
    view! {
        <section class="section" id="deletion">
            <header><h2>"Do these genes really carry it?"</h2><p>"Genes are swapped one after another, in order, and never put back. A faithful ranking makes the activation fall early."</p></header>
            <div class="grid">{deletion(shown)}{differential(shown)}</div>
        </section>
    }
    .into_any()
}

fn deletion(shown: &Shown) -> AnyView {
    let inside = match &shown.concept.detail.deletion {
        Maybe::Missing { not_available } => {
            view! { <p class="na"><b>"Not available"</b>{format!(": {not_available}")}</p> }.into_any()
        }
        Maybe::Value(curves) => deletion_curves(shown, curves),
    };
    view! { <figure class="fig c7">{inside}</figure> }.into_any()
}

fn deletion_curves(shown: &Shown, deletion: &DeletionCurves) -> AnyView {
    let words = |order: DeletionOrder| match order {
        DeletionOrder::Attribution => ("by attribution", "var(--accent)", false),
        DeletionOrder::FoldChange => ("by |log₂ fold change|", "var(--oi-orange)", false),
        _ => ("at random", "var(--ink-3)", true),
    };
    let curves: Vec<Curve> = deletion
        .curves
        .iter()
        .map(|c| {
            let (name, colour, dashed) = words(c.order);
            let points =
                deletion.steps.iter().zip(&c.mean).map(|(&s, &m)| (f64::from(s), f64::from(m))).collect();
            // The band of the random order would hide the others.
            let band = if dashed { vec![] } else { c.sd.iter().map(|&s| f64::from(s) / 2.0).collect() };
            Curve { name: name.into(), colour: colour.into(), points, band, dashed }
        })
        .collect();
    let last = deletion.steps.last().copied().unwrap_or(1).max(1);
    let areas = deletion
        .curves
        .iter()
        .map(|c| format!("{} {:.2}", words(c.order).0, c.area))
        .collect::<Vec<_>>()
        .join(", ");
    let half = deletion
        .curves
        .iter()
        .find(|c| c.order == DeletionOrder::Attribution)
        .and_then(|c| c.mean.iter().position(|&m| m <= 0.5))
        .and_then(|i| deletion.steps.get(i))
        .map(|n| format!(" Half of the activation is gone after {n} genes."))
        .unwrap_or_default();
    let missing = if deletion.curves.iter().any(|c| c.order == DeletionOrder::FoldChange) {
        ""
    } else {
        " By fold change: not available, no gene passes the test."
    };
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
    let file = shown.file("deletion.csv");
    let label = format!("Activation left while genes are swapped, area under the curve {areas}");
    view! {
        <header><h3>"Deletion curve"</h3><span class="tools"><button on:click=move |_| browser::download_csv(&file, &["order", "genes_swapped", "activation_left", "sd"], rows.clone())>"CSV"</button></span></header>
        {plots::curves(curves, 300, (0.0, f64::from(last), "Genes swapped, cumulatively"), (0.0, 1.05, "Activation left, share of the start; band: one standard deviation"), label, ().into_any())}
        <figcaption>{format!("Mean of {} pairs. Area under the curve (lower is better): {areas}.{half}{missing}", deletion.pairs)}</figcaption>
    }
    .into_any()
}

fn differential(shown: &Shown) -> AnyView {
    let (scores, change) = (&shown.concept.scores, &shown.concept.fold_change);
    let symbols = &shown.bundle.genes.symbols;
    if change.len() != scores.len() {
        return view! { <figure class="fig c5"><header><h3>"Against differential expression"</h3></header><p class="na"><b>"Not available"</b>": too few cells on one side for a test"</p></figure> }.into_any();
    }
    let order = order_by_score(scores);
    let first: Vec<u32> = order.iter().take(5).copied().filter(|&g| scores[g as usize] > 0.0).collect();
    let mut points: Vec<Point> = order
        .iter()
        .rev()
        .filter(|&&g| change[g as usize].is_finite() && !first.contains(&g))
        .map(|&g| Point {
            at: (f64::from(change[g as usize].abs()), f64::from(scores[g as usize])),
            colour: "var(--ink-3)".into(),
            size: 3.0,
            name: None,
        })
        .collect();
    let named = first.iter().filter(|&&g| change[g as usize].is_finite()).map(|&g| Point {
        at: (f64::from(change[g as usize].abs()), f64::from(scores[g as usize])),
        colour: "var(--accent)".into(),
        size: 7.0,
        name: Some(symbols[g as usize].clone()),
    });
    points.extend(named);
    // A gene that is absent on one side has a fold change that only the pseudocount bounds.
    let absent = points.iter().filter(|p| p.at.0 > ABSENT).count();
    let widest = points.iter().map(|p| p.at.0).filter(|&x| x <= ABSENT).fold(1.0, f64::max);
    for point in &mut points {
        point.at.0 = point.at.0.min(widest * 1.04);
    }
    let edge = match absent {
        0 => String::new(),
        1 => " One gene is absent on one side; it stands at the right edge.".into(),
        n => format!(" {n} genes are absent on one side; they stand at the right edge."),
    };
    let reach = points.iter().fold((1.0f64, 0.0f64, 0.05f64), |(x, low, high), p| {
        (x.max(p.at.0), low.min(p.at.1), high.max(p.at.1))
    });
    let both = first.iter().filter(|&&g| rank_by_change(change, g) <= 50).count();
    let rows: Vec<Vec<String>> = order
        .iter()
        .map(|&g| {
            vec![symbols[g as usize].clone(), scores[g as usize].to_string(), change[g as usize].to_string()]
        })
        .collect();
    let file = shown.file("differential.csv");
    let label = format!("Attribution against absolute fold change of {} genes", points.len());
    view! {
        <figure class="fig c5">
            <header><h3>"Against differential expression"</h3><span class="tools"><button on:click=move |_| browser::download_csv(&file, &["gene", "attribution", "log2_fold_change"], rows.clone())>"CSV"</button></span></header>
            {plots::points(points, 300, (0.0, reach.0 * 1.06, "|log₂ fold change|, active cells against their counterfactuals"), (reach.1 * 1.1 - 0.005, reach.2 * 1.08, "Attribution"), label)}
            <figcaption>{format!("{} genes; the {} of highest attribution are named, {} of them among the 50 of largest fold change. {} of all genes do not move the activation.{edge}", thousands(order.len() as u64), first.len(), both, percent(scores.iter().filter(|&&s| s == 0.0).count() as f64 / scores.len().max(1) as f64))}</figcaption>
        </figure>
    }
    .into_any()
}

/// A gene's place by absolute fold change, from 1.
fn rank_by_change(change: &[f32], gene: u32) -> usize {
    let own = change[gene as usize].abs();
    1 + change.iter().filter(|c| c.is_finite() && c.abs() > own).count()
}
