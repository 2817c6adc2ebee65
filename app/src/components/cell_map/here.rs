//! The concepts that are active in selected cells more often than in all cells.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use cellprism_core::ids::ConceptId;
use futures::StreamExt;
use leptos::prelude::*;

use super::{colouring::Amounts, tip::Lookup};
use crate::{
    browser,
    bundle::Bundle,
    client::FetchError,
    components::title,
    format::{percent, thousands, times},
};

/// Concepts shown.
const SHOWN: usize = 12;
/// Files that are fetched at the same time.
const AT_ONCE: usize = 6;
/// Selected cells in which a concept is active at least.
const LEAST: usize = 3;

/// One concept among the selected cells.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Here {
    concept: u32,
    /// Selected cells in which it is active.
    active: usize,
    /// Share of the selected cells.
    share: f64,
    /// Share of all cells of the bundle.
    of_all: f64,
}

impl Here {
    fn lift(&self) -> f64 {
        self.share / self.of_all.max(f64::MIN_POSITIVE)
    }
}

/// Activations of every active concept, whether of all cells.
type Known = (bool, BTreeMap<u32, Amounts>);

/// The list, made when it is asked for: the activations of every concept are fetched.
pub fn view(bundle: &Arc<Bundle>, lookup: Lookup, chosen: Memo<Arc<Vec<u32>>>) -> AnyView {
    let known = RwSignal::new(None::<Arc<Known>>);
    let progress = RwSignal::new(None::<(usize, usize)>);
    let failed = RwSignal::new(None::<FetchError>);
    let turn = RwSignal::new(0u32);
    let fetched = bundle.clone();
    let ask = move |_| {
        let (bundle, all) = (fetched.clone(), lookup.points.with_untracked(|points| points.are_all()));
        let own = turn.get_untracked().wrapping_add(1);
        turn.set(own);
        failed.set(None);
        leptos::task::spawn_local(async move {
            let ids: Vec<u32> = bundle.concepts.active().map(|row| row.id.0).collect();
            let n = ids.len();
            progress.try_set(Some((0, n)));
            let mut found = BTreeMap::new();
            let fetch = |id| {
                let bundle = bundle.clone();
                async move { (id, bundle.activations(ConceptId(id), all).await) }
            };
            let mut files = futures::stream::iter(ids).map(fetch).buffer_unordered(AT_ONCE);
            while let Some((id, answer)) = files.next().await {
                if turn.try_get_untracked() != Some(own) {
                    return;
                }
                match answer {
                    Ok(amounts) => drop(found.insert(id, amounts)),
                    Err(error) => {
                        failed.set(Some(error));
                        progress.set(None);
                        return;
                    }
                }
                progress.set(Some((found.len(), n)));
            }
            progress.set(None);
            known.set(Some(Arc::new((all, found))));
        });
    };
    let stop = move |_| {
        turn.update(|n| *n = n.wrapping_add(1));
        progress.set(None);
    };
    let of = bundle.clone();
    let body = move || {
        if let Some(error) = failed.get() {
            let what = format!("{}: {}", error.file, error.what);
            return view! { <p class="notice bad" role="alert">{format!("Activations could not be loaded: {what}")}</p> }.into_any();
        }
        if let Some((done, n)) = progress.get() {
            return view! {
                <p class="row small" role="status">{format!("Loading activations: {done} of {n} concepts")}
                    <button class="btn" on:click=stop>"Stop"</button></p>
            }
            .into_any();
        }
        let all = lookup.points.with(|points| points.are_all());
        match known.get().filter(|known| known.0 == all) {
            Some(known) => list(&of, lookup, &known.1, &chosen.get()),
            None => view! { <p><button class="btn" data-testid="concepts-here" on:click=ask.clone()>"Concepts active here"</button></p> }.into_any(),
        }
    };
    view! { <div class="here">{body}</div> }.into_any()
}

