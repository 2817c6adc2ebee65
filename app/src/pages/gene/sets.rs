//! The bundle's gene sets that hold a gene.

use std::sync::Arc;

use cellprism_core::{bundle::GeneSetFile, ids::GeneId};
use leptos::prelude::*;

use crate::{
    bundle::Bundle,
    client::FetchError,
    components::states::{Failed, Load, Loading},
    format::count,
    route::Route,
    term::{library_name, term_name},
};

/// Sets shown at first.
const SHOWN: usize = 24;

/// The section; nothing where the bundle has no sets.
pub fn view(bundle: &Arc<Bundle>, gene: usize, symbol: &str) -> AnyView {
    let libraries = bundle.libraries();
    if libraries.is_empty() {
        return ().into_any();
    }
    let found = RwSignal::new(Load::<Vec<Held>>::Waiting);
    let fetched = bundle.clone();
    leptos::task::spawn_local(async move {
        found.try_set(
            held(&fetched, libraries, GeneId::from(gene)).await.map_or_else(Load::Failed, Load::Ready),
        );
    });
    let all = RwSignal::new(false);
    let name = symbol.to_owned();
    let body = move || match found.get() {
        Load::Waiting => view! { <Loading what="gene sets" /> }.into_any(),
        Load::Failed(error) => view! { <Failed what="Gene sets" error=error /> }.into_any(),
        Load::Ready(sets) if sets.is_empty() => {
            view! { <p class="small muted">{format!("No set of the bundle’s libraries holds {name}.")}</p> }
                .into_any()
        }
        Load::Ready(sets) => list(&sets, all),
    };
    view! {
        <section class="section" id="sets">
            <header><h2>"Pathways with this gene"</h2><p>"Of the libraries that this bundle tests."</p></header>
            {body}
        </section>
    }
    .into_any()
}

/// A set that holds the gene.
#[derive(Clone, Debug, PartialEq)]
struct Held {
    library: String,
    term: String,
    genes: u32,
}

async fn held(bundle: &Bundle, libraries: Vec<String>, gene: GeneId) -> Result<Vec<Held>, FetchError> {
    let mut found = Vec::new();
    for library in libraries {
        found.extend(holding(bundle.gene_sets(&library).await?, gene));
    }
    Ok(found)
}

/// Sets with a gene, the smallest first: they say most.
fn holding(file: GeneSetFile, gene: GeneId) -> Vec<Held> {
    let sets = file.sets.into_iter().filter(|(_, genes)| genes.contains(&gene));
    let held = |(term, genes): (String, Vec<GeneId>)| Held {
        library: file.library.clone(),
        term,
        genes: genes.len() as u32,
    };
    let mut found: Vec<Held> = sets.map(held).collect();
    found.sort_by(|a, b| a.genes.cmp(&b.genes).then_with(|| a.term.cmp(&b.term)));
    found
}

fn list(sets: &[Held], all: RwSignal<bool>) -> AnyView {
    let n = sets.len();
    let line = |set: &Held| {
        let path = vec!["pathway".into(), set.library.clone(), set.term.clone()];
        let link = Route { path, ..Route::default() }.to_hash();
        let note = format!(" {}, {} of the model", library_name(&set.library), count(set.genes, "gene"));
        view! { <li><a href=link>{term_name(&set.term).0}</a><span class="micro faint">{note}</span></li> }
    };
    let shown = if all.get() { n } else { SHOWN };
    let lines = sets.iter().take(shown).map(line).collect_view();
    let more = (n > shown).then(|| {
        let text = format!("Show all {n}");
        view! { <p><button class="btn" on:click=move |_| all.set(true)>{text}</button></p> }
    });
    view! { <ul class="hits" data-testid="gene-sets">{lines}</ul>{more} }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_sets_with_the_gene_come_first() {
        let ids = |genes: &[u32]| genes.iter().copied().map(GeneId).collect::<Vec<_>>();
        let sets = vec![
            ("large".to_owned(), ids(&[1, 2, 3])),
            ("other".to_owned(), ids(&[4])),
            ("small".to_owned(), ids(&[2])),
        ];
        let file = GeneSetFile { library: "L".into(), source: String::new(), sets_in_source: 3, sets };
        let terms: Vec<String> = holding(file, GeneId(2)).into_iter().map(|set| set.term).collect();
        assert_eq!(terms, ["small", "large"]);
    }
}
