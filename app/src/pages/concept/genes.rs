//! B: which genes drive it.

use std::sync::Arc;

use cellprism_core::{
    attribution::order_by_score,
    bundle::{AttributionDetail, GeneAttribution, Maybe},
};
use leptos::{ev, prelude::*};

use super::Shown;
use crate::{
    browser,
    components::gene_card,
    format::{percent, score, significant, thousands},
    plots::{self, Curve},
};

/// Genes shown at first.
const FIRST: usize = 20;

/// Table of genes with the spread over pairs, description beside it, concentration.
pub fn view(shown: &Shown) -> AnyView {
    let p = &shown.bundle.manifest.parameters.attribution;
    let inside = match &shown.concept.detail.attribution {
        Maybe::Missing { not_available } => {
            view! { <p class="na"><b>"Not available"</b>{format!(": {not_available}")}</p> }.into_any()
        }
        Maybe::Value(attribution) => genes(shown, attribution),
    };
    view! {
        <section class="section" id="genes">
            <header><h2><span class="letter">"B"</span>"Which genes drive it"</h2>
                <p>{format!("Each of the {} most active cells is given, one gene at a time, the count of its nearest cells that do not activate the concept ({} neighbours). The score is how far activation falls.", p.prototypes, p.counterfactuals)}</p></header>
            {inside}
        </section>
    }
    .into_any()
}

fn genes(shown: &Shown, attribution: &AttributionDetail) -> AnyView {
    let selected = RwSignal::new(Some(0usize));
    let all = RwSignal::new(false);
    let before_topk = RwSignal::new(false);
    let genes = Arc::new(attribution.genes.clone());
    // Esc puts the description away.
    let handle = window_event_listener(ev::keydown, move |event| {
        if event.key() == "Escape" {
            selected.set(None);
        }
    });
    on_cleanup(move || handle.remove());
    let (low, high) = domain(shown, &genes);
    let important = shown.bundle.manifest.parameters.attribution.important;
    let axis = plots::ticks(low, high, 5)
        .into_iter()
        .map(|v| view! { <span style=format!("left:{:.2}%", (v - low) / (high - low) * 100.0)>{plots::tick_text(v)}</span> })
        .collect::<Vec<_>>();
    let (rows_of, rows_genes) = (shown.clone(), genes.clone());
    let rows = move || {
        let n = if all.get() { rows_genes.len() } else { FIRST.min(rows_genes.len()) };
        let scale = Scale { low, high, important, before: before_topk.get() };
        (0..n).map(|i| row(&rows_of, &rows_genes[i], i, &scale, selected)).collect::<Vec<_>>()
    };
    let (card_of, card_genes, pairs) = (shown.clone(), genes.clone(), attribution.pairs);
    let card = move || {
        selected.get().and_then(|i| Some((i, card_genes.get(i)?))).map(|(i, gene)| {
            let facts = facts(&card_of, gene, i, pairs);
            view! { <aside class="pop genecard" id="genecard" aria-label="Gene description" aria-live="polite">{gene_card::card(&card_of.bundle, card_of.descriptions, &gene.symbol, facts)}</aside> }
        })
    };
    let csv_of = shown.clone();
    let csv = move |_| csv(&csv_of);
    let n = genes.len();
    let total = shown.bundle.genes.symbols.len();
    view! {
        <div class="grid">
            <figure class="fig c8">
                <header><h3>"Fall in activation when the gene is swapped"</h3>
                    <div class="row"><div class="seg wide-only" role="group" aria-label="Score">
                        <button aria-pressed=move || (!before_topk.get()).to_string() on:click=move |_| before_topk.set(false)>"After TopK"</button>
                        <button aria-pressed=move || before_topk.get().to_string() on:click=move |_| before_topk.set(true)>"Before TopK"</button></div>
                        <span class="tools"><button on:click=csv>"CSV"</button></span></div></header>
                <table class="attr"><thead><tr><th class="rk"><span class="vh">"Rank"</span></th><th class="gn">"Gene"</th><th class="gd">"Description"</th><th class="gb"><div class="axis-x">{axis}</div></th><th class="n">"Mean"</th>
                    <th class="n np" title="Pairs in which the two cells’ counts differ">{format!("Differ, of {}", attribution.pairs)}</th></tr></thead>
                    <tbody>{rows}</tbody></table>
                <div class="row key small muted"><span><i class="kbar"></i>{format!("mean of {} swaps", attribution.pairs)}</span><span><i class="kdot"></i>"one swap"</span><span><i class="kring"></i>"beyond the axis"</span><span><i class="kthr"></i>{format!("{important}, “important”")}</span>
                    <span style="margin-left:auto">{format!("All {} genes: {} positive, {} negative, {} zero", thousands(total as u64), thousands(attribution.positive), thousands(attribution.negative), thousands(attribution.zero))}</span></div>
                {(n > FIRST).then(|| view! { <p style="margin-top:var(--s3)"><button class="btn" aria-expanded=move || all.get().to_string() on:click=move |_| all.update(|a| *a = !*a)>{move || if all.get() { format!("Show the first {FIRST}") } else { format!("Show {n} genes") }}</button></p> })}
            </figure>
            <div class="c4 gside">
                <p class="caption howto"><b>"Reading it. "</b>"Right of zero, the swap lowers activation. Dots far apart: the gene matters in some of the cells only. Point at a gene, or move to it with Tab, to read what it is."</p>
                {card}
                {concentration(shown, attribution)}
            </div>
        </div>
    }
    .into_any()
}

