//! C: which pathways those genes belong to.

use std::sync::Arc;

use cellprism_core::{
    attribution::order_by_score,
    bundle::{EnrichmentDetail, EnrichmentParameters, LabelNull, Maybe, SetResult},
    gsea::running_sum,
};
use leptos::prelude::*;

use super::Shown;
use crate::{
    browser,
    format::{p_value, percent, thousands},
    pages::concepts::term_name,
    plots::{self, Curve},
};

/// One block a library.
pub fn view(shown: &Shown) -> AnyView {
    let libraries = shown.concept.detail.enrichment.clone();
    let e = &shown.bundle.manifest.parameters.enrichment;
    let none = libraries.is_empty();
    let blocks = libraries.into_iter().map(|library| block(shown, Arc::new(library))).collect::<Vec<_>>();
    view! {
        <section class="section" id="pathways">
            <header><h2><span class="letter">"C"</span>"Which pathways those genes belong to"</h2>
                <p>{format!("Preranked enrichment of all genes by attribution. The label is the set with {}.", e.label_rule())}</p></header>
            {none.then(|| view! { <p class="na"><b>"Not available"</b>": the bundle was made without gene sets"</p> })}
            <div class="stack-l">{blocks}</div>
        </section>
    }
    .into_any()
}

fn block(shown: &Shown, library: Arc<EnrichmentDetail>) -> AnyView {
    let name = library.library.replace('_', " ");
    if library.sets.is_empty() {
        let why = match &library.label {
            Maybe::Missing { not_available } => not_available.clone(),
            Maybe::Value(_) => String::new(),
        };
        return view! { <figure class="fig"><header><h3>{name}</h3></header><p class="na"><b>"Not available"</b>{format!(": {why}")}</p></figure> }.into_any();
    }
    let named =
        library.label.value().and_then(|label| library.sets.iter().position(|s| s.term == label.term));
    let selected = RwSignal::new(named.unwrap_or(0));
    let all = RwSignal::new(false);
    let by = RwSignal::new("es");
    let parameters = shown.bundle.manifest.parameters.enrichment.clone();
    let (rows_of, p) = (library.clone(), parameters.clone());
    let rows = move || {
        let mut order: Vec<usize> = (0..rows_of.sets.len()).collect();
        let sets = &rows_of.sets;
        match by.get() {
            "nes" => order.sort_by(|&a, &b| sets[b].nes.total_cmp(&sets[a].nes)),
            "p" => order
                .sort_by(|&a, &b| sets[a].p.total_cmp(&sets[b].p).then(sets[b].es.total_cmp(&sets[a].es))),
            _ => {}
        }
        let n = if all.get() { order.len() } else { order.len().min(8) };
        order[..n].iter().map(|&i| set_row(&sets[i], i, selected, &p, named == Some(i))).collect::<Vec<_>>()
    };
    let total = library.sets.len();
    let source = library.too_small + library.too_large + library.tested;
    let caption = format!(
        "{} of {} sets tested: {} have fewer than {} ranked genes, {} more than {}. {} of the {} ranked genes are in no set at all, so enrichment cannot see them. Chance: how often this same set scores as high in a matched random ranking.",
        thousands(library.tested),
        thousands(source),
        thousands(library.too_small),
        parameters.min_size,
        thousands(library.too_large),
        parameters.max_size,
        thousands(library.genes_in_no_set),
        thousands(library.genes)
    );
    let (csv_of, file) = (library.clone(), shown.file(&format!("{}.csv", library.library)));
    let csv = move |_| csv(&csv_of, &file);
    let (sum_of, sum_library) = (shown.clone(), library.clone());
    let sum = move || sum_library.sets.get(selected.get()).map(|set| running(&sum_of, set));
    let sort = move |name: &'static str, title: &'static str| {
        view! { <button on:click=move |_| by.set(name)>{title}{move || (by.get() == name).then_some(if name == "p" { " ↑" } else { " ↓" })}</button> }
    };
    view! {
        <div class="grid">
            <figure class="fig c8">
                <header><h3>{name}</h3><span class="tools"><button on:click=csv>"CSV"</button></span></header>
                <div class="scroll" tabindex="0" role="region" aria-label="Gene sets"><table class="paths"><thead><tr><th>"Gene set"</th><th class="n">"Genes"</th>
                    <th class="n" aria-sort=move || (by.get() == "es").then_some("descending")>{sort("es", "ES")}</th><th class="n" aria-sort=move || (by.get() == "nes").then_some("descending")>{sort("nes", "NES")}</th>
                    <th class="n" aria-sort=move || (by.get() == "p").then_some("ascending")>{sort("p", "p")}</th><th class="n">"FDR"</th><th class="n">"Chance"</th><th>"Leading edge"</th></tr></thead><tbody>{rows}</tbody></table></div>
                {(total > 8).then(|| view! { <p style="margin-top:var(--s3)"><button class="btn" aria-expanded=move || all.get().to_string() on:click=move |_| all.update(|a| *a = !*a)>{move || if all.get() { "Show the first 8".to_owned() } else { format!("Show {total} sets") }}</button></p> })}
                <figcaption>{caption}</figcaption>
            </figure>
            <div class="c4 stack-l">
                <figure class="fig"><header><h3>"Running sum of the selected set"</h3></header>{sum}</figure>
                {chance(&library)}
            </div>
        </div>
    }
    .into_any()
}

