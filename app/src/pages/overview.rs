//! What the bundle is: model, cells, dictionary; where to start.

use std::sync::Arc;

use cellprism_core::{
    bundle::{ConceptClass, ConceptRow},
    ids::ConceptId,
};
use leptos::prelude::*;

use super::baseline;
use crate::{
    browser,
    bundle::{self, Bundle},
    components::{
        cell_map::{CellMap, Colouring},
        states::Load,
    },
    format::{count, percent, score, thousands},
    route,
};

/// The start page.
#[component]
pub fn Overview() -> impl IntoView {
    let bundle = bundle::current();
    view! {
        {head(&bundle)}
        {strip(&bundle)}
        <section class="section first"><div class="grid">
            <CellsFigure bundle=bundle.clone() />
            <div class="c4 stack-l">{classes(&bundle)}{specific_per_label(&bundle)}</div>
        </div></section>
        {to_start_with(&bundle)}
        {baseline::view(&bundle)}
        {metrics(&bundle)}
        {provenance(&bundle)}
    }
}

fn head(bundle: &Arc<Bundle>) -> impl IntoView + use<> {
    let m = &bundle.manifest;
    let active: Vec<u32> =
        bundle.index.rows.iter().filter(|r| r.class != ConceptClass::Dead).map(|r| r.id.0).collect();
    let random = move |_| {
        if let Some(id) = active.get((js_sys::Math::random() * active.len() as f64) as usize) {
            route::go(&format!("#/concept/{id}"));
        }
    };
    view! {
        <div class="ohead grid">
            <div class="c8">
                <p class="eyebrow">{format!("Bundle · {}", m.name)}</p>
                <h1>{m.title.clone()}</h1>
                <p class="lead" style="margin-top:var(--s4)">
                    {format!("A sparse autoencoder splits the model’s {}-dimensional view of each cell into ", m.counts.embedding)}
                    <b>{format!("{} candidate concepts", thousands(m.counts.concepts))}</b>
                    {format!(", {} of them active per cell. Each concept is described by the cells that activate it, the genes that drive it, the pathways those genes share, and an expert’s name for it.", m.counts.active_per_cell)}
                </p>
            </div>
            <div class="c4 oact">
                <a class="btn primary" href="#/concepts">"Browse the concepts"</a>
                <button class="btn" on:click=random>"Random concept"</button>
            </div>
        </div>
    }
}

/// Rows with enough cells to be classified.
fn tested(bundle: &Bundle) -> impl Iterator<Item = &ConceptRow> {
    let least = bundle.manifest.parameters.specificity.min_cells;
    bundle.index.rows.iter().filter(move |r| r.cells >= least)
}

fn strip(bundle: &Arc<Bundle>) -> impl IntoView + use<> {
    let m = &bundle.manifest;
    let s = &m.parameters.specificity;
    let r2 = bundle.metrics.first().map_or_else(|| "–".into(), |row| score(row.r2));
    let n = tested(bundle).count();
    let specific = bundle.index.rows.iter().filter(|r| r.class == ConceptClass::Specific).count();
    let what = bundle.cells.primary.clone().map_or_else(|| "label".into(), |p| p.replace('_', " "));
    let labelled = bundle.index.labelled;
    let chance = bundle.index.labelled_by_chance.map_or_else(
        || "no gene sets in this bundle".to_owned(),
        |by_chance| {
            let share = by_chance / f64::from(bundle.index.tested.max(1));
            format!(
                "{} in one set; chance alone labels about {}",
                m.parameters.enrichment.weak_limit(),
                percent(share)
            )
        },
    );
    let dead = m.counts.concepts - m.counts.active_concepts;
    view! {
        <dl class="strip">
            <div><dt>"Embedding explained (R²)"</dt><dd>{r2}</dd><dd class="sub">"over all cells and dimensions; 0 is the mean cell, 1 is perfect"</dd></div>
            <div><dt>"Active concepts"</dt><dd>{thousands(m.counts.active_concepts)}" "<span>{format!("of {}", thousands(m.counts.concepts))}</span></dd>
                <dd class="sub">{if dead == 0 { "none is dead".to_owned() } else { format!("{} dead: no cell activates them", thousands(dead)) }}</dd></div>
            <div><dt>{format!("Specific to one {what}")}</dt><dd>{specific}" "<span>{format!("of {n}")}</span></dd>
                <dd class="sub">{format!("of those active in at least {} cells; at least {} one label", s.min_cells, percent(s.ratio))}</dd></div>
            <div><dt>"With a pathway label"</dt><dd>{labelled}" "<span>{format!("of {n}")}</span></dd><dd class="sub">{chance}</dd></div>
        </dl>
    }
}