/// What the bars are drawn with.
struct Scale {
    low: f64,
    high: f64,
    important: f64,
    before: bool,
}

impl Scale {
    fn at(&self, value: f64) -> f64 {
        ((value - self.low) / (self.high - self.low) * 100.0).clamp(0.0, 100.0)
    }
}

/// Wide enough for zero, the means, and 96 % of the swaps of the first genes; a single swap far out would squeeze all
/// others together, so the rest is drawn as rings at the edge.
fn domain(shown: &Shown, genes: &[GeneAttribution]) -> (f64, f64) {
    let mut pairs: Vec<f32> = shown.concept.pair_scores.iter().take(FIRST).flatten().copied().collect();
    pairs.sort_by(f32::total_cmp);
    let beyond = pairs.len() / 50;
    let inner = pairs.get(beyond..pairs.len() - beyond).unwrap_or_default();
    let means = genes.iter().take(FIRST).flat_map(|g| [g.mean, g.mean_pre_topk]);
    let ends = inner.first().into_iter().chain(inner.last()).copied();
    let (low, high) = ends.chain(means).fold((0.0f32, 0.06f32), |(low, high), v| (low.min(v), high.max(v)));
    let (low, high) = (f64::from(low), f64::from(high));
    let margin = (high - low) * 0.03;
    (low - margin, high + margin)
}

/// One swap on the axis, or a ring at its edge.
fn single(value: f64, scale: &Scale) -> impl IntoView + use<> {
    let out = value < scale.low || value > scale.high;
    let class = if out { "one out" } else { "one" };
    let title = out.then(|| score(value));
    view! { <i class=class title=title style=format!("left:{:.2}%", scale.at(value))></i> }
}

fn row(
    shown: &Shown,
    gene: &GeneAttribution,
    rank: usize,
    scale: &Scale,
    selected: RwSignal<Option<usize>>,
) -> AnyView {
    let mean = f64::from(if scale.before { gene.mean_pre_topk } else { gene.mean });
    let (zero, end) = (scale.at(0.0), scale.at(mean));
    let bar = format!("left:{:.2}%;width:{:.2}%", zero.min(end), (zero - end).abs());
    // Single pairs are kept after TopK only.
    let dots = (!scale.before)
        .then(|| shown.concept.pair_scores.get(rank))
        .flatten()
        .map(|pairs| pairs.iter().map(|&v| single(f64::from(v), scale)).collect::<Vec<_>>());
    let name = shown.descriptions.name(gene.symbol.clone());
    let text = gene.symbol.clone();
    let strong = mean > scale.important;
    view! {
        <tr class:open=move || selected.get() == Some(rank) on:mouseenter=move |_| selected.set(Some(rank))>
            <td class="rk">{rank + 1}</td>
            <td class="gn"><button class="glink" aria-expanded=move || (selected.get() == Some(rank)).to_string() aria-controls="genecard" on:focus=move |_| selected.set(Some(rank)) on:click=move |_| selected.set(Some(rank))>{text}</button></td>
            <td class="gd">{name}</td>
            <td class="gb"><div class="track"><i class="mean" style=bar></i><i class="zero" style=format!("left:{zero:.2}%")></i><i class="imp" style=format!("left:{:.2}%", scale.at(scale.important))></i>{dots}</div></td>
            <td class="n">{if strong { view! { <b>{score(mean)}</b> }.into_any() } else { score(mean).into_any() }}</td><td class="n np">{gene.swapped}</td>
        </tr>
    }
    .into_any()
}

