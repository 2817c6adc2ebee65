//! Everything that a query finds, kind by kind.

use leptos::prelude::*;

use crate::{
    bundle,
    components::states::Failed,
    format::thousands,
    route,
    search::{Found, Hit, Kind, State, Words, find},
};

/// Shown of each kind.
const MOST: usize = 60;

/// The page.
#[component]
pub fn Search() -> impl IntoView {
    let words = expect_context::<Words>();
    let bundle = bundle::current();
    words.fetch(&bundle);
    let route = route::current();
    let query = Memo::new(move |_| route.with(|r| r.get("q").trim().to_owned()));
    let found = Memo::new(move |_| find(words, &query.get(), MOST));
    let said = move || {
        let n: usize = found.with(|found| found.iter().map(|f| f.total).sum());
        let query = query.get();
        match (n, words.state.get()) {
            (_, _) if query.is_empty() => {
                "Write what you look for: a gene, a cell type, a pathway, a number.".to_owned()
            }
            (0, State::Waiting | State::Idle) => {
                format!("Nothing yet for “{query}”; aliases and gene sets are still being looked at.")
            }
            (0, _) => format!(
                "Nothing in this bundle is called “{query}”: no concept, gene, alias, identifier, label or tested gene set."
            ),
            (1, _) => format!("One thing is called “{query}” here."),
            (n, _) => format!("{} things are called “{query}” here.", thousands(n as u64)),
        }
    };
    let state = move || match words.state.get() {
        State::Failed(error) => view! { <Failed what="Aliases and gene sets" error=error /> }.into_any(),
        State::Waiting => {
            view! { <p class="small muted" role="status">"Looking at aliases and gene sets …"</p> }.into_any()
        }
        State::Ready(Some(left_out)) => {
            view! { <p class="small muted">{format!("In a bundle of this size {left_out}.")}</p> }.into_any()
        }
        State::Ready(None) | State::Idle => ().into_any(),
    };
    let typed = move |event| route::set(route, "q", &event_target_value(&event));
    view! {
        <h1>"Search"</h1>
        <p class="lead" role="status" data-testid="found">{said}</p>
        <label class="field" style="max-width:520px;margin-top:var(--s5)">
            <span>"Gene, alias, Ensembl identifier, cell type, label, pathway, concept"</span>
            <input type="search" prop:value=move || query.get() on:input=typed />
        </label>
        {state}
        {move || found.get().iter().map(kind).collect_view()}
    }
}

fn kind(found: &Found) -> AnyView {
    let more = found.total - found.hits.len();
    let rest = (more > 0).then(|| {
        let text = format!("and {} more: say more of the name to see them", thousands(more as u64));
        view! { <p class="small faint">{text}</p> }
    });
    let id = format!("found-{:?}", found.kind).to_lowercase();
    let all = (found.kind == Kind::Concept).then(|| {
        let route = route::current();
        let link = move || crate::search::list_of(route.with(|r| r.get("q").to_owned()).as_str());
        view! { <p class="small"><a href=link>"The same in the list of concepts"</a></p> }
    });
    view! {
        <section class="section" id=id>
            <header><h2>{found.kind.title()}" "<span class="faint">{thousands(found.total as u64)}</span></h2>{all}</header>
            <ul class="hits">{found.hits.iter().map(hit).collect_view()}</ul>{rest}
        </section>
    }
    .into_any()
}

fn hit(hit: &Hit) -> AnyView {
    view! { <li><a href=hit.link.clone()>{hit.text.clone()}</a>" "<span class="small faint">{hit.note.clone()}</span></li> }
        .into_any()
}