#[component]
fn CellsFigure(bundle: Arc<Bundle>) -> impl IntoView {
    let route = route::current();
    let chosen = Memo::new(move |_| route.with(|r| r.get("by").to_owned()));
    let forward = RwSignal::new(None::<u16>);
    let activation = RwSignal::new(Load::<Arc<Vec<(u32, f32)>>>::Waiting);
    let first = bundle.primary().unwrap_or(0);
    let (known, fetched) = (bundle.clone(), bundle.clone());
    let column = Memo::new(move |_| {
        let name = chosen.get();
        known.cells.columns.iter().position(|c| c.name == name).unwrap_or(first)
    });
    let concept = Memo::new(move |_| chosen.get().strip_prefix('C').and_then(|n| n.parse::<u32>().ok()));
    Effect::new(move || {
        let Some(id) = concept.get() else { return };
        activation.set(Load::Waiting);
        let bundle = fetched.clone();
        leptos::task::spawn_local(async move {
            activation.try_set(match bundle.activations(ConceptId(id)).await {
                Ok(found) => Load::Ready(found),
                Err(error) => Load::Failed(error),
            });
        });
    });
    let colouring = Signal::derive(move || match (concept.get(), activation.get()) {
        (Some(_), Load::Ready(active)) => Colouring::Activation(active),
        (Some(_), _) => Colouring::Activation(Arc::new(Vec::new())),
        (None, _) => Colouring::Column(column.get(), forward.get()),
    });
    let options = bundle
        .cells
        .columns
        .iter()
        .map(|c| c.name.clone())
        .map(|name| view! { <option value=name.clone() selected=move || chosen.get() == name>{name.replace('_', " ")}</option> })
        .collect::<Vec<_>>();
    let concepts = bundle
        .index
        .rows
        .iter()
        .filter(|r| r.class != ConceptClass::Dead)
        .map(|r| (format!("C{}", r.id.0), format!("C{} · {}", r.id.0, r.reads_as)))
        .map(|(value, text)| {
            let own = value.clone();
            view! { <option value=value selected=move || chosen.get() == own>{text}</option> }
        })
        .collect::<Vec<_>>();
    let legend_of = bundle.clone();
    let legend = move || {
        match concept.get() {
        Some(id) if matches!(activation.get(), Load::Failed(_)) => view! { <p class="notice bad" role="alert">{format!("The activations of C{id} could not be loaded; the map shows none.")}</p> }.into_any(),
        Some(id) => view! { <div class="legend"><p class="small muted"><a href=format!("#/concept/{id}")>{format!("Activation of C{id}")}</a></p><div class="rampkey"><div class="ramp" style="flex:1"></div></div><p class="caption">"Dark: strong. Grey: exactly 0."</p></div> }.into_any(),
        None => legend(&legend_of, column.get(), forward).into_any(),
    }
    };
    let source = bundle.cells.umap.as_ref().map_or_else(String::new, |u| u.source.clone());
    let n = bundle.cells.cells;
    let saved = bundle.clone();
    let csv = move |_| {
        let rows = saved.map.iter().enumerate().map(|(cell, xy)| {
            let labels = saved.codes.iter().zip(&saved.cells.columns);
            let mut row = vec![cell.to_string(), xy[0].to_string(), xy[1].to_string()];
            row.extend(
                labels.map(|(codes, c)| c.labels.get(usize::from(codes[cell])).cloned().unwrap_or_default()),
            );
            row
        });
        let names: Vec<&str> = ["cell", "x", "y"]
            .into_iter()
            .chain(saved.cells.columns.iter().map(|c| c.name.as_str()))
            .collect();
        browser::download_csv("cells.csv", &names, rows);
    };
    view! {
        <figure class="fig c8">
            <header>
                <label class="row small colourby"><span class="muted">"Colour by"</span>
                    <select class="input" aria-label="Colour cells by" on:change=move |e| route::set(route, "by", &event_target_value(&e))>
                        <optgroup label="Metadata">{options}</optgroup><optgroup label="Activation of a concept">{concepts}</optgroup>
                    </select>
                </label>
                <span class="tools"><button on:click=csv>"CSV"</button></span>
            </header>
            <div class="ogrid">
                <CellMap bundle=bundle.clone() colouring=colouring label=format!("Map of {n} cells") tags=true />
                {legend}
            </div>
            <figcaption>{format!("Each dot is a cell. Map: {source}. Choose a label to bring its cells forward.")}</figcaption>
        </figure>
    }
}