fn facts(shown: &Shown, gene: &GeneAttribution, rank: usize, pairs: u32) -> Vec<(String, String)> {
    let detection = shown.bundle.genes.detection.get(gene.gene.0 as usize).copied().unwrap_or(0.0);
    let mut facts = vec![(format!("Attribution, mean of {pairs} swaps"), score(f64::from(gene.mean)))];
    if let Some(pairs) = shown.concept.pair_scores.get(rank) {
        let mut sorted = pairs.clone();
        sorted.sort_by(f32::total_cmp);
        if sorted.len() >= 4 {
            let (low, high) = (sorted[sorted.len() / 4], sorted[sorted.len() * 3 / 4]);
            facts.push((
                "Middle half of the swaps".into(),
                format!("{} to {}", score(f64::from(low)), score(f64::from(high))),
            ));
        }
    }
    facts.push(("Detected in all cells".into(), percent(f64::from(detection))));
    facts.push((
        "Mean count, prototypes / counterfactuals".into(),
        format!(
            "{} / {}",
            significant(f64::from(gene.count_prototypes)),
            significant(f64::from(gene.count_counterfactuals))
        ),
    ));
    if let Some(change) = gene.log2_fold_change.filter(|c| c.is_finite()) {
        facts.push(("log₂ fold change vs counterfactuals".into(), format!("{change:.2}").replace('-', "−")));
    }
    facts
}

fn csv(shown: &Shown) {
    let scores = &shown.concept.scores;
    let genes = &shown.bundle.genes;
    let line = |&gene: &u32| {
        let i = gene as usize;
        vec![
            genes.symbols[i].clone(),
            genes.ensembl.get(i).cloned().unwrap_or_default(),
            scores[i].to_string(),
            shown.concept.fold_change.get(i).map(|c| c.to_string()).unwrap_or_default(),
            genes.detection.get(i).map(|d| d.to_string()).unwrap_or_default(),
        ]
    };
    let order = order_by_score(scores);
    browser::download_csv(
        &shown.file("genes.csv"),
        &["gene", "ensembl", "attribution", "log2_fold_change", "detected_share"],
        order.iter().map(line),
    );
}

fn concentration(shown: &Shown, attribution: &AttributionDetail) -> AnyView {
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
    let note = match attribution.important {
        0 => format!("{twenty} genes carry {}.", percent(share(twenty))),
        1 => format!(
            "{twenty} genes carry {}; the one above the threshold carries {}.",
            percent(share(twenty)),
            percent(share(1))
        ),
        n => format!(
            "{twenty} genes carry {}; the {n} above the threshold carry {}.",
            percent(share(twenty)),
            percent(share(n as usize))
        ),
    };
    let rows: Vec<Vec<String>> =
        cumulative.iter().enumerate().map(|(i, c)| vec![(i + 1).to_string(), c.to_string()]).collect();
    let file = shown.file("cumulative.csv");
    let curve =
        Curve { name: String::new(), colour: "var(--accent)".into(), points, band: vec![], dashed: false };
    view! {
        <figure class="fig"><header><h3>"How concentrated"</h3><span class="tools"><button on:click=move |_| browser::download_csv(&file, &["genes", "share"], rows.clone())>"CSV"</button></span></header>
            {plots::curves(vec![curve], 150, (0.0, n, "Genes with a positive score, best first"), (0.0, 1.0, "Share of all positive attribution"), note.clone(), ().into_any())}
            <figcaption>{note}</figcaption></figure>
    }
    .into_any()
}
