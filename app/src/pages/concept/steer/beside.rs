//! Predicted change against attribution.

use cellprism_core::{attribution::order_by_score, steering::SteeredConcept};
use leptos::prelude::*;

use super::Shown;
use crate::{
    format::thousands,
    plots::{self, Point},
};

/// The figure.
pub fn view(shown: &Shown, found: &SteeredConcept) -> AnyView {
    let (genes, scores) = (&found.genes, &shown.concept.scores);
    if scores.len() != genes.log2_ratio.len() {
        return view! {
            <figure class="fig c6">
                <header><h3>"Beside attribution"</h3></header>
                <p class="na"><b>"Not available"</b>{format!(": no gene scores of this {}", shown.one())}</p>
            </figure>
        }
        .into_any();
    }
    let driving = order_by_score(scores).into_iter().map(|gene| gene as usize);
    let first: Vec<usize> = driving.filter(|&gene| scores[gene] > 0.0).take(5).collect();
    let changed: Vec<usize> = genes.by_change().into_iter().take(3).filter(|g| !first.contains(g)).collect();
    let at = |gene: usize| (genes.log2_ratio[gene], f64::from(scores[gene]));
    let named = |gene: usize, colour: &str| Point {
        at: at(gene),
        colour: colour.into(),
        size: 7.0,
        name: Some(shown.bundle.genes.symbols[gene].clone()),
    };
    let plain = (0..scores.len()).filter(|gene| !first.contains(gene) && !changed.contains(gene));
    let mut points: Vec<Point> = plain
        .map(|gene| Point { at: at(gene), colour: "var(--ink-3)".into(), size: 3.0, name: None })
        .collect();
    points.extend(changed.iter().map(|&gene| named(gene, "var(--oi-orange)")));
    points.extend(first.iter().map(|&gene| named(gene, "var(--accent)")));
    let (mut x, mut y) = ((-0.1f64, 0.1f64), (0.0f64, 0.05f64));
    for point in &points {
        x = (x.0.min(point.at.0), x.1.max(point.at.0));
        y = (y.0.min(point.at.1), y.1.max(point.at.1));
    }
    let margin = ((x.1 - x.0) * 0.06, (y.1 - y.0) * 0.08);
    let said = |value: Option<f64>| {
        value.map_or_else(|| "none".to_owned(), |value| format!("{value:.2}").replace('-', "−"))
    };
    let (all, scored) = (found.agreement(scores, false), found.agreement(scores, true));
    let caption = format!(
        "Named: the genes of highest attribution and, in orange, those of largest change. Spearman correlation, towards more activation: {} over {} genes, {} over the {} with a score.",
        said(all.log2_ratio),
        thousands(all.genes as u64),
        said(scored.log2_ratio),
        thousands(scored.genes as u64)
    );
    let label = format!("Predicted change against attribution of {} genes", points.len());
    let x = (x.0 - margin.0, x.1 + margin.0, "Predicted log₂ ratio of expected counts");
    let y = (y.0 - margin.1, y.1 + margin.1, "Attribution as in the paper");
    view! {
        <figure class="fig c6">
            <header><h3>"Beside attribution"</h3></header>
            {plots::points(points, 300, x, y, label)}
            <figcaption>{caption}</figcaption>
        </figure>
    }
    .into_any()
}
