//! The pathways of the one ranking, a block a library.

use std::sync::Arc;

use cellprism_core::bundle::{EnrichmentDetail, EnrichmentParameters, Maybe, SetResult};
use leptos::prelude::*;

use super::chance;
use crate::{
    browser,
    format::{p_value, percent, thousands},
    pages::concept::{Shown, pathways::running},
    term::term_name,
};

/// Sets shown at first.
const FIRST: usize = 8;

/// How the paper labels.
pub fn how(shown: &Shown) -> String {
    let rule = shown.bundle.manifest.parameters.enrichment.label_rule();
    format!("Preranked enrichment of all genes by attribution. The label is the set with {rule}.")
}

/// One block a library.
pub fn view(shown: &Shown) -> AnyView {
    let libraries = shown.concept.detail.enrichment.clone();
    if libraries.is_empty() {
        return view! { <p class="na"><b>"Not available"</b>": the bundle was made without gene sets"</p> }
            .into_any();
    }
    let blocks = libraries.into_iter().map(|library| block(shown, &Arc::new(library))).collect_view();
    view! { <div class="stack-l">{blocks}</div> }.into_any()
}

fn block(shown: &Shown, library: &Arc<EnrichmentDetail>) -> AnyView {
    let name = library.library.replace('_', " ");
    if library.sets.is_empty() {
        let why = match &library.label {
            Maybe::Missing { not_available } => not_available.clone(),
            Maybe::Value(_) => String::new(),
        };
        return view! {
            <figure class="fig"><header><h3>{name}</h3></header><p class="na"><b>"Not available"</b>{format!(": {why}")}</p></figure>
        }
        .into_any();
    }
    let named =
        library.label.value().and_then(|label| library.sets.iter().position(|s| s.term == label.term));
    let selected = RwSignal::new(named.unwrap_or(0));
    let (sum_of, sets) = (shown.clone(), library.clone());
    let sum = move || {
        let set = sets.sets.get(selected.get())?;
        let weight = sum_of.bundle.manifest.parameters.enrichment.weight;
        let of = (term_name(&set.term).0, &set.hits);
        let x = "Genes by attribution; ticks mark the genes of the set";
        Some(running::view(&sum_of.concept.scores, weight, (&of.0, of.1), x))
    };
    view! {
        <div class="grid">
            {table(shown, library, name, selected, named)}
            <div class="c4 stack-l">
                <figure class="fig"><header><h3>"Running sum of the selected set"</h3></header>{sum}</figure>
                {chance::view(library)}
            </div>
        </div>
    }
    .into_any()
}

fn table(
    shown: &Shown,
    library: &Arc<EnrichmentDetail>,
    name: String,
    selected: RwSignal<usize>,
    named: Option<usize>,
) -> AnyView {
    let (all, by) = (RwSignal::new(false), RwSignal::new("es"));
    let parameters = shown.bundle.manifest.parameters.enrichment.clone();
    let caption = caption(library, &parameters);
    let rows_of = library.clone();
    let rows = move || {
        let sets = &rows_of.sets;
        let mut order: Vec<usize> = (0..sets.len()).collect();
        match by.get() {
            "nes" => cellprism_core::order::sort_by(&mut order, |&a, &b| sets[b].nes.total_cmp(&sets[a].nes)),
            "p" => cellprism_core::order::sort_by(&mut order, |&a, &b| {
                sets[a].p.total_cmp(&sets[b].p).then(sets[b].es.total_cmp(&sets[a].es))
            }),
            _ => {}
        }
        let n = if all.get() { order.len() } else { order.len().min(FIRST) };
        let row = |&i: &usize| row(&sets[i], i, selected, &parameters, named == Some(i));
        order[..n].iter().map(row).collect_view()
    };
    let total = library.sets.len();
    let (csv_of, file) = (library.clone(), shown.file(&format!("{}.csv", library.library)));
    let permutations = shown.bundle.manifest.parameters.enrichment.permutations;
    let csv = move |_| csv(&csv_of, &file, permutations);
    let sort = move |name: &'static str, title: &'static str| {
        let arrow = move || (by.get() == name).then_some(if name == "p" { " ↑" } else { " ↓" });
        let sorted = if name == "p" { "ascending" } else { "descending" };
        let sorted = move || (by.get() == name).then_some(sorted);
        view! { <th class="n" aria-sort=sorted><button on:click=move |_| by.set(name)>{title}{arrow}</button></th> }
    };
    let more =
        move || if all.get() { format!("Show the first {FIRST}") } else { format!("Show {total} sets") };
    view! {
        <figure class="fig c8">
            <header><h3>{name}</h3><span class="tools"><button on:click=csv>"CSV"</button></span></header>
            <div class="scroll" tabindex="0" role="region" aria-label="Gene sets as in the paper"><table class="paths">
                <thead><tr>
                    <th>"Gene set"</th><th class="n">"Genes"</th>{sort("es", "ES")}{sort("nes", "NES")}{sort("p", "p")}
                    <th class="n">"FDR"</th><th class="n">"Chance"</th><th>"Leading edge"</th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table></div>
            {(total > FIRST).then(|| view! {
                <p class="more"><button class="btn" aria-expanded=move || all.get().to_string()
                    on:click=move |_| all.update(|a| *a = !*a)>{more}</button></p>
            })}
            <figcaption>{caption}</figcaption>
        </figure>
    }
    .into_any()
}