fn legend(bundle: &Bundle, column: usize, forward: RwSignal<Option<u16>>) -> impl IntoView + use<> {
    let Some(found) = bundle.cells.columns.get(column) else { return ().into_any() };
    let mut order: Vec<usize> = (0..found.labels.len()).collect();
    order.sort_by_key(|&i| std::cmp::Reverse(found.counts.get(i).copied().unwrap_or(0)));
    let more = order.len().saturating_sub(20);
    let items = order
        .into_iter()
        .take(20)
        .map(|i| {
            let code = i as u16;
            let toggle = move |_| forward.update(|f| *f = if *f == Some(code) { None } else { Some(code) });
            view! {
                <li><button class="lg" aria-pressed=move || (forward.get() == Some(code)).to_string() on:click=toggle>
                    <i class="swatch" style=format!("--c:{}", bundle.colours[column][i])></i><span>{found.labels[i].clone()}</span>
                    <span class="n faint">{thousands(found.counts.get(i).copied().unwrap_or(0))}</span>
                </button></li>
            }
        })
        .collect::<Vec<_>>();
    view! {
        <ul class="legend" aria-label="Labels, number of cells">{items}
            {(more > 0).then(|| view! { <li class="small faint">{format!("and {more} more")}</li> })}</ul>
    }
    .into_any()
}

fn classes(bundle: &Arc<Bundle>) -> impl IntoView + use<> {
    let s = &bundle.manifest.parameters.specificity;
    let n = |class: ConceptClass| bundle.index.rows.iter().filter(|r| r.class == class).count();
    let what = bundle.cells.primary.clone().map_or_else(|| "label".into(), |p| p.replace('_', " "));
    let all = [
        (
            ConceptClass::Specific,
            "specific",
            "var(--accent)",
            "Specific",
            format!("at least {} of active cells share one {what}", percent(s.ratio)),
        ),
        (
            ConceptClass::Mixed,
            "mixed",
            "var(--act-2)",
            "Mixed",
            format!("at least {} active cells, no label reaches {}", s.min_cells, percent(s.ratio)),
        ),
        (
            ConceptClass::Rare,
            "rare",
            "var(--ink-3)",
            "Rare",
            format!("1 to {} active cells: not enough data", s.min_cells.saturating_sub(1)),
        ),
        (ConceptClass::Dead, "dead", "var(--act-0)", "Dead", "no active cell".to_owned()),
    ];
    let label =
        all.iter().map(|a| format!("{} {}", n(a.0), a.3.to_lowercase())).collect::<Vec<_>>().join(", ");
    let bar = all
        .iter()
        .filter(|a| n(a.0) > 0)
        .map(|a| view! { <i style=format!("flex:{};--c:{}", n(a.0), a.2)></i> })
        .collect::<Vec<_>>();
    let rows: Vec<Vec<String>> =
        all.iter().map(|a| vec![a.3.to_owned(), n(a.0).to_string(), a.4.clone()]).collect();
    let list = all
        .iter()
        .map(|a| {
            view! {
                <li><a href=format!("#/concepts?show={}", a.1)><i style=format!("--c:{}", a.2)></i><b>{n(a.0)}</b>
                    <span><b>{a.3}</b><br/><span class="faint">{a.4.clone()}</span></span></a></li>
            }
        })
        .collect::<Vec<_>>();
    view! {
        <figure class="fig">
            <header><h3>{format!("The {} concepts by class", thousands(bundle.manifest.counts.concepts))}</h3>
                <span class="tools"><button on:click=move |_| browser::download_csv("classes.csv", &["class", "concepts", "rule"], rows.clone())>"CSV"</button></span></header>
            <div class="clsbar" role="img" aria-label=label>{bar}</div>
            <ul class="clslist">{list}</ul>
        </figure>
    }
}

