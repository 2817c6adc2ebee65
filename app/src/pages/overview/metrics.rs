//! How well the dictionary rebuilds the embedding.

use std::sync::Arc;

use cellprism_core::bundle::SaeMetricsRow;
use leptos::prelude::*;

use crate::{
    bundle::Bundle,
    components::states::Failed,
    format::{score, thousands},
};

/// The table of all dictionaries, this bundle's first.
pub fn view(bundle: &Arc<Bundle>) -> AnyView {
    if let Some(error) = bundle.no_metrics.clone() {
        return view! {
            <section class="section"><header><h2>"How well the dictionary describes the embedding"</h2></header>
                <Failed what="The metrics" error=error /></section>
        }
        .into_any();
    }
    let rows = bundle.metrics.iter().enumerate().map(|(i, m)| row(m, i == 0)).collect_view();
    let numbers = [
        "Concepts c",
        "Active per cell k",
        "Learning rate",
        "Epochs",
        "R², all entries",
        "R², mean of dimensions",
        "R², one scalar mean",
        "Active",
        "Dead",
        "L0",
    ];
    let heads = numbers.map(|name| view! { <th class="n">{name}</th> }).collect_view();
    let what = "R² compares the rebuilt embedding with the mean cell. Three definitions are in use; the first is the one \
                quoted above.";
    view! {
        <section class="section">
            <header><h2>"How well the dictionary describes the embedding"</h2><p>{what}</p></header>
            <div class="scroll" tabindex="0" role="region" aria-label="Metrics of the dictionary">
                <table class="met"><thead><tr><th>"Dictionary"</th>{heads}</tr></thead><tbody>{rows}</tbody></table>
            </div>
        </section>
    }
    .into_any()
}

fn row(m: &SaeMetricsRow, own: bool) -> AnyView {
    let numbers = [
        thousands(m.concepts),
        m.active_per_cell.to_string(),
        m.learning_rate.to_string(),
        thousands(m.epochs),
        score(m.r2),
        score(m.r2_per_dimension),
        score(m.r2_scalar_mean),
        thousands(m.active),
        thousands(m.dead),
        format!("{:.1}", m.l0),
    ];
    let cells = numbers.map(|text| view! { <td class="n">{text}</td> }).collect_view();
    view! { <tr class:on=own><td>{m.name.clone()}</td>{cells}</tr> }.into_any()
}
