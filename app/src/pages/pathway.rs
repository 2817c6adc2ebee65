//! One gene set: its genes, the concepts that it is nearest to, and on request what every concept says of it.

use std::sync::Arc;

use cellprism_core::{
    bundle::{ConceptDetail, ConceptRow, Maybe, Side, SideLabel, SideSet},
    ids::ConceptId,
};
use leptos::prelude::*;

use crate::{
    bundle::{self, Bundle, Subject, side_name},
    certainty,
    components::{
        states::{Failed, Load, Loading},
        title,
    },
    format::{score, thousands},
    pages::concept::paper::strength,
    term::{library_name, term_name},
};

/// Genes of a set that are listed.
const MOST_GENES: usize = 300;

/// The page.
#[component]
pub fn Pathway(library: String, term: String) -> impl IntoView {
    let bundle = bundle::current();
    let genes = RwSignal::new(Load::<Option<Vec<String>>>::Waiting);
    let (fetched, from, name) = (bundle.clone(), library.clone(), term.clone());
    leptos::task::spawn_local(async move {
        if !fetched.libraries().contains(&from) {
            genes.try_set(Load::Ready(None));
            return;
        }
        genes.try_set(match fetched.gene_sets(&from).await {
            Err(error) => Load::Failed(error),
            Ok(found) => {
                let set = found.sets.into_iter().find(|(own, _)| *own == name);
                let symbol =
                    |gene: &cellprism_core::ids::GeneId| fetched.genes.symbols.get(gene.index()).cloned();
                Load::Ready(set.map(|(_, genes)| genes.iter().filter_map(symbol).collect()))
            }
        });
    });
    let (short, id) = term_name(&term);
    let missing = format!("No library of this bundle holds the set {term:?}.");
    let inside = move || match genes.get() {
        Load::Waiting => view! { <Loading what="the gene set" /> }.into_any(),
        Load::Failed(error) => view! { <Failed what="The gene sets" error=error /> }.into_any(),
        Load::Ready(None) => {
            view! { <p class="notice">{missing.clone()}" "<a href="#/search">"Search"</a></p> }.into_any()
        }
        Load::Ready(Some(genes)) => members(&genes),
    };
    let (known, of_library, of_term) = (bundle.clone(), library.clone(), term.clone());
    view! {
        <p class="eyebrow">"Gene sets / "{library_name(&library)}{id.map(|id| view! { " / " <span class="mono">{id}</span> })}</p>
        <h1>{short}</h1>
        {inside}
        <section class="section">
            <header>
                <h2>"Concepts that it is nearest to"</h2>
                <p>"Those whose best set of either side it is, and those that the paper’s rule labels with it."</p>
            </header>
            {nearest(&known, &of_library, &of_term)}
        </section>
        {every(bundle, library, term)}
    }
}

fn members(genes: &[String]) -> AnyView {
    let link =
        |gene: &String| view! { <li><a class="gene" href=format!("#/gene/{gene}")>{gene.clone()}</a></li> };
    let more = genes.len().saturating_sub(MOST_GENES);
    view! {
        <p class="lead">{format!("{} of its genes are among the model’s.", thousands(genes.len() as u64))}</p>
        <ul class="genes" aria-label="Genes of the set" data-testid="members">{genes.iter().take(MOST_GENES).map(link).collect_view()}</ul>
        {(more > 0).then(|| view! { <p class="small faint">{format!("and {} more", thousands(more as u64))}</p> })}
    }
    .into_any()
}

fn nearest(bundle: &Bundle, library: &str, term: &str) -> AnyView {
    let found = |row: &&ConceptRow| {
        let side = |side: Side| {
            row.labels.of(side).is_some_and(|label| label.library == library && label.term == term)
        };
        Side::BOTH.into_iter().any(side) || row.pathway.as_ref().is_some_and(|label| label.term == term)
    };
    let rows: Vec<&ConceptRow> = bundle.concepts.index.rows.iter().filter(found).collect();
    if rows.is_empty() {
        return view! { <p class="notice">"It is the best set of no concept. It may still stand high in some: ask every concept below."</p> }
            .into_any();
    }
    let row = |row: &ConceptRow| {
        let id = row.id.0;
        let side = |side: Side| {
            let label = row.labels.of(side).filter(|label| label.library == library && label.term == term)?;
            let lacks = (side == Side::Absence).then_some("lacks ");
            Some(view! { <span class="pm">{lacks}{certainty::of_label(label)}</span> })
        };
        let paper = row.pathway.as_ref().filter(|label| label.term == term);
        let paper = paper.map(
            |label| view! { <span class="small faint">{strength(label.strength)}" as in the paper"</span> },
        );
        view! {
            <tr><td><a class="mono idl" href=format!("#/concept/{id}")>{format!("C{id}")}</a></td><td class="titled">{title::view(row)}</td>
                <td>{Side::BOTH.map(side)}{paper}</td></tr>
        }
    };
    let rows = rows.into_iter().map(row).collect_view();
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label="Nearest concepts"><table>
            <thead><tr><th>"Concept"</th><th>"What it is"</th><th>"How certain"</th></tr></thead><tbody>{rows}</tbody>
        </table></div>
    }
    .into_any()
}

