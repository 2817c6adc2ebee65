//! Differential expression beside the scores.

use cellprism_core::attribution::order_by_score;
use leptos::prelude::*;

use super::Shown;
use crate::{
    browser,
    components::figure_menu::{self, Behind},
    format::{percent, thousands},
    plots::{self, Point},
};

/// log₂ fold change above which a gene is absent on one side.
const ABSENT: f64 = 15.0;

const HEADER: [&str; 3] = ["gene", "attribution", "log2_fold_change"];

/// The figure.
pub fn view(shown: &Shown) -> AnyView {
    let (scores, change) = (&shown.concept.scores, &shown.concept.fold_change);
    let symbols = &shown.bundle.genes.symbols;
    if change.len() != scores.len() {
        return view! {
            <figure class="fig c6">
                <header><h3>"Against differential expression"</h3></header>
                <p class="na"><b>"Not available"</b>": too few cells on one side for a test"</p>
            </figure>
        }
        .into_any();
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
    let label = format!("Attribution against absolute fold change of {} genes", points.len());
    let (csv_of, csv_order) = (shown.clone(), order.clone());
    let still = scores.iter().filter(|&&s| s == 0.0).count() as f64 / scores.len().max(1) as f64;
    let caption = format!(
        "{} genes; the {} of highest score as in the paper are named, {both} of them among the 50 of largest fold change. {} of all genes do not move the activation.{edge}",
        thousands(order.len() as u64),
        first.len(),
        percent(still)
    );
    let x = (0.0, reach.0 * 1.06, "|log₂ fold change|, active cells against their counterfactuals");
    let y = (reach.1 * 1.1 - 0.005, reach.2 * 1.08, "Attribution as in the paper");
    let (rows_of, rows_order) = (csv_of.clone(), csv_order.clone());
    let behind = Behind::new(
        shown.file("differential"),
        format!("Attribution against differential expression, {}", shown.name()),
        &HEADER,
        move || lines(&rows_of, &rows_order),
        plots::points_chart(&points, x.2, y.2),
    )
    .with_csv(move || {
        let order = csv_order.clone();
        csv_of.with_exact(move |shown| csv_of_all(shown, &order));
    });
    view! {
        <figure class="fig c6">
            <header>
                <h3>"Against differential expression"</h3>
                {figure_menu::view(behind)}
            </header>
            {plots::points(points, 300, x, y, label)}
            <figcaption>{caption}</figcaption>
        </figure>
    }
    .into_any()
}

/// Offers both numbers of every gene.
fn csv_of_all(shown: &Shown, order: &[u32]) {
    browser::download_csv(&shown.file("differential.csv"), &HEADER, lines(shown, order));
}

fn lines(shown: &Shown, order: &[u32]) -> Vec<Vec<String>> {
    let of = |gene: u32| {
        let at = |values: &[f32]| values.get(gene as usize).map(f32::to_string).unwrap_or_default();
        let symbol = shown.bundle.genes.symbols[gene as usize].clone();
        vec![symbol, at(&shown.concept.scores), at(&shown.concept.fold_change)]
    };
    order.iter().map(|&gene| of(gene)).collect()
}

/// A gene's place by absolute fold change, from 1.
fn rank_by_change(change: &[f32], gene: u32) -> usize {
    let own = change[gene as usize].abs();
    1 + change.iter().filter(|c| c.is_finite() && c.abs() > own).count()
}
