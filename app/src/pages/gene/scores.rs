//! What every concept says of a gene: its files are fetched when they are asked for.

use std::sync::Arc;

use futures::StreamExt;
use leptos::prelude::*;

use crate::{
    browser,
    bundle::{Bundle, Concept, Subject},
    client::FetchError,
    components::title,
    format::score,
};

/// Concepts shown.
const SHOWN: usize = 25;
/// Files that are fetched at the same time.
const AT_ONCE: usize = 6;

/// A concept's numbers of one gene; none where the bundle has none.
#[derive(Clone, Debug, PartialEq)]
struct Row {
    concept: u32,
    paper: Option<f32>,
    presence: Option<f32>,
    absence: Option<f32>,
    carried: [Option<u32>; 2],
}

impl Row {
    fn of(concept: &Concept, gene: usize) -> Self {
        Self {
            concept: concept.detail.id.0,
            paper: concept.scores.get(gene).copied(),
            presence: concept.presence.scores.get(gene).copied(),
            absence: concept.absence.scores.get(gene).copied(),
            carried: [&concept.presence, &concept.absence].map(|side| side.carried_by.get(gene).copied()),
        }
    }

    /// The largest of its scores, by which the list is sorted.
    fn largest(&self) -> f32 {
        [self.paper, self.presence, self.absence].into_iter().flatten().map(f32::abs).fold(0.0, f32::max)
    }
}

/// The button, then the table.
pub fn view(bundle: &Arc<Bundle>, gene: usize, symbol: &str) -> AnyView {
    let progress = RwSignal::new(None::<(usize, usize)>);
    let found = RwSignal::new(None::<Result<(Vec<Row>, bool), FetchError>>);
    let turn = RwSignal::new(0u32);
    let fetched = bundle.clone();
    let ask = move |_| {
        let bundle = fetched.clone();
        let own = turn.get_untracked().wrapping_add(1);
        turn.set(own);
        found.set(None);
        let ids: Vec<_> = bundle.concepts.active().map(|row| row.id).collect();
        progress.set(Some((0, ids.len())));
        leptos::task::spawn_local(async move {
            let n = ids.len();
            let fetch = |id| {
                let bundle = bundle.clone();
                async move { bundle.concept(Subject::Concepts, id).await }
            };
            let mut files = futures::stream::iter(ids).map(fetch).buffer_unordered(AT_ONCE);
            let (mut rows, mut exact) = (Vec::new(), true);
            while let Some(answer) = files.next().await {
                if turn.try_get_untracked() != Some(own) {
                    return;
                }
                match answer {
                    Ok(concept) => {
                        exact &= concept.exact;
                        rows.push(Row::of(&concept, gene));
                    }
                    Err(error) => {
                        progress.set(None);
                        return found.set(Some(Err(error)));
                    }
                }
                progress.set(Some((rows.len(), n)));
            }
            rows.sort_by(|a, b| b.largest().total_cmp(&a.largest()).then(a.concept.cmp(&b.concept)));
            progress.set(None);
            found.set(Some(Ok((rows, exact))));
        });
    };
    let stop = move |_| {
        turn.update(|n| *n = n.wrapping_add(1));
        progress.set(None);
    };
    let (of, symbol) = (bundle.clone(), symbol.to_owned());
    let body = move || {
        if let Some((done, n)) = progress.get() {
            return view! {
                <p class="row small" role="status">{format!("Loading scores: {done} of {n} concepts")}<button class="btn" on:click=stop>"Stop"</button></p>
            }
            .into_any();
        }
        match found.get() {
            None => view! { <p><button class="btn" data-testid="every-score" on:click=ask.clone()>"Its score in every concept"</button></p> }.into_any(),
            Some(Err(error)) => {
                let what = format!("Scores could not be loaded: {}: {}", error.file, error.what);
                view! { <p class="notice bad" role="alert">{what}</p> }.into_any()
            }
            Some(Ok((rows, exact))) => table(&of, &symbol, &rows, exact),
        }
    };
    view! { <div class="after">{body}</div> }.into_any()
}

fn table(bundle: &Bundle, symbol: &str, rows: &[Row], exact: bool) -> AnyView {
    let number = |value: Option<f32>| value.map_or_else(|| "–".to_owned(), |v| score(f64::from(v)));
    let carried = |row: &Row| row.carried.map(|n| n.map_or_else(|| "–".to_owned(), |n| n.to_string()));
    let line = |row: &Row| {
        let [has, lacks] = carried(row);
        view! {
            <tr>
                <td><a class="mono idl" href=format!("#/concept/{}", row.concept)>{format!("C{}", row.concept)}</a></td>
                <td class="n">{number(row.presence)}</td><td class="n">{has}</td>
                <td class="n">{number(row.absence)}</td><td class="n">{lacks}</td>
                <td class="n">{number(row.paper)}</td><td>{bundle.row(row.concept).map(title::view)}</td>
            </tr>
        }
    };
    let lines = rows.iter().take(SHOWN).map(line).collect_view();
    let text = |value: Option<f32>| value.map_or_else(String::new, |v| v.to_string());
    let csv_rows: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let [has, lacks] = row.carried.map(|n| n.map_or_else(String::new, |n| n.to_string()));
            vec![row.concept.to_string(), text(row.presence), has, text(row.absence), lacks, text(row.paper)]
        })
        .collect();
    let file = format!("{symbol}-concepts.csv");
    let csv = move |_| {
        let header = [
            "concept",
            "presence",
            "carried_by_presence",
            "absence",
            "carried_by_absence",
            "as_in_the_paper",
        ];
        browser::download_csv(&file, &header, csv_rows.clone());
    };
    let rounded = (!exact).then_some(" Rounded, as on the first view of a concept’s page.");
    let note = format!("The {} largest of {} concepts.", rows.len().min(SHOWN), rows.len());
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label="Scores in every concept"><table data-testid="scores">
            <thead><tr>
                <th>"Concept"</th><th class="n">"Presence"</th><th class="n">"Carried by"</th><th class="n">"Absence"</th>
                <th class="n">"Carried by"</th><th class="n">"As in the paper"</th><th>"What it is"</th>
            </tr></thead>
            <tbody>{lines}</tbody>
        </table></div>
        <p class="caption">{note}{rounded}" "<span class="tools"><button on:click=csv>"CSV of all"</button></span></p>
    }
    .into_any()
}
