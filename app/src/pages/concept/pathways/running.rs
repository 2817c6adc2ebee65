//! The running sum of a set along a ranking.

use cellprism_core::{attribution::order_by_score, gsea::running_sum};
use leptos::prelude::*;

use crate::{
    format::thousands,
    plots::{self, Curve},
};

/// The curve of the set `(name, places in the ranking)` along the genes ordered by `scores`.
pub fn view(scores: &[f32], weight: f64, (name, hits): (&str, &[u32]), x_title: &str) -> AnyView {
    if hits.iter().any(|&hit| hit as usize >= scores.len()) {
        return not_available("the ranking of these genes is not in the bundle");
    }
    let order = order_by_score(scores);
    let weights: Vec<f64> =
        order.iter().map(|&gene| f64::from(scores[gene as usize]).abs().powf(weight)).collect();
    let sum = running_sum(&weights, hits);
    if sum.is_empty() || sum.iter().any(|v| !v.is_finite()) {
        return not_available("every gene of this set has score 0");
    }
    let n = sum.len();
    let peak = (0..n).max_by(|&a, &b| sum[a].abs().total_cmp(&sum[b].abs())).unwrap_or(0);
    let points = turns(&sum, hits, peak);
    let (low, high) = sum.iter().fold((0.0f64, 0.0f64), |(l, h), &v| (l.min(v), h.max(v)));
    let (low, high) = (low - 0.1, high.max(0.1) * 1.05);
    let tick = |&hit: &u32| format!("M{:.3} 100v-5", (f64::from(hit) + 1.0) / n as f64 * 100.0);
    let marks: String = hits.iter().map(tick).collect();
    let zero = 100.0 - (0.0 - low) / (high - low) * 100.0;
    let inside = view! {
        <path class="axis" d=format!("M0 {zero:.2}H100") />
        <path class="ln" style="stroke:var(--ink-2);stroke-width:1" d=marks />
    };
    let curve =
        Curve { name: String::new(), colour: "var(--accent)".into(), points, band: vec![], dashed: false };
    let at = format!("ES {:.3} at gene {} of {}", sum[peak], thousands(peak as u64 + 1), thousands(n as u64));
    let label = format!("Running enrichment score of {name}, {at}");
    let y = (low, high, "Running enrichment score");
    view! {
        {plots::curves(vec![curve], 170, (0.0, n as f64, x_title), y, label, inside.into_any())}
        <figcaption>{format!("{name}: {at}.")}</figcaption>
    }
    .into_any()
}

/// A point wherever the curve turns is enough.
fn turns(sum: &[f64], hits: &[u32], peak: usize) -> Vec<(f64, f64)> {
    let around = hits.iter().flat_map(|&hit| [(hit as usize).saturating_sub(1), hit as usize]);
    let mut places: Vec<usize> =
        around.chain([0, peak, sum.len() - 1]).filter(|&at| at < sum.len()).collect();
    places.sort_unstable();
    places.dedup();
    std::iter::once((0.0, 0.0)).chain(places.into_iter().map(|at| ((at + 1) as f64, sum[at]))).collect()
}

fn not_available(why: &str) -> AnyView {
    view! { <p class="na"><b>"Not available"</b>{format!(": {why}")}</p> }.into_any()
}
