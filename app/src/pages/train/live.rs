//! The training while it runs: figures and curves, drawn again as epochs end.

use std::sync::Arc;

use leptos::prelude::*;

use super::{Shown, State};
use crate::{
    bundle::Bundle,
    format::{score, thousands},
    plots::{Curve, curves},
};

const LOSS: &str = "Mean squared error per entry of the embedding over each epoch’s batches.";
const EXPLAINED: &str =
    "As the weights change; 0 is the mean cell, 1 is perfect. Dashes: the published dictionary.";

/// Figures and curves, from the first epoch on.
pub fn view(bundle: &Arc<Bundle>, shown: Shown) -> impl IntoView + use<> {
    let published = bundle.metrics.first().map(|row| row.r2);
    let begun = Memo::new(move |_| shown.epochs.with(|epochs| !epochs.is_empty()));
    move || {
        begun.get().then(|| {
            view! {
                <section class="section" id="training"><header><h2>"Training"</h2></header>
                    {move || shown.epochs.with(|epochs| figures(epochs, matches!(shown.state.get(), State::Training)))}
                    <div class="grid" style="margin-top:var(--s5)">
                        <figure class="fig c6">
                            <header><h3>"Loss"</h3></header>{move || loss(shown)}
                            <figcaption>{LOSS}</figcaption>
                        </figure>
                        <figure class="fig c6">
                            <header><h3>"Embedding explained (R²)"</h3></header>{move || explained(shown, published)}
                            <figcaption>{EXPLAINED}</figcaption>
                        </figure>
                    </div>
                </section>
            }
        })
    }
}

type Epochs = [(cellprism_core::sae::train::EpochMetrics, f64)];

fn figures(epochs: &Epochs, training: bool) -> Option<AnyView> {
    let (m, elapsed) = epochs.last()?;
    let seconds = elapsed / 1000.0;
    let share = f64::from(m.epoch) / f64::from(m.epochs);
    let rate = (m.cells * u64::from(m.epoch)) as f64 / seconds.max(0.001);
    let time = if training {
        format!("{seconds:.1} s, about {:.1} s left", seconds * (1.0 / share - 1.0))
    } else {
        format!("{seconds:.1} s")
    };
    let dead = if m.dead == 0 { "none is dead".to_owned() } else { format!("{} dead", thousands(m.dead)) };
    let figure = |name: &'static str, value: AnyView, sub: String| {
        view! { <div><dt>{name}</dt>{value}<dd class="sub">{sub}</dd></div> }
    };
    let number = |text: String| view! { <dd>{text}</dd> }.into_any();
    let of = format!("of {}", thousands(m.epochs));
    let epoch = view! { <dd data-testid="epoch">{thousands(m.epoch)}" "<span>{of}</span></dd> }.into_any();
    let active = format!("in the last batch; {dead}; {:.1} per cell", m.l0);
    Some(
        view! {
            <dl class="strip">
                {figure("Epoch", epoch, time)}
                {figure("Embedding explained (R²)", number(score(m.r2)), format!("loss {:.4}", m.loss))}
                {figure("Active concepts", number(thousands(m.active)), active)}
                {figure("Speed", number(thousands(rate as u64)), "cells a second, in one worker".into())}
            </dl>
            <div class="prog"><i style=format!("width:{:.1}%", share * 100.0)></i></div>
        }
        .into_any(),
    )
}

/// Points of a curve: epochs on x, at most some hundreds of them.
fn points(
    epochs: &Epochs,
    value: impl Fn(&cellprism_core::sae::train::EpochMetrics) -> f64,
) -> Vec<(f64, f64)> {
    let step = epochs.len().div_ceil(400).max(1);
    let last = epochs.len().saturating_sub(1);
    epochs
        .iter()
        .enumerate()
        .filter(|(i, _)| i % step == 0 || *i == last)
        .map(|(_, (m, _))| (f64::from(m.epoch), value(m)))
        .collect()
}

fn line(points: Vec<(f64, f64)>, name: &str, dashed: bool) -> Curve {
    let colour = if dashed { "var(--ink-3)" } else { "var(--accent)" };
    Curve { name: name.into(), colour: colour.into(), points, band: Vec::new(), dashed }
}

fn planned(epochs: &Epochs) -> f64 {
    epochs.last().map_or(1.0, |(m, _)| f64::from(m.epochs)).max(2.0)
}

fn loss(shown: Shown) -> impl IntoView + use<> {
    shown.epochs.with(|epochs| {
        let points = points(epochs, |m| m.loss);
        // The first epoch may be far above the rest; the axis starts at its value all the same, so that nothing is cut.
        let top = points.iter().map(|p| p.1).fold(0.0, f64::max).max(f64::MIN_POSITIVE) * 1.05;
        let label = format!("Loss over {} epochs", epochs.len());
        curves(
            vec![line(points, "", false)],
            220,
            (1.0, planned(epochs), "epoch"),
            (0.0, top, ""),
            label,
            ().into_any(),
        )
    })
}

fn explained(shown: Shown, published: Option<f64>) -> impl IntoView + use<> {
    shown.epochs.with(|epochs| {
        let points = points(epochs, |m| m.r2);
        let low = points.iter().map(|p| p.1).chain([0.0]).fold(0.0, f64::min).max(-1.0);
        let mut all = vec![line(points, "", false)];
        if let Some(r2) = published {
            all.push(line(vec![(1.0, r2), (planned(epochs), r2)], "", true));
        }
        let label = format!("R² over {} epochs", epochs.len());
        curves(all, 220, (1.0, planned(epochs), "epoch"), (low, 1.0, ""), label, ().into_any())
    })
}
