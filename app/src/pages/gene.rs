//! Genes: what they are, and the concepts in which they matter.

use leptos::prelude::*;

use crate::{
    bundle,
    components::{stackbar, states::Load},
    format::{percent, score},
    route,
};

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
    all.sort_by(|a, b| b.1.1.total_cmp(&a.1.1));
    let total = all.len();
    let asked = Memo::new(move |_| route.with(|r| r.get("q").to_lowercase()));
    let rows = move || {
        let asked = asked.get();
        all.iter()
            .filter(|(gene, _)| gene.to_lowercase().contains(&asked))
            .take(300)
            .map(|(gene, (n, highest, concept))| {
                view! {
                    <tr><td><a class="gene" href=format!("#/gene/{gene}")>{gene.clone()}</a></td><td class="n">{*n}</td><td class="n">{score(f64::from(*highest))}</td>
                        <td><a class="mono" href=format!("#/concept/{concept}")>{format!("C{concept}")}</a></td></tr>
                }
            })
            .collect::<Vec<_>>()
    };
    view! {
        <h1>"Genes"</h1>
        <p class="lead">{format!("{total} genes are among the eight that drive some concept most. Highest score first.")}</p>
        <label class="field" style="max-width:420px;margin-top:var(--s5)"><span>"Gene"</span>
            <input type="search" prop:value=move || asked.get() on:input=move |e| route::set(route, "q", &event_target_value(&e)) placeholder="CD74" /></label>
        <section class="section first"><table><thead><tr><th>"Gene"</th><th class="n">"Concepts"</th><th class="n">"Highest attribution"</th><th>"In"</th></tr></thead><tbody>{rows}</tbody></table></section>
    }
}

/// One gene.
#[component]
pub fn Gene(symbol: String) -> impl IntoView {
    let bundle = bundle::current();
    let Some(place) = bundle.genes.symbols.iter().position(|s| *s == symbol) else {
        return view! {
            <h1><span class="gene">{symbol.clone()}</span>" is not one of the model’s genes"</h1>
            <p>{format!("The model reads {} genes; it never saw this one, so no concept can depend on it. ", bundle.genes.symbols.len())}<a href="#/genes">"Genes that matter"</a></p>
        }
        .into_any();
    };
    let known = RwSignal::new(Load::Waiting);
    let (fetched, name) = (bundle.clone(), symbol.clone());
    leptos::task::spawn_local(async move {
        known.set(match fetched.descriptions(place as u32).await {
            Ok(found) => Load::Ready(found.get(&name).cloned()),
            Err(error) => Load::Failed(error),
        });
    });
    let describe = move || {
        match known.get() {
        Load::Waiting => view! { <span class="sk" style="width:240px;height:18px"></span> }.into_any(),
        Load::Failed(error) => view! { <span>{format!("The description could not be loaded: {}", error.what)}</span> }.into_any(),
        Load::Ready(None) => view! { <span class="na"><b>"Not available"</b>": no description of this gene in the bundle"</span> }.into_any(),
        Load::Ready(Some(d)) => {
            let facts = [d.kind.clone(), d.location.clone(), (!d.aliases.is_empty()).then(|| format!("also {}", d.aliases.join(", ")))];
            let facts = facts.into_iter().flatten().collect::<Vec<_>>().join(" · ");
            view! { {d.name.clone()}" "<span class="small faint">{facts}</span>
                {d.ncbi.clone().map(|id| view! { " " <a class="small" href=format!("https://www.ncbi.nlm.nih.gov/gene/{id}") rel="noopener">"NCBI Gene"</a> })} }.into_any()
        }
    }
    };
    let ensembl = bundle.genes.ensembl.get(place).filter(|e| !e.is_empty()).cloned();
    let detection = bundle.genes.detection.get(place).copied().unwrap_or(0.0);
    let measured = bundle.genes.measured.get(place).copied().unwrap_or(false);
    let mut rows: Vec<(f32, usize)> = bundle
        .concepts
        .index
        .rows
        .iter()
        .enumerate()
        .filter_map(|(i, row)| row.genes.iter().find(|g| g.gene == symbol).map(|g| (g.score, i)))
        .collect();
    rows.sort_by(|a, b| b.0.total_cmp(&a.0));
    let none = rows.is_empty();
    let table = rows
        .into_iter()
        .map(|(value, i)| {
            let row = &bundle.concepts.index.rows[i];
            view! {
                <tr><td><a class="mono idl" href=format!("#/concept/{}", row.id.0)>{format!("C{}", row.id.0)}</a></td><td class="n">{score(f64::from(value))}</td>
                    <td style="min-width:120px">{stackbar::composition(&bundle, row)}</td><td>{row.reads_as.clone()}</td><td class="gene">{row.genes.iter().take(5).map(|g| g.gene.clone()).collect::<Vec<_>>().join(", ")}</td></tr>
            }
        })
        .collect::<Vec<_>>();
    view! {
        <p class="eyebrow"><a href="#/genes">"Genes"</a>" / "{symbol.clone()}</p>
        <h1 class="gene">{symbol.clone()}</h1>
        <p class="lead" data-testid="description">{describe}</p>
        <p class="small muted">{if measured { format!("Detected in {} of the cells.", percent(f64::from(detection))) } else { "Not measured in these data: the model reads it as zero.".to_owned() }}
            {ensembl.map(|id| view! { " " <a href=format!("https://www.ensembl.org/id/{id}") rel="noopener" class="mono">{id.clone()}</a> })}</p>
        <section class="section"><header><h2>"Concepts that it drives"</h2><p>"Concepts with this gene among their first eight. It may matter, less, in others: each concept page ranks every gene."</p></header>
            {if none { view! { <p class="notice">"None has it among its first eight genes."</p> }.into_any() } else { view! {
                <div class="scroll" tabindex="0" role="region" aria-label="Concepts"><table><thead><tr><th>"Concept"</th><th class="n">"Attribution"</th><th>"Cells"</th><th>"Reads as"</th><th>"Genes"</th></tr></thead><tbody>{table}</tbody></table></div>
            }.into_any() }}
        </section>
    }
    .into_any()
}
