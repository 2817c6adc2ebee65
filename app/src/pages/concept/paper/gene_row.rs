//! One gene of the paper's list: its mean as a bar, every swap as a dot.

use cellprism_core::bundle::GeneAttribution;
use leptos::prelude::*;

use crate::{
    format::score,
    pages::concept::{
        Shown,
        screened::{estimate_mark, is_estimate},
    },
    plots,
};

/// Genes listed at first; the axis is theirs.
pub const FIRST: usize = 20;

/// What the bars are drawn with.
#[derive(Clone, Copy)]
pub struct Scale {
    /// Left end.
    pub low: f64,
    /// Right end.
    pub high: f64,
    /// Where a gene is called important.
    pub important: f64,
    /// Whether scores are those before TopK.
    pub before: bool,
}

impl Scale {
    /// Wide enough for zero, the means, and 96 % of the swaps of the first genes; a single swap far out would squeeze all
    /// others together, so the rest is drawn as rings at the edge.
    pub fn of(shown: &Shown, genes: &[GeneAttribution]) -> Self {
        let mut pairs: Vec<f32> = shown.concept.pair_scores.iter().take(FIRST).flatten().copied().collect();
        cellprism_core::order::sort_by(&mut pairs, f32::total_cmp);
        let beyond = pairs.len() / 50;
        let inner = pairs.get(beyond..pairs.len() - beyond).unwrap_or_default();
        let means = genes.iter().take(FIRST).flat_map(|g| [g.mean, g.mean_pre_topk]);
        let ends = inner.first().into_iter().chain(inner.last()).copied();
        let (low, high) =
            ends.chain(means).fold((0.0f32, 0.06f32), |(low, high), v| (low.min(v), high.max(v)));
        let (low, high) = (f64::from(low), f64::from(high));
        let margin = (high - low) * 0.03;
        let important = shown.bundle.manifest.parameters.attribution.important;
        Self { low: low - margin, high: high + margin, important, before: false }
    }

    fn at(&self, value: f64) -> f64 {
        ((value - self.low) / (self.high - self.low) * 100.0).clamp(0.0, 100.0)
    }

    /// Numbers above the column.
    pub fn axis(&self) -> AnyView {
        let tick = |v: f64| {
            let left = format!("left:{:.2}%", (v - self.low) / (self.high - self.low) * 100.0);
            view! { <span style=left>{plots::tick_text(v)}</span> }
        };
        let ticks = plots::ticks(self.low, self.high, 5).into_iter().map(tick).collect_view();
        view! { <div class="axis-x">{ticks}</div> }.into_any()
    }
}

/// One swap on the axis, or a ring at its edge.
fn single(value: f64, scale: &Scale) -> impl IntoView + use<> {
    let out = value < scale.low || value > scale.high;
    let class = if out { "one out" } else { "one" };
    let title = out.then(|| score(value));
    view! { <i class=class title=title style=format!("left:{:.2}%", scale.at(value))></i> }
}

/// The row.
pub fn row(
    shown: &Shown,
    gene: &GeneAttribution,
    rank: usize,
    scale: &Scale,
    selected: RwSignal<Option<usize>>,
) -> AnyView {
    let mean = f64::from(if scale.before { gene.mean_pre_topk } else { gene.mean });
    let (zero, end) = (scale.at(0.0), scale.at(mean));
    let bar = format!("left:{:.2}%;width:{:.2}%", zero.min(end), (zero - end).abs());
    let important = format!("left:{:.2}%", scale.at(scale.important));
    // Single pairs are kept after TopK only.
    let dots = (!scale.before)
        .then(|| shown.concept.pair_scores.get(rank))
        .flatten()
        .map(|pairs| pairs.iter().map(|&v| single(f64::from(v), scale)).collect_view());
    let name = shown.descriptions.name(gene.symbol.clone());
    let (text, strong) = (gene.symbol.clone(), mean > scale.important);
    let choose = move |_| selected.set(Some(rank));
    let is = move || selected.get() == Some(rank);
    view! {
        <tr class:open=is on:mouseenter=choose>
            <td class="rk">{rank + 1}</td>
            <td class="gn">
                <button class="glink" aria-expanded=move || is().to_string() on:focus=move |_| selected.set(Some(rank))
                    on:click=choose>{text}</button>
            </td>
            <td class="gd">{name}</td>
            <td class="gb"><div class="track">
                <i class="mean" style=bar></i><i class="zero" style=format!("left:{zero:.2}%")></i>
                <i class="imp" style=important></i>{dots}
            </div></td>
            <td class="n" class:strong=strong>{estimate_mark(is_estimate(shown, gene.gene))}{score(mean)}</td>
            <td class="n np">{gene.swapped}</td>
        </tr>
    }
    .into_any()
}