/// Concepts by how many times their share of all cells they have here.
fn rank(rows: &BTreeSet<u32>, known: &BTreeMap<u32, Amounts>, shares: impl Fn(u32) -> f64) -> Vec<Here> {
    let n = rows.len().max(1) as f64;
    let of = |(&concept, amounts): (&u32, &Amounts)| {
        let active = amounts.iter().filter(|(row, _)| rows.contains(row)).count();
        Here { concept, active, share: active as f64 / n, of_all: shares(concept) }
    };
    let mut found: Vec<Here> = known.iter().map(of).filter(|here| here.active >= LEAST).collect();
    cellprism_core::order::sort_by(&mut found, |a, b| {
        b.lift().total_cmp(&a.lift()).then(a.concept.cmp(&b.concept))
    });
    found
}

fn list(bundle: &Arc<Bundle>, lookup: Lookup, known: &BTreeMap<u32, Amounts>, chosen: &[u32]) -> AnyView {
    let rows: BTreeSet<u32> =
        lookup.points.with(|points| chosen.iter().map(|&cell| points.row(cell)).collect());
    let cells = f64::from(bundle.cells.cells.max(1));
    let of_all = |id: u32| bundle.row(id).map_or(0.0, |row| f64::from(row.cells) / cells);
    let found = rank(&rows, known, of_all);
    if found.is_empty() {
        let why = format!("No concept is active in {LEAST} of the selected cells.");
        return view! { <p class="small muted">{why}</p> }.into_any();
    }
    let line = |here: &Here| {
        let id = here.concept;
        view! {
            <tr>
                <td><a class="mono" href=format!("#/concept/{id}")>{format!("C{id}")}</a></td>
                <td class="small">{bundle.row(id).map(title::view)}</td>
                <td class="n">{thousands(here.active as u64)}</td><td class="n">{percent(here.share)}</td>
                <td class="n">{percent(here.of_all)}</td><td class="n">{times(here.lift())}</td>
            </tr>
        }
    };
    let lines = found.iter().take(SHOWN).map(line).collect_view();
    let table: Vec<Vec<String>> = found
        .iter()
        .map(|here| {
            let numbers = [here.share, here.of_all, here.lift()].map(|v| v.to_string());
            [vec![here.concept.to_string(), here.active.to_string()], numbers.to_vec()].concat()
        })
        .collect();
    let csv = move |_| {
        let header = ["concept", "active_selected_cells", "share_here", "share_of_all", "lift"];
        browser::download_csv("concepts-here.csv", &header, table.clone());
    };
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label="Concepts active here">
            <table class="tight" data-testid="here">
                <thead><tr>
                    <th>"Concept"</th><th></th><th class="n">"Active here"</th><th class="n">"Share here"</th>
                    <th class="n">"Share of all"</th><th class="n">"Lift"</th>
                </tr></thead>
                <tbody>{lines}</tbody>
            </table>
        </div>
        <p class="caption">"Lift: share of the selected cells in which it is active, over its share of all cells. "
            <span class="tools"><button on:click=csv>"CSV"</button></span></p>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn concepts_are_ranked_by_how_much_more_often_they_are_active_here() {
        let rows: BTreeSet<u32> = (0..10).collect();
        let active = |rows: std::ops::Range<u32>| Arc::new(rows.map(|row| (row, 1.0)).collect::<Vec<_>>());
        let known = BTreeMap::from([(0, active(0..100)), (1, active(5..15)), (2, active(8..10))]);
        let found = rank(&rows, &known, |id| [1.0, 0.1, 0.02][id as usize]);
        // The third is active in two of the selected cells only.
        assert_eq!(found.iter().map(|h| (h.concept, h.active)).collect::<Vec<_>>(), [(1, 5), (0, 10)]);
        assert_eq!(found.iter().map(Here::lift).collect::<Vec<_>>(), [5.0, 1.0]);
    }
}
