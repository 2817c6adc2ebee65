//! Of one gene: the gene sets that hold it, and on request its score in every concept.

use std::sync::Arc;

use cellprism_core::{bundle::Side, ids::ConceptId};
use leptos::prelude::*;

use crate::{
    browser,
    bundle::{Bundle, Subject},
    components::{
        states::{Failed, Load, Loading},
        title,
    },
    format::{score, thousands},
    route::Route,
    term::{library_name, term_name},
};

/// Sets listed.
const MOST: usize = 40;

/// Gene sets of the bundle with the gene at `place`.
pub fn sets(bundle: &Arc<Bundle>, place: usize) -> AnyView {
    let found = RwSignal::new(Load::<Vec<(String, String, usize)>>::Waiting);
    let fetched = bundle.clone();
    leptos::task::spawn_local(async move {
        let mut all = Vec::new();
        for library in fetched.libraries() {
            match fetched.gene_sets(&library).await {
                Ok(sets) => {
                    let holds = sets
                        .sets
                        .into_iter()
                        .filter(|(_, genes)| genes.iter().any(|gene| gene.index() == place));
                    all.extend(holds.map(|(term, genes)| (library.clone(), term, genes.len())));
                }
                Err(error) => {
                    found.try_set(Load::Failed(error));
                    return;
                }
            }
        }
        // Small sets say more.
        cellprism_core::order::sort_by_key(&mut all, |set| set.2);
        found.try_set(Load::Ready(all));
    });
    let inside = move || {
        match found.get() {
        Load::Waiting => view! { <Loading what="the gene sets" /> }.into_any(),
        Load::Failed(error) => view! { <Failed what="The gene sets" error=error /> }.into_any(),
        Load::Ready(sets) if sets.is_empty() => {
            view! { <p class="notice">"No gene set of this bundle holds it: no pathway can be named by it."</p> }.into_any()
        }
        Load::Ready(sets) => {
            let more = sets.len().saturating_sub(MOST);
            let item = |(library, term, genes): &(String, String, usize)| {
                let path = vec!["pathway".into(), library.clone(), term.clone()];
                let href = Route { path, ..Route::default() }.to_hash();
                let note = format!("{}, {} genes", library_name(library), thousands(*genes as u64));
                view! { <li><a href=href>{term_name(term).0}</a>" "<span class="small faint">{note}</span></li> }
            };
            view! {
                <ul class="hits" data-testid="sets-of">{sets.iter().take(MOST).map(item).collect_view()}</ul>
                {(more > 0).then(|| view! { <p class="small faint">{format!("and {} larger ones", thousands(more as u64))}</p> })}
            }
            .into_any()
        }
    }
    };
    view! {
        <section class="section" id="sets">
            <header><h2>"Gene sets that hold it"</h2><p>"Of the libraries of this bundle, the smallest first."</p></header>{inside}
        </section>
    }
    .into_any()
}

/// A gene's numbers in a concept.
struct Line {
    id: u32,
    /// Presence, absence; none where the bundle has the paper's readings only.
    sides: [Option<f32>; 2],
    carried: [Option<u32>; 2],
    paper: Option<f32>,
}

