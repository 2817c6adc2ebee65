//! Genes: what they are, where they are expressed, and the concepts in which they matter.
//!
//! | file | part |
//! |---|---|
//! | `expression` | counts on the map and by kind of cell |
//! | `links` | where else it is described |

mod expression;
mod links;

use cellprism_core::bundle::{ConceptRow, GeneDescription};
use leptos::prelude::*;

use super::gene_sets_of;
use crate::{
    bundle::{self, Bundle},
    components::{
        stackbar,
        states::{Failed, Load, Loading},
        title,
    },
    format::{percent, score, thousands},
    route,
    search::{self, State, Words},
};

/// Genes listed at first.
const FIRST: usize = 50;

/// All genes that are among the first of some concept.
#[component]
pub fn Genes() -> impl IntoView {
    let bundle = bundle::current();
    let route = route::current();
    let mut best: std::collections::BTreeMap<String, (usize, f32, u32)> = std::collections::BTreeMap::new();
    for row in &bundle.concepts.index.rows {
        for gene in &row.genes {
            let entry = best.entry(gene.gene.clone()).or_insert((0, 0.0, row.id.0));
            entry.0 += 1;
            if gene.score > entry.1 {
                (entry.1, entry.2) = (gene.score, row.id.0);
            }
        }
    }
    let mut all: Vec<(String, (usize, f32, u32))> = best.into_iter().collect();
    cellprism_core::order::sort_by(&mut all, |a, b| b.1.1.total_cmp(&a.1.1));
    let total = all.len();
    let asked = Memo::new(move |_| route.with(|r| r.get("q").trim().to_owned()));
    let limit = Memo::new(move |_| route.with(|r| r.get("rows").parse().unwrap_or(FIRST)).max(FIRST));
    let all = std::sync::Arc::new(all);
    let listed = all.clone();
    let found = Memo::new(move |_| {
        let asked = asked.get().to_lowercase();
        (0..listed.len()).filter(|&i| listed[i].0.to_lowercase().contains(&asked)).collect::<Vec<_>>()
    });
    let rows = move || {
        found
            .get()
            .into_iter()
            .take(limit.get())
            .map(|i| &all[i])
            .map(|(gene, (n, highest, concept))| {
                view! {
                    <tr>
                        <td><a class="gene" href=format!("#/gene/{gene}")>{gene.clone()}</a></td><td class="n">{*n}</td>
                        <td class="n">{score(f64::from(*highest))}</td>
                        <td><a class="mono" href=format!("#/concept/{concept}")>{format!("C{concept}")}</a></td>
                    </tr>
                }
            })
            .collect::<Vec<_>>()
    };
    let typed = move |e| route::set(route, "q", &event_target_value(&e));
    let more = move || {
        let left = found.with(Vec::len).saturating_sub(limit.get());
        let next = limit.get() + 200;
        (left > 0).then(|| {
            let text = format!("Show {} more", left.min(200));
            let show = move |_| route::set(route, "rows", &next.to_string());
            view! { <p class="center-row"><button class="btn" on:click=show>{text}</button></p> }
        })
    };
    let none = move || {
        let asked = asked.get();
        (found.with(Vec::is_empty)).then(|| {
            let what = format!("None of these genes has “{asked}” in its symbol. ");
            let link = format!("#/search?q={}", String::from(js_sys::encode_uri_component(&asked)));
            view! { <p class="notice">{what}<a href=link>"Look among all of the model’s genes, aliases and identifiers"</a></p> }
        })
    };
    let what = format!(
        "{total} genes are among the eight that drive some concept most, as in the paper. Highest score first."
    );
    view! {
        <h1>"Genes"</h1>
        <p class="lead">{what}</p>
        <label class="field" style="max-width:420px;margin-top:var(--s5)">
            <span>"Gene"</span>
            <input type="search" placeholder="CD74" prop:value=move || asked.get() on:input=typed />
        </label>
        <section class="section first">
            <div class="scroll" tabindex="0" role="region" aria-label="Genes"><table>
                <thead><tr>
                    <th>"Gene"</th><th class="n">"Concepts"</th><th class="n">"Highest attribution"</th><th>"In"</th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table></div>
            {none}{more}
        </section>
    }
}

/// One gene: by its symbol in any letters, an Ensembl identifier, or an alias of no other gene.
#[component]
pub fn Gene(symbol: String) -> impl IntoView {
    let bundle = bundle::current();
    let words = expect_context::<Words>();
    if bundle.genes.symbols.contains(&symbol) {
        return known(&bundle, &symbol, None);
    }
    words.fetch(&bundle);
    let shown = move || {
        // Aliases arrive later: symbols in other letters and identifiers are found at once.
        let found = words.genes.with(|genes| search::gene(genes, &symbol));
        match (found, words.state.get()) {
            (Some(found), _) => known(&bundle, &found, Some(&symbol)),
            (None, State::Idle | State::Waiting) => view! {
                <h1 class="gene">{symbol.clone()}</h1><Loading what="aliases" />
            }
            .into_any(),
            (None, State::Failed(error)) => view! {
                <h1 class="gene">{symbol.clone()}</h1><Failed what="Aliases" error=error />
            }
            .into_any(),
            (None, State::Ready(left_out)) => unknown(&bundle, &symbol, left_out),
        }
    };
    shown.into_any()
}

