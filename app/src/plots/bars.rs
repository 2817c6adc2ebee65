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
            view! { <rect x=format!("{:.3}", i as f64 * width + width * 0.06) y=format!("{:.3}", 100.0 - height) width=format!("{:.3}", width * 0.88) height=format!("{height:.3}") style=colour /> }
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
            view! { <rect x=format!("{:.2}", i as f64 * width) y=format!("{:.2}", 25.0 - height) width=format!("{:.2}", width - 0.8) height=format!("{height:.2}") /> }
        })
        .collect::<Vec<_>>();
    view! { <svg class="spark" viewBox="0 0 96 26" role="img" aria-label=label>{bars}<path d="M0 25.5H96" fill="none" /></svg> }
}
