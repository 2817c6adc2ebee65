//! The list of concepts, or of neurons: find them by what they are.
//!
//! | file | idea |
//! |---|---|
//! | `head` | title, search, filters, map |
//! | `filter` | which rows a filter and a search keep |
//! | `sort` | their order |
//! | `row` | one row of the table |
//! | `csv` | the table as a file |
//! | `keys` | `j`, `k` and Enter |

mod csv;
mod filter;
mod head;
mod keys;
pub mod row;
mod sort;

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    bundle::{self, Bundle, Listing, Subject},
    components::{
        copy,
        states::{Failed, Load, Loading},
    },
    format::thousands,
    route,
};

use sort::{Key, Sort};

/// Rows shown before "show more".
const FIRST: usize = 40;

/// What every part of the page needs.
#[derive(Clone)]
pub struct Shown {
    bundle: Arc<Bundle>,
    listing: Arc<Listing>,
    /// Whether there are readings beyond the paper's.
    read: bool,
    /// Rows that the filter and the search keep, in order.
    found: Memo<Vec<usize>>,
    /// Whether the paper's column is shown.
    paper: Memo<bool>,
}

/// The page.
#[component]
pub fn ListPage(subject: Subject) -> impl IntoView {
    let bundle = bundle::current();
    let loaded = RwSignal::new(Load::<Arc<Listing>>::Waiting);
    let fetched = bundle.clone();
    if let Some(known) = bundle.known_listing(subject) {
        loaded.set(Load::Ready(known));
    } else {
        leptos::task::spawn_local(async move {
            loaded.try_set(match fetched.listing(subject).await {
                Ok(listing) => Load::Ready(listing),
                Err(error) => Load::Failed(error),
            });
        });
    }
    move || match loaded.get() {
        Load::Waiting => view! { <h1>{subject.title()}</h1><Loading what="the list" /> }.into_any(),
        Load::Failed(error) => {
            view! { <h1>{subject.title()}</h1><Failed what="The list" error=error /> }.into_any()
        }
        Load::Ready(listing) => whole(&bundle, &listing),
    }
}

fn whole(bundle: &Arc<Bundle>, listing: &Arc<Listing>) -> AnyView {
    let route = route::current();
    let texts: Vec<String> =
        listing.index.rows.iter().map(|row| filter::searched(bundle, listing, row)).collect();
    let state = move |key: &'static str| Memo::new(move |_| route.with(|r| r.get(key).to_owned()));
    let (query, show, sorted) = (state("q"), state("show"), state("sort"));
    let read = listing.is_read();
    let known = listing.clone();
    let found = Memo::new(move |_| {
        let (query, show, sort) = (query.get().trim().to_lowercase(), show.get(), Sort::of(&sorted.get()));
        let fits = |i: &usize| query.split_whitespace().all(|word| filter::word_found(&texts[*i], word));
        let rows = &known.index.rows;
        let mut found: Vec<usize> =
            (0..rows.len()).filter(|&i| filter::passes(&rows[i], &show, read)).filter(fits).collect();
        cellprism_core::order::sort_by(&mut found, |&a, &b| sort.order(&rows[a], &rows[b]));
        found
    });
    keys::listen();
    let paper = Memo::new(move |_| !read || route.with(|r| r.get("paper") == "1"));
    let shown = Shown { bundle: bundle.clone(), listing: listing.clone(), read, found, paper };
    view! {
        {head::view(&shown)}
        <section class="section" style="margin-top:var(--s5)">{tools(&shown)}{table(&shown)}</section>
    }
    .into_any()
}

/// How many there are, and what can be done with them.
fn tools(shown: &Shown) -> AnyView {
    let (route, found, paper) = (route::current(), shown.found, shown.paper);
    let one = shown.listing.subject.one();
    let counted = move || {
        let n = found.get().len();
        format!("{} {one}{}", thousands(n as u64), if n == 1 { "" } else { "s" })
    };
    let csv_of = shown.clone();
    let toggle = move |_| route::set(route, "paper", if paper.get_untracked() { "" } else { "1" });
    let fold = shown.read.then(|| {
        view! {
            <button class="btn quiet" aria-pressed=move || paper.get().to_string() on:click=toggle>
                {move || if paper.get() { "Without the paper’s column" } else { "As in the paper" }}
            </button>
        }
    });
    view! {
        <div class="row between" style="margin-bottom:var(--s2)">
            <p class="small" aria-live="polite"><b data-testid="count">{counted}</b></p>
            <div class="row">
                <span class="small faint wide-only"><kbd>"j"</kbd>" "<kbd>"k"</kbd>" move  "<kbd>"Enter"</kbd>" open"</span>
                {fold}
                <span class="tools">
                    {copy::link("")}
                    <button on:click=move |_| csv::download(&csv_of)>"CSV"</button>
                </span>
            </div>
        </div>
    }
    .into_any()
}

fn table(shown: &Shown) -> AnyView {
    let route = route::current();
    // In the address, so that Back finds as many rows as there were.
    let limit = Memo::new(move |_| route.with(|r| r.get("rows").parse().unwrap_or(FIRST)).max(FIRST));
    let (found, paper, read) = (shown.found, shown.paper, shown.read);
    let rows_of = shown.clone();
    let rows = move || {
        let paper = paper.get();
        let rows = &rows_of.listing.index.rows;
        found
            .get()
            .into_iter()
            .take(limit.get())
            .map(|i| row::view(&rows_of, &rows[i], paper))
            .collect::<Vec<_>>()
    };
    let more = move || {
        let left = found.get().len().saturating_sub(limit.get());
        (left > 0).then(|| {
            let text = format!("Show {} more", left.min(200));
            view! { <p class="center-row"><button class="btn" on:click=move |_| route::set(route, "rows", &(limit.get_untracked() + 200).to_string())>{text}</button></p> }
        })
    };
    let none = "None fits. Try another filter, for instance “All”, or a shorter search.";
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label=shown.listing.subject.title()>
            <table class="clist"><thead><tr>
                {sort::header(Key::Id, "Id", "")}
                <th>"Activation"</th>
                {sort::header(Key::Cells, "Cells", "n")}
                {sort::header(Key::Kind, if read { "What it is" } else { "Its cells" }, "")}
                {read.then(|| view! { <th>"Commonest"</th> })}
                {read.then(|| sort::header(Key::Certainty, "Nearest pathway, and how certain", ""))}
                {move || paper.get().then(|| sort::header(Key::Paper, "As in the paper", ""))}
                <th>"Your label"</th>
            </tr></thead><tbody>{rows}</tbody></table>
        </div>
        {move || found.get().is_empty().then(|| view! { <p class="notice">{none}</p> })}
        {more}
    }
    .into_any()
}