fn set_row(
    set: &SetResult,
    place: usize,
    selected: RwSignal<usize>,
    p: &EnrichmentParameters,
    label: bool,
) -> AnyView {
    let (name, id) = term_name(&set.term);
    let edge = set.leading_edge.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
    let rest = set.leading_edge.len().saturating_sub(3);
    view! {
        <tr aria-current=move || (selected.get() == place).then_some("true")>
            <td><button class="plain" on:click=move |_| selected.set(place)>{name}</button>" "{id.map(|id| view! { <span class="mono micro faint nowrap">{id}</span> })}{label.then(|| view! { " "<span class="badge">"label"</span> })}</td>
            <td class="n" data-l="genes">{set.size}</td><td class="n" data-l="ES">{format!("{:.3}", set.es).replace('-', "−")}</td><td class="n" data-l="NES">{format!("{:.2}", set.nes).replace('-', "−")}</td>
            <td class="n" data-l="p">{p_value(set.p, p.permutations)}</td><td class="n" data-l="FDR">{p_value(set.fdr, p.permutations)}</td>
            <td class="n" data-l="chance">{set.chance.map_or_else(|| "–".to_owned(), percent)}</td>
            <td class="le gene">{edge}{(rest > 0).then(|| view! { " "<span class="faint">{format!("+{rest}")}</span> })}</td></tr>
    }
    .into_any()
}