fn specific_per_label(bundle: &Arc<Bundle>) -> impl IntoView + use<> {
    let primary = bundle.cells.primary.clone().unwrap_or_default();
    let labels = bundle.primary_labels();
    let n = |label: &str| {
        bundle
            .index
            .rows
            .iter()
            .filter(|r| r.specific.iter().any(|s| s.column == primary && s.label == label))
            .count()
    };
    let mut counts: Vec<(usize, usize)> = labels.iter().enumerate().map(|(i, label)| (i, n(label))).collect();
    counts.sort_by_key(|&(i, n)| (std::cmp::Reverse(n), i));
    let most = counts.first().map_or(1, |c| c.1).max(1);
    let rows = counts
        .iter()
        .take(14)
        .map(|&(i, n)| {
            let colour = bundle.colour(i as u16);
            view! {
                <tr><td><span class="row" style="gap:8px;flex-wrap:nowrap"><i class="swatch" style=format!("--c:{colour}")></i>{labels[i].clone()}</span></td>
                    <td style="width:40%"><div class="bar"><i style=format!("width:{}%;--c:{colour}", n * 100 / most)></i></div></td><td class="n">{n}</td></tr>
            }
        })
        .collect::<Vec<_>>();
    let skipped = bundle
        .index
        .skipped_columns
        .iter()
        .filter(|s| s.1.contains("one label"))
        .map(|s| s.0.replace('_', " "))
        .collect::<Vec<_>>();
    let note = if skipped.is_empty() {
        String::new()
    } else {
        format!("Not tested, with a single label in these data: {}.", skipped.join(", "))
    };
    view! {
        <figure class="fig">
            <header><h3>{format!("Specific concepts per {}", primary.replace('_', " "))}</h3></header>
            <table class="tight"><thead class="vh"><tr><th>"Label"</th><th>"Bar"</th><th>"Concepts"</th></tr></thead><tbody>{rows}</tbody></table>
            <figcaption>{note}</figcaption>
        </figure>
    }
}

/// Six concepts that differ: the most telling of the commonest labels.
fn to_start_with(bundle: &Arc<Bundle>) -> impl IntoView + use<> {
    let mut chosen: Vec<&ConceptRow> = Vec::new();
    let mut rows: Vec<&ConceptRow> = tested(bundle).filter(|r| r.important > 0).collect();
    // Many cells of one kind, genes that matter, a label that chance would not earn.
    let rank = |r: &ConceptRow| {
        let pure = r.composition.first().map_or(0.0, |c| f64::from(c.1) / f64::from(r.cells.max(1)));
        let told = r.chance.filter(|_| r.pathway.is_some()).map_or(0.0, |c| 1.0 - c);
        let large = f64::from(r.cells).ln() / f64::from(bundle.manifest.counts.cells.max(2)).ln();
        pure + 0.5 * told + large + 0.05 * f64::from(r.important.min(10))
    };
    rows.sort_by(|a, b| rank(b).total_cmp(&rank(a)));
    for row in rows {
        let label = row.composition.first().map(|c| c.0);
        if chosen.iter().filter(|c| c.composition.first().map(|c| c.0) == label).count() == 0 {
            chosen.push(row);
        }
        if chosen.len() == 6 {
            break;
        }
    }
    if chosen.is_empty() {
        return ().into_any();
    }
    let minis = chosen.into_iter().map(|row| mini(bundle, row)).collect::<Vec<_>>();
    view! {
        <section class="section">
            <header><h2>"Some to start with"</h2><p>"Activation on the same map; one concept for each of several kinds of cells."</p></header>
            <ul class="minis">{minis}</ul>
        </section>
    }
    .into_any()
}

