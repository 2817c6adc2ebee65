//! One concept: its four readings, and what supports them.
//!
//! | file | part |
//! |---|---|
//! | `head` | title, summary, the four answers |
//! | `cells` | A: which cells activate it |
//! | `genes` | B: which genes drive it |
//! | `pathways` | C: which pathways those genes belong to |
//! | `label` | D: the reader's own name for it |
//! | `pairs` | a prototype and its counterfactual |
//! | `faithful` | deletion curves, differential expression |
//! | `recompute` | the same numbers, computed in the page |
//! | `steer` | the concept set to another value |
//! | `related` | concepts like it; where the numbers come from |

mod cells;
mod faithful;
mod genes;
mod head;
mod label;
mod pairs;
mod pathways;
mod recompute;
mod related;
mod steer;

use std::sync::Arc;

use cellprism_core::{bundle::ConceptRow, ids::ConceptId};
use leptos::{ev, prelude::*};

use crate::{
    browser,
    bundle::{self, Bundle, Concept},
    components::{
        gene_card::Descriptions,
        states::{Failed, Load, Loading},
    },
    route,
};

/// What every part of the page needs.
#[derive(Clone)]
struct Shown {
    bundle: Arc<Bundle>,
    row: Arc<ConceptRow>,
    concept: Arc<Concept>,
    descriptions: Descriptions,
}

impl Shown {
    fn id(&self) -> u32 {
        self.row.id.0
    }

    /// A file name for a download.
    fn file(&self, what: &str) -> String {
        format!("{}-C{}-{what}", self.bundle.manifest.name, self.id())
    }
}

/// The page. `id` is what stands in the address.
#[component]
pub fn ConceptPage(id: String) -> impl IntoView {
    let bundle = bundle::current();
    let number = id.trim_start_matches(['C', 'c']).parse::<u32>().ok();
    let Some(row) = number.and_then(|n| bundle.row(n).cloned()) else {
        let last = bundle.index.rows.len().saturating_sub(1);
        return view! {
            <h1>{format!("There is no concept {id:?}")}</h1>
            <p>{format!("This bundle has concepts 0 to {last}. ")}<a href="#/concepts">"All concepts"</a></p>
        }
        .into_any();
    };
    let row = Arc::new(row);
    let loaded = RwSignal::new(Load::<Arc<Concept>>::Waiting);
    let (fetched, which) = (bundle.clone(), row.id);
    leptos::task::spawn_local(async move {
        let found = fetched.concept(which).await;
        loaded.try_set(match found {
            Ok(concept) => Load::Ready(concept),
            Err(error) => Load::Failed(error),
        });
    });
    step_by_keys(&bundle, row.id);
    let body = {
        let (bundle, row) = (bundle.clone(), row.clone());
        move || match loaded.get() {
            Load::Waiting => view! { <Loading what="the concept" /> }.into_any(),
            Load::Failed(error) => {
                view! { <Failed what=format!("Concept {}", row.id.0) error=error /> }.into_any()
            }
            Load::Ready(concept) => {
                let genes = concept.top_genes.clone();
                let descriptions = Descriptions::fetch(&bundle, genes);
                parts(&Shown { bundle: bundle.clone(), row: row.clone(), concept, descriptions })
            }
        }
    };
    view! { {head::head(&bundle, &row)}{body} }.into_any()
}

fn parts(shown: &Shown) -> AnyView {
    if shown.concept.detail.cells == 0 {
        return view! {
            <section class="section"><p class="notice">"No cell of these data activates this concept: it is dead. There is nothing to attribute, and nothing is claimed about it."</p></section>
        }
        .into_any();
    }
    view! {
        {head::readings(shown)}
        {contents()}
        {cells::view(shown)}
        {genes::view(shown)}
        {pathways::view(shown)}
        {label::view(shown)}
        {pairs::view(shown)}
        {faithful::view(shown)}
        {recompute::view(shown)}
        {steer::view(shown)}
        {related::related(shown)}
        {related::provenance(shown)}
    }
    .into_any()
}

/// Links to the parts; they scroll, since the address already names the concept.
fn contents() -> AnyView {
    const PARTS: [(&str, &str); 10] = [
        ("cells", "Cells"),
        ("genes", "Genes"),
        ("pathways", "Pathways"),
        ("label", "Label"),
        ("pairs", "Pairs"),
        ("deletion", "Deletion"),
        ("recompute", "Recompute here"),
        ("steer", "Steer"),
        ("related", "Related"),
        ("provenance", "Provenance"),
    ];
    let links = PARTS
        .into_iter()
        .map(|(id, title)| view! { <button on:click=move |_| browser::scroll_to(id)>{title}</button> })
        .collect::<Vec<_>>();
    view! { <nav class="toc" aria-label="On this page" tabindex="0">{links}</nav> }.into_any()
}

/// `j` and `k` go to the next and the previous active concept.
fn step_by_keys(bundle: &Arc<Bundle>, id: ConceptId) {
    let (before, after) = head::neighbours(bundle, id);
    let handle = window_event_listener(ev::keydown, move |event| {
        let to = match event.key().as_str() {
            "j" => after,
            "k" => before,
            _ => None,
        };
        if let Some(to) = to.filter(|_| !browser::in_field() && !event.ctrl_key() && !event.meta_key()) {
            route::go(&format!("#/concept/{to}"));
        }
    });
    on_cleanup(move || handle.remove());
}