/// The running sum of one set along the ranking.
fn running(shown: &Shown, set: &SetResult) -> AnyView {
    let scores = &shown.concept.scores;
    let weight = shown.bundle.manifest.parameters.enrichment.weight;
    let weights: Vec<f64> = order_by_score(scores)
        .iter()
        .map(|&gene| f64::from(scores[gene as usize]).abs().powf(weight))
        .collect();
    let sum = running_sum(&weights, &set.hits);
    if sum.iter().any(|v| !v.is_finite()) {
        return view! { <p class="na"><b>"Not available"</b>": every gene of this set has score 0"</p> }
            .into_any();
    }
    let n = sum.len();
    let peak = (0..n).max_by(|&a, &b| sum[a].abs().total_cmp(&sum[b].abs())).unwrap_or(0);
    // A point wherever the curve turns is enough.
    let turns =
        set.hits.iter().flat_map(|&hit| [hit as usize, hit as usize + 1].map(|at| at.saturating_sub(1)));
    let mut places: Vec<usize> = turns.chain([0, peak, n - 1]).filter(|&at| at < n).collect();
    places.sort_unstable();
    places.dedup();
    let points: Vec<(f64, f64)> =
        std::iter::once((0.0, 0.0)).chain(places.into_iter().map(|at| ((at + 1) as f64, sum[at]))).collect();
    let (low, high) = sum.iter().fold((0.0f64, 0.0f64), |(l, h), &v| (l.min(v), h.max(v)));
    let (low, high) = (low - 0.1, high.max(0.1) * 1.05);
    let marks: String = set
        .hits
        .iter()
        .map(|&hit| format!("M{:.3} 100v-5", (f64::from(hit) + 1.0) / n as f64 * 100.0))
        .collect();
    let zero = 100.0 - (0.0 - low) / (high - low) * 100.0;
    let inside = view! { <path class="axis" d=format!("M0 {zero:.2}H100") /><path class="ln" style="stroke:var(--ink-2);stroke-width:1" d=marks /> }.into_any();
    let (name, _) = term_name(&set.term);
    let curve =
        Curve { name: String::new(), colour: "var(--accent)".into(), points, band: vec![], dashed: false };
    let label =
        format!("Running enrichment score of {name}, ES {:.3} at gene {} of {n}", sum[peak], peak + 1);
    view! {
        {plots::curves(vec![curve], 170, (0.0, n as f64, "Genes by attribution; ticks mark the genes of the set"), (low, high, "Running enrichment score"), label, inside)}
        <figcaption>{format!("{name}: ES {:.3} at gene {} of {}.", sum[peak], thousands(peak as u64 + 1), thousands(n as u64))}</figcaption>
    }
    .into_any()
}

fn chance(library: &EnrichmentDetail) -> AnyView {
    let inside = match &library.null {
        Maybe::Missing { not_available } => {
            view! { <p class="na"><b>"Not available"</b>{format!(": {not_available}")}</p> }.into_any()
        }
        Maybe::Value(null) => chance_bar(null, library),
    };
    view! { <figure class="fig"><header><h3>"Would chance earn some label?"</h3></header>{inside}</figure> }
        .into_any()
}

fn chance_bar(null: &LabelNull, library: &EnrichmentDetail) -> AnyView {
    let (good, weaker) = match &library.label {
        Maybe::Value(_) => (null.as_good, (null.any - null.as_good).max(0.0)),
        Maybe::Missing { .. } => (0.0, null.any),
    };
    let labelled = library.label.value();
    let none = (1.0 - good - weaker).max(0.0);
    let description = format!(
        "Of {} random rankings {} earn a label as good, {} a weaker one, {} none",
        null.rankings,
        percent(good),
        percent(weaker),
        percent(none)
    );
    let first = labelled.map(|l| view! { <li><b>{percent(good)}</b><span><i class="a"></i>{format!("a label as good (ES ≥ {:.3})", l.es)}</span></li> });
    view! {
        <div class="chancebar" role="img" aria-label=description><i class="a" style=format!("width:{:.1}%", good * 100.0)></i><i class="b" style=format!("width:{:.1}%", weaker * 100.0)></i><i class="c"></i></div>
        <ul class="small chancekey">{first}
            <li><b>{percent(weaker)}</b><span><i class="b"></i>{if labelled.is_some() { "a weaker label" } else { "some label; this concept has none" }}</span></li>
            <li><b>{percent(none)}</b><span><i class="c"></i>"no label"</span></li></ul>
        <figcaption>{format!("{} random rankings: {}.", thousands(null.rankings), null.method)}</figcaption>
    }
    .into_any()
}

fn csv(library: &EnrichmentDetail, file: &str) {
    let header = ["term", "genes", "es", "nes", "p", "fdr", "fwer", "chance", "leading_edge"];
    let line = |s: &SetResult| {
        vec![
            s.term.clone(),
            s.size.to_string(),
            s.es.to_string(),
            s.nes.to_string(),
            s.p.to_string(),
            s.fdr.to_string(),
            s.fwer.to_string(),
            s.chance.map(|c| c.to_string()).unwrap_or_default(),
            s.leading_edge.join(";"),
        ]
    };
    browser::download_csv(file, &header, library.sets.iter().map(line));
}
