//! How many genes hold how much of the score.

use cellprism_core::bundle::AttributionDetail;
use leptos::prelude::*;

use crate::{
    components::figure_menu::{self, Behind},
    format::percent,
    pages::concept::Shown,
    plots::{self, Curve},
};

/// The curve of the cumulative share.
pub fn view(shown: &Shown, attribution: &AttributionDetail) -> AnyView {
    if attribution.cumulative.is_empty() || attribution.positive == 0 {
        return ().into_any();
    }
    let cumulative = &attribution.cumulative;
    let n = cumulative.len() as f64;
    let points: Vec<(f64, f64)> = std::iter::once((0.0, 0.0))
        .chain(cumulative.iter().enumerate().map(|(i, &c)| ((i + 1) as f64, f64::from(c))))
        .collect();
    let share = |genes: usize| cumulative.get(genes.saturating_sub(1)).map_or(1.0, |&c| f64::from(c));
    let twenty = cumulative.len().min(20);
    let above = match attribution.important {
        0 => String::new(),
        1 => format!("; the one above the threshold carries {}", percent(share(1))),
        n => format!("; the {n} above the threshold carry {}", percent(share(n as usize))),
    };
    let note = format!("{twenty} genes carry {}{above}.", percent(share(twenty)));
    let rows: Vec<Vec<String>> =
        cumulative.iter().enumerate().map(|(i, c)| vec![(i + 1).to_string(), c.to_string()]).collect();
    let curve =
        Curve { name: String::new(), colour: "var(--accent)".into(), points, band: vec![], dashed: false };
    let x = (0.0, n, "Genes with a positive score, best first");
    let y = (0.0, 1.0, "Share of all positive attribution");
    let behind = Behind::new(
        shown.file("cumulative"),
        format!("How concentrated the scores are, {}", shown.name()),
        &["genes", "share"],
        move || rows.clone(),
        plots::curves_chart(std::slice::from_ref(&curve), x, y),
    );
    view! {
        <figure class="fig">
            <header><h3>"How concentrated"</h3>{figure_menu::view(behind)}</header>
            {plots::curves(vec![curve], 150, x, y, note.clone(), ().into_any())}
            <figcaption>{note}</figcaption>
        </figure>
    }
    .into_any()
}
