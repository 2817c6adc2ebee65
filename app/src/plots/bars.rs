//! Histograms.

use leptos::prelude::*;

use super::axes::plot;

/// A histogram of activations from 0 to `max`.
pub fn histogram(counts: &[u32], max: f64, x_title: &str, label: String) -> impl IntoView + use<> {
    let tallest = counts.iter().copied().max().unwrap_or(0).max(1);
    let top = f64::from(tallest) * 1.06;
    let width = 100.0 / counts.len().max(1) as f64;
    let bars = counts
        .iter()
        .enumerate()
        .map(|(i, &n)| {
            let height = f64::from(n) / top * 100.0;
            let colour = format!("fill:var(--act-{})", (1 + i * 5 / counts.len().max(1)).min(5));
            let at = i as f64 * width + width * 0.06;
            view! { <path d=bar(at, 100.0, width * 0.88, height) style=colour /> }
        })
        .collect::<Vec<_>>();
    plot(132, (0.0, max, x_title), (0.0, top, "Cells"), label, bars.into_any(), ().into_any())
}

/// A histogram without axes, for lists.
pub fn sparkline(counts: &[u32], label: String) -> impl IntoView + use<> {
    let tallest = f64::from(counts.iter().copied().max().unwrap_or(0).max(1));
    let width = 96.0 / counts.len().max(1) as f64;
    let bars = counts
        .iter()
        .enumerate()
        .map(|(i, &n)| {
            let height = f64::from(n) / tallest * 24.0;
            bar(i as f64 * width, 25.0, width - 0.8, height)
        })
        .collect::<String>();
    view! {
        <svg class="spark" viewBox="0 0 96 26" role="img" aria-label=label>
            <path class="bars" d=bars /><path d="M0 25.5H96" fill="none" />
        </svg>
    }
}

/// A bar that stands on `foot`.
fn bar(left: f64, foot: f64, width: f64, height: f64) -> String {
    format!("M{left:.2} {foot:.2}v{:.2}h{width:.2}v{height:.2}z", -height)
}