/// What one side of a concept says of the set.
struct Said {
    row: ConceptRow,
    side: Side,
    set: SideSet,
    /// The best set of that side, and the random rankings behind both.
    label: Option<SideLabel>,
    rankings: u32,
}

fn every(bundle: Arc<Bundle>, library: String, term: String) -> AnyView {
    let answers = RwSignal::new(None::<Load<Vec<Arc<Said>>>>);
    let done = RwSignal::new(0usize);
    let all: Vec<u32> =
        bundle.concepts.active().filter(|row| !row.not_described).map(|row| row.id.0).collect();
    let n = all.len();
    let limit = bundle.concepts.limit();
    let (fetched, ids) = (bundle.clone(), all);
    let ask = move |_| {
        answers.set(Some(Load::Waiting));
        done.set(0);
        let (bundle, ids, library, term) = (fetched.clone(), ids.clone(), library.clone(), term.clone());
        leptos::task::spawn_local(async move {
            let mut found = Vec::new();
            for id in ids {
                let detail = match bundle.readings(Subject::Concepts, ConceptId(id)).await {
                    Ok(detail) => detail,
                    Err(error) => {
                        answers.try_set(Some(Load::Failed(error)));
                        return;
                    }
                };
                if let Some(row) = bundle.row(id) {
                    found.extend(said(row, &detail, &library, &term).map(Arc::new));
                }
                // Whoever left the page asks no more.
                if done.try_update(|n| *n += 1).is_none() {
                    return;
                }
            }
            cellprism_core::order::sort_by(&mut found, |a, b| b.set.nes.total_cmp(&a.set.nes));
            answers.try_set(Some(Load::Ready(found)));
        });
    };
    let inside = move || match answers.get() {
        None => ().into_any(),
        Some(Load::Waiting) => view! {
            <p class="small muted" role="status">{format!("{} of {n} concepts …", done.get())}</p>
        }
        .into_any(),
        Some(Load::Failed(error)) => view! { <Failed what="A concept" error=error /> }.into_any(),
        Some(Load::Ready(found)) => table(&found, n, limit),
    };
    view! {
        <section class="section">
            <header>
                <h2>"In every concept"</h2>
                <p>"A bundle holds the first sets of both sides of each concept. Looking through them reads the file of every concept."</p>
            </header>
            <p><button class="btn" data-testid="ask-every" on:click=ask>{format!("Ask {n} concepts")}</button></p>
            {inside}
        </section>
    }
    .into_any()
}

fn said<'a>(
    row: &'a ConceptRow,
    detail: &'a ConceptDetail,
    library: &'a str,
    term: &'a str,
) -> impl Iterator<Item = Said> + 'a {
    let reading = match &detail.reading {
        Maybe::Value(reading) => Some(reading),
        Maybe::Missing { .. } => None,
    };
    Side::BOTH.into_iter().filter_map(move |side| {
        let found = reading?.side(side).enrichment.as_ref()?.value()?;
        let set = found.sets.iter().find(|set| set.library == library && set.term == term)?;
        let label = detail.labels.of(side).cloned();
        Some(Said { row: row.clone(), side, set: set.clone(), label, rankings: found.rankings })
    })
}

fn table(found: &[Arc<Said>], n: usize, limit: Option<f64>) -> AnyView {
    if found.is_empty() {
        return view! { <p class="notice">{format!("It is among the published sets of none of the {n} concepts.")}</p> }.into_any();
    }
    let row = |said: &Arc<Said>| {
        let id = said.row.id.0;
        let genes = said.set.leading_edge.join(", ");
        view! {
            <tr>
                <td><a class="mono idl" href=format!("#/concept/{id}")>{format!("C{id}")}</a></td>
                <td>{title::view(&said.row)}</td>
                <td>{if said.side == Side::Presence { "has" } else { "lacks" }}</td>
                <td class="n">{score(said.set.nes)}</td>
                <td>{certainty::of_set(&said.set, said.label.as_ref(), said.rankings, limit)}</td>
                <td class="gene small">{genes}</td>
            </tr>
        }
    };
    let caption = format!(
        "{} of {n} concepts hold it among their published sets ({} or {}). How certain: as on the concept’s own page.",
        found.iter().map(|said| said.row.id.0).collect::<std::collections::BTreeSet<_>>().len(),
        side_name(Side::Presence),
        side_name(Side::Absence)
    );
    view! {
        <figure class="fig">
            <div class="scroll" tabindex="0" role="region" aria-label="The set in every concept"><table data-testid="in-every">
                <thead><tr><th>"Concept"</th><th>"What it is"</th><th>"Its cells"</th><th class="n">"NES"</th><th>"How certain"</th><th>"Leading genes"</th></tr></thead>
                <tbody>{found.iter().map(row).collect_view()}</tbody>
            </table></div>
            <figcaption>{caption}</figcaption>
        </figure>
    }
    .into_any()
}
