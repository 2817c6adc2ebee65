//! Title, search, filters and the map of the dictionary.

use leptos::prelude::*;

use super::{Shown, filter};
use crate::{
    bundle::{Bundle, Subject},
    components::dictionary_map,
    format::thousands,
    route,
};

/// Everything above the table.
pub fn view(shown: &Shown) -> AnyView {
    let route = route::current();
    let query = Memo::new(move |_| route.with(|r| r.get("q").to_owned()));
    let (listing, kind) = (&shown.listing, shown.bundle.kind());
    let subject = listing.subject;
    let what = format!(
        "{} of {} {}s respond to at least one cell. Find them by what they are: a {kind}, a gene, a pathway, a label of your own.",
        thousands(listing.active().count() as u64),
        thousands(listing.index.rows.len() as u64),
        subject.one()
    );
    let active: Vec<u32> = listing.active().map(|row| row.id.0).collect();
    let random = move |_| {
        if let Some(&id) = active.get((js_sys::Math::random() * active.len() as f64) as usize) {
            route::go(&subject.link(id));
        }
    };
    let typed = move |e| route::set(route, "q", &event_target_value(&e));
    let verdict = (!listing.index.verdict.is_empty())
        .then(|| view! { <p class="caption" data-testid="verdict">{listing.index.verdict.clone()}</p> });
    view! {
        <div class="grid lhead">
            <div class="c7 stack-l">
                <div>
                    {subjects(&shown.bundle, subject)}
                    <h1>{subject.title()}</h1>
                    <p class="lead" style="margin-top:var(--s3)">{what}</p>
                </div>
                <div class="bigfind">
                    <label class="vh" for="q">{format!("Search {}s", subject.one())}</label>
                    <input id="q" class="input" type="search" placeholder=example(shown) autocomplete="off"
                        prop:value=move || query.get() on:input=typed />
                    <button class="btn" on:click=random>"Random"</button>
                </div>
                {filters(shown)}
                {verdict}
            </div>
            {(subject == Subject::Concepts).then(|| dictionary_map::view(&shown.bundle, shown.found))}
        </div>
    }
    .into_any()
}

/// Concepts or neurons, where the bundle has both.
fn subjects(bundle: &Bundle, now: Subject) -> Option<AnyView> {
    let link = |of: Subject| {
        view! { <a href=of.list() aria-current=(of == now).then_some("page")>{of.title()}</a> }
    };
    bundle.manifest.parameters.neurons.then(|| {
        let both = [Subject::Concepts, Subject::Neurons].map(link).collect_view();
        view! { <nav class="eyebrow subjects" aria-label="Concepts or neurons">{both}</nav> }.into_any()
    })
}

/// Words that the search finds here.
fn example(shown: &Shown) -> String {
    let row = shown.listing.active().max_by_key(|row| (row.survives, row.title_parts.has.len(), row.cells));
    let gene = row.and_then(|row| row.title_parts.has.first().or(row.genes.first().map(|g| &g.gene)));
    let id = row.map_or(0, |row| row.id.0);
    format!("Try {}, immune response, {}", gene.map_or("CD74", String::as_str), shown.listing.name(id))
}

fn filters(shown: &Shown) -> AnyView {
    let route = route::current();
    let now = Memo::new(move |_| route.with(|r| r.get("show").to_owned()));
    let least = shown.bundle.manifest.parameters.specificity.min_cells;
    let read = shown.read;
    let chip = {
        let listing = shown.listing.clone();
        move |(name, title): (&'static str, &'static str)| {
            let n = listing.index.rows.iter().filter(|row| filter::passes(row, name, read)).count();
            let title = if name.is_empty() { format!("At least {least} cells") } else { title.to_owned() };
            let pressed = move || (now.get() == name).to_string();
            let choose = move |_| route::set(route, "show", name);
            view! { <button class="chip" aria-pressed=pressed on:click=choose>{title}" "<b>{thousands(n as u64)}</b></button> }
        }
    };
    let usual =
        filter::READ.into_iter().filter(|f| read || f.0 != "survives").map(chip.clone()).collect_view();
    let paper = shown.paper;
    let more = move || paper.get().then(|| filter::PAPER.map(chip.clone()).collect_view());
    view! { <div class="row filters" role="group" aria-label="Filters">{usual}{more}</div> }.into_any()
}