fn mini(bundle: &Arc<Bundle>, row: &ConceptRow) -> impl IntoView + use<> {
    let active = RwSignal::new(Arc::new(Vec::new()));
    let (id, fetched) = (row.id, bundle.clone());
    leptos::task::spawn_local(async move {
        if let Ok(found) = fetched.activations(id).await {
            active.set(found);
        }
    });
    let genes = row.genes.iter().take(4).map(|g| g.gene.clone()).collect::<Vec<_>>().join(", ");
    let pathway = row
        .pathway
        .as_ref()
        .map_or_else(|| "no pathway label".to_owned(), |p| crate::pages::concepts::term_name(&p.term).0);
    let chance = row.chance.filter(|_| row.pathway.is_some()).map(|c| format!(" chance {}", percent(c)));
    view! {
        <li><a class="mini" href=format!("#/concept/{}", id.0)>
            <CellMap bundle=bundle.clone() colouring=Signal::derive(move || Colouring::Activation(active.get())) label=format!("Activation of concept {}", id.0) dot=3.2 />
            <p><b class="mono">{format!("C{}", id.0)}</b></p>
            <p class="micro faint">{format!("{}, {}", count(row.cells, "cell"), row.reads_as)}</p>
            <p class="gene small">{genes}</p>
            <p class="micro muted">{pathway}<span class="faint nowrap">{chance}</span></p>
        </a></li>
    }
}

fn metrics(bundle: &Arc<Bundle>) -> impl IntoView + use<> {
    let rows = bundle
        .metrics
        .iter()
        .enumerate()
        .map(|(i, m)| {
            view! {
                <tr class:on=i == 0><td>{m.name.clone()}</td><td class="n">{thousands(m.concepts)}</td><td class="n">{m.active_per_cell}</td><td class="n">{m.learning_rate}</td>
                    <td class="n">{thousands(m.epochs)}</td><td class="n"><b>{score(m.r2)}</b></td><td class="n">{score(m.r2_per_dimension)}</td><td class="n">{score(m.r2_scalar_mean)}</td>
                    <td class="n">{thousands(m.active)}</td><td class="n">{thousands(m.dead)}</td><td class="n">{format!("{:.1}", m.l0)}</td></tr>
            }
        })
        .collect::<Vec<_>>();
    view! {
        <section class="section">
            <header><h2>"How well the dictionary describes the embedding"</h2>
                <p>"R² compares the rebuilt embedding with the mean cell. Three definitions are in use; the first is the one quoted above."</p></header>
            <div class="scroll" tabindex="0" role="region" aria-label="Metrics of the dictionary"><table class="met">
                <thead><tr><th>"Dictionary"</th><th class="n">"Concepts c"</th><th class="n">"Active per cell k"</th><th class="n">"Learning rate"</th><th class="n">"Epochs"</th>
                    <th class="n">"R², all entries"</th><th class="n">"R², mean of dimensions"</th><th class="n">"R², one scalar mean"</th><th class="n">"Active"</th><th class="n">"Dead"</th><th class="n">"L0"</th></tr></thead>
                <tbody>{rows}</tbody></table></div>
        </section>
    }
}

fn provenance(bundle: &Arc<Bundle>) -> impl IntoView + use<> {
    let m = &bundle.manifest;
    let inputs = m
        .inputs
        .iter()
        .map(|i| view! { {format!("{}: {} ", i.role.to_string().replace('_', " "), i.file)}<span class="mono faint">{format!("{}… ", &i.sha256[..i.sha256.len().min(12)])}</span>" · " })
        .collect::<Vec<_>>();
    let p = &m.parameters;
    view! {
        <section class="section provline">
            <p class="small"><b>"Where this comes from. "</b>{inputs}
                {format!("dictionary: TopK SAE, seed {} · attribution: {} prototypes × {} counterfactuals · enrichment: {} permutations, seed {} · cellprism {}", p.sae.seed, p.attribution.prototypes, p.attribution.counterfactuals, thousands(p.enrichment.permutations), p.enrichment.seed, m.software.version)}</p>
            <div class="row"><a class="btn" href=format!("{}manifest.json", bundle.base) target="_blank" rel="noopener">"Manifest"</a><a class="btn" href="#/about">"How this was made"</a></div>
        </section>
    }
}