/// Its score in every concept.
pub fn scores(bundle: &Arc<Bundle>, place: usize, symbol: &str) -> AnyView {
    let answers = RwSignal::new(None::<Load<Arc<Vec<Line>>>>);
    let done = RwSignal::new(0usize);
    let ids: Vec<u32> =
        bundle.concepts.active().filter(|row| !row.not_described).map(|row| row.id.0).collect();
    let n = ids.len();
    let fetched = bundle.clone();
    let ask = move |_| {
        answers.set(Some(Load::Waiting));
        done.set(0);
        let (bundle, ids) = (fetched.clone(), ids.clone());
        leptos::task::spawn_local(async move {
            let mut lines = Vec::new();
            for id in ids {
                let concept = match bundle.exact_concept(Subject::Concepts, ConceptId(id)).await {
                    Ok(concept) => concept,
                    Err(error) => {
                        answers.try_set(Some(Load::Failed(error)));
                        return;
                    }
                };
                let sides = Side::BOTH.map(|side| concept.side(side));
                lines.push(Line {
                    id,
                    sides: sides.map(|side| side.scores.get(place).copied()),
                    carried: sides.map(|side| side.carried_by.get(place).copied()),
                    paper: concept.scores.get(place).copied(),
                });
                // Whoever left the page asks no more.
                if done.try_update(|n| *n += 1).is_none() {
                    return;
                }
            }
            let largest =
                |line: &Line| line.sides.iter().flatten().copied().fold(line.paper.unwrap_or(0.0), f32::max);
            cellprism_core::order::sort_by(&mut lines, |a, b| {
                largest(b).total_cmp(&largest(a)).then(a.id.cmp(&b.id))
            });
            answers.try_set(Some(Load::Ready(Arc::new(lines))));
        });
    };
    let (shown, name) = (bundle.clone(), symbol.to_owned());
    let inside = move || match answers.get() {
        None => ().into_any(),
        Some(Load::Waiting) => {
            view! { <p class="small muted" role="status">{format!("{} of {n} concepts …", done.get())}</p> }
                .into_any()
        }
        Some(Load::Failed(error)) => view! { <Failed what="A concept" error=error /> }.into_any(),
        Some(Load::Ready(lines)) => table(&shown, &name, &lines),
    };
    view! {
        <section class="section" id="every">
            <header>
                <h2>"Its score in every concept"</h2>
                <p>"Presence: how far the activation falls when a strong cell, which has more of it, is given another cell’s count. Absence: the same for cells that have less. Reads the file of every concept."</p>
            </header>
            <p><button class="btn" data-testid="every-score" on:click=ask>{format!("Ask {n} concepts")}</button></p>
            {inside}
        </section>
    }
    .into_any()
}

fn table(bundle: &Arc<Bundle>, symbol: &str, lines: &Arc<Vec<Line>>) -> AnyView {
    let number = |value: Option<f32>| value.map_or_else(|| "–".to_owned(), |value| score(f64::from(value)));
    let row = |line: &Line| {
        let id = line.id;
        let carried = line.carried[0].map_or_else(|| "–".to_owned(), |n| n.to_string());
        view! {
            <tr>
                <td><a class="mono idl" href=format!("#/concept/{id}")>{format!("C{id}")}</a></td>
                <td>{bundle.row(id).map(title::view)}</td>
                <td class="n">{number(line.sides[0])}</td><td class="n">{number(line.sides[1])}</td>
                <td class="n">{carried}</td><td class="n">{number(line.paper)}</td>
            </tr>
        }
    };
    let (saved, file) = (lines.clone(), format!("{}-{symbol}-scores.csv", bundle.manifest.name));
    let csv = move |_| {
        let text = |value: Option<f32>| value.map(|value| value.to_string()).unwrap_or_default();
        let count = |value: Option<u32>| value.map(|value| value.to_string()).unwrap_or_default();
        let rows = saved.iter().map(|line| {
            vec![
                line.id.to_string(),
                text(line.sides[0]),
                text(line.sides[1]),
                count(line.carried[0]),
                count(line.carried[1]),
                text(line.paper),
            ]
        });
        let header = [
            "concept",
            "scores_presence",
            "scores_absence",
            "carried_by_presence",
            "carried_by_absence",
            "scores",
        ];
        browser::download_csv(&file, &header, rows);
    };
    view! {
        <figure class="fig">
            <div class="row" style="justify-content:flex-end"><span class="tools"><button on:click=csv>"CSV"</button></span></div>
            <div class="scroll" tabindex="0" role="region" aria-label="Scores in every concept"><table data-testid="scores-of">
                <thead><tr><th>"Concept"</th><th>"What it is"</th><th class="n">"Presence"</th><th class="n">"Absence"</th><th class="n">"Carried by"</th><th class="n">"As in the paper"</th></tr></thead>
                <tbody>{lines.iter().map(row).collect_view()}</tbody>
            </table></div>
        </figure>
    }
    .into_any()
}