fn unknown(bundle: &Bundle, symbol: &str, left_out: Option<String>) -> AnyView {
    let n = thousands(bundle.genes.symbols.len() as u64);
    let left_out = left_out.map(|what| format!(" (In a bundle of this size {what}.)"));
    view! {
        <h1><span class="gene">{symbol.to_owned()}</span>{format!(" is not among this model’s {n} genes")}</h1>
        <p>
            "It is no symbol, alias or Ensembl identifier of a gene that the model reads. It never saw it, so that no concept can depend on it."
            {left_out}" "<a href="#/genes">"Genes that matter"</a>
        </p>
    }
    .into_any()
}

/// `asked` is what stands in the address, where that is another name.
fn known(bundle: &std::sync::Arc<Bundle>, symbol: &str, asked: Option<&str>) -> AnyView {
    let symbol = symbol.to_owned();
    let place = bundle.genes.symbols.iter().position(|s| *s == symbol).unwrap_or(0);
    let asked = asked.map(|asked| view! { <p class="small muted">{format!("Asked for as {asked}.")}</p> });
    let known = RwSignal::new(Load::Waiting);
    let (fetched, name) = (bundle.clone(), symbol.clone());
    leptos::task::spawn_local(async move {
        known.try_set(match fetched.descriptions(place as u32).await {
            Ok(found) => Load::Ready(found.get(&name).cloned()),
            Err(error) => Load::Failed(error),
        });
    });
    let ensembl = bundle.genes.ensembl.get(place).filter(|e| !e.is_empty()).cloned();
    let (named, id) = (symbol.clone(), ensembl.clone());
    let links = move || {
        let ncbi = match known.get() {
            Load::Ready(Some(found)) => found.ncbi,
            _ => None,
        };
        links::view(&named, id.as_deref(), ncbi.as_deref())
    };
    let ensembl = ensembl.map(|id| view! { " " <span class="mono">{id}</span> });
    let detection = bundle.genes.detection.get(place).copied().unwrap_or(0.0);
    let detected = match bundle.genes.measured.get(place) {
        Some(true) => format!("Detected in {} of the cells.", percent(f64::from(detection))),
        _ => "Not measured in these data: the model reads it as zero.".to_owned(),
    };
    view! {
        <p class="eyebrow"><a href="#/genes">"Genes"</a>" / "{symbol.clone()}</p>
        <h1 class="gene">{symbol.clone()}</h1>{asked}
        <p class="lead" data-testid="description">{move || description(known.get())}</p>
        <p class="small muted">{detected}{ensembl}</p>
        {links}
        {expression::view(bundle, place, &symbol)}
        <section class="section">
            <header>
                <h2>"Concepts that it drives"</h2>
                <p>"Concepts with this gene among their first eight, as in the paper, or in their title. It may matter, less, in others: each concept page ranks every gene."</p>
            </header>
            {concepts(bundle, &symbol)}
        </section>
        {gene_sets_of::scores(bundle, place, &symbol)}
        {gene_sets_of::sets(bundle, place)}
    }
    .into_any()
}

fn description(known: Load<Option<GeneDescription>>) -> AnyView {
    match known {
        Load::Waiting => view! { <span class="sk" style="width:240px;height:18px"></span> }.into_any(),
        Load::Failed(error) => format!("The description could not be loaded: {}", error.what).into_any(),
        Load::Ready(None) => {
            view! { <span class="na"><b>"Not available"</b>": no description of this gene in the bundle"</span> }.into_any()
        }
        Load::Ready(Some(d)) => {
            let also = (!d.aliases.is_empty()).then(|| format!("also {}", d.aliases.join(", ")));
            let facts = [d.kind, d.location, also].into_iter().flatten().collect::<Vec<_>>().join(" · ");
            view! { {d.name}" "<span class="small faint">{facts}</span> }.into_any()
        }
    }
}

/// What a concept says of a gene in its title.
fn in_title(row: &ConceptRow, symbol: &str) -> &'static str {
    let named = |genes: &[String]| genes.iter().any(|gene| gene == symbol);
    match () {
        () if named(&row.title_parts.has) => "has",
        () if named(&row.title_parts.lacks) => "lacks",
        () => "",
    }
}

fn concepts(bundle: &Bundle, symbol: &str) -> AnyView {
    let score_in = |row: &ConceptRow| row.genes.iter().find(|g| g.gene == symbol).map(|g| g.score);
    let listed = |row: &&ConceptRow| score_in(row).is_some() || !in_title(row, symbol).is_empty();
    let mut rows: Vec<&ConceptRow> = bundle.concepts.index.rows.iter().filter(listed).collect();
    let key = |row: &ConceptRow| (in_title(row, symbol).is_empty(), -score_in(row).unwrap_or(0.0));
    cellprism_core::order::sort_by(&mut rows, |a, b| {
        key(a).partial_cmp(&key(b)).unwrap_or(std::cmp::Ordering::Equal)
    });
    if rows.is_empty() {
        return view! { <p class="notice">"None has it among its first eight genes."</p> }.into_any();
    }
    let row = |row: &ConceptRow| {
        let id = row.id.0;
        let value = score_in(row).map_or_else(|| "–".to_owned(), |value| score(f64::from(value)));
        view! {
            <tr>
                <td><a class="mono idl" href=format!("#/concept/{id}")>{format!("C{id}")}</a></td>
                <td>{in_title(row, symbol)}</td><td class="n">{value}</td>
                <td style="min-width:120px">{stackbar::composition(bundle, row)}</td><td>{title::view(row)}</td>
            </tr>
        }
    };
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label="Concepts"><table>
            <thead><tr>
                <th>"Concept"</th><th>"In its title"</th><th class="n">"Attribution"</th><th>"Cells"</th><th>"What it is"</th>
            </tr></thead>
            <tbody>{rows.into_iter().map(row).collect_view()}</tbody>
        </table></div>
    }
    .into_any()
}