fn caption(library: &EnrichmentDetail, p: &EnrichmentParameters) -> String {
    format!(
        "{} of {} sets tested: {} have fewer than {} ranked genes, {} more than {}. {} of the {} ranked genes are in no set at all, so enrichment cannot see them. Chance: how often this same set scores as high in a matched random ranking.",
        thousands(library.tested),
        thousands(library.too_small + library.too_large + library.tested),
        thousands(library.too_small),
        p.min_size,
        thousands(library.too_large),
        p.max_size,
        thousands(library.genes_in_no_set),
        thousands(library.genes)
    )
}

fn row(
    set: &SetResult,
    place: usize,
    selected: RwSignal<usize>,
    p: &EnrichmentParameters,
    label: bool,
) -> AnyView {
    let (name, id) = term_name(&set.term);
    let edge = set.leading_edge.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
    let rest = set.leading_edge.len().saturating_sub(3);
    let more = (rest > 0).then(|| view! { " "<span class="faint">{format!("+{rest}")}</span> });
    view! {
        <tr aria-current=move || (selected.get() == place).then_some("true")>
            <td>
                <button class="plain" on:click=move |_| selected.set(place)>{name}</button>" "
                {id.map(|id| view! { <span class="mono micro faint nowrap">{id}</span> })}
                {label.then(|| view! { " "<span class="badge">"label"</span> })}
            </td>
            <td class="n" data-l="genes">{set.size}</td>
            <td class="n" data-l="ES">{format!("{:.3}", set.es).replace('-', "−")}</td>
            <td class="n" data-l="NES">{format!("{:.2}", set.nes).replace('-', "−")}</td>
            <td class="n" data-l="p">{p_value(set.p, p.permutations)}</td>
            <td class="n" data-l="FDR">{p_value(set.fdr, p.permutations)}</td>
            <td class="n" data-l="chance">{set.chance.map_or_else(|| "–".to_owned(), percent)}</td>
            <td class="le gene">{edge}{more}</td>
        </tr>
    }
    .into_any()
}

fn csv(library: &EnrichmentDetail, file: &str, permutations: u32) {
    let header = ["term", "genes", "es", "nes", "p", "fdr", "fwer", "chance", "leading_edge"];
    let p = |p: f64| browser::csv_p(p, permutations);
    let line = |s: &SetResult| {
        vec![
            s.term.clone(),
            s.size.to_string(),
            s.es.to_string(),
            s.nes.to_string(),
            p(s.p),
            p(s.fdr),
            p(s.fwer),
            s.chance.map(|c| c.to_string()).unwrap_or_default(),
            s.leading_edge.join(";"),
        ]
    };
    browser::download_csv(file, &header, library.sets.iter().map(line));
}
