//! What is known of a gene, beside the list that it is in.

use std::{collections::BTreeMap, sync::Arc};

use cellprism_core::bundle::GeneDescription;
use leptos::prelude::*;

use super::states::Load;
use crate::{browser, bundle::Bundle, client::FetchError};

/// Descriptions by symbol, arriving file by file.
#[derive(Clone, Copy, Debug)]
pub struct Descriptions {
    known: RwSignal<BTreeMap<String, GeneDescription>>,
    waiting: RwSignal<usize>,
    failed: RwSignal<Option<FetchError>>,
}

impl Descriptions {
    /// Fetches the files that hold these genes.
    pub fn fetch(bundle: &Arc<Bundle>, genes: impl IntoIterator<Item = u32>) -> Self {
        let chunk = bundle.genes.descriptions_chunk.max(1);
        let mut files: Vec<u32> = genes.into_iter().map(|gene| gene / chunk).collect();
        files.sort_unstable();
        files.dedup();
        let here = Self {
            known: RwSignal::new(BTreeMap::new()),
            waiting: RwSignal::new(files.len()),
            failed: RwSignal::new(None),
        };
        for file in files {
            let bundle = bundle.clone();
            leptos::task::spawn_local(async move {
                match bundle.descriptions(file * chunk).await {
                    Ok(found) => {
                        here.known.try_update(|known| {
                            known.extend(found.iter().map(|(k, v)| (k.clone(), v.clone())));
                        });
                    }
                    Err(error) => {
                        here.failed.try_set(Some(error));
                    }
                }
                here.waiting.try_update(|n| *n = n.saturating_sub(1));
            });
        }
        here
    }

    /// A gene's description, or where it is.
    pub fn of(self, symbol: &str) -> Load<Option<GeneDescription>> {
        if let Some(found) = self.known.with(|known| known.get(symbol).cloned()) {
            return Load::Ready(Some(found));
        }
        match self.failed.get() {
            Some(error) => Load::Failed(error),
            None if self.waiting.get() > 0 => Load::Waiting,
            None => Load::Ready(None),
        }
    }

    /// A gene's full name, for a cell of a table.
    pub fn name(self, symbol: String) -> impl Fn() -> String + Clone {
        move || match self.of(&symbol) {
            Load::Ready(Some(found)) => found.name,
            Load::Ready(None) => "–".into(),
            Load::Waiting => "…".into(),
            Load::Failed(_) => "could not be loaded".into(),
        }
    }
}

/// The button that closes a card where it is a sheet: on a phone.
pub fn close(close: impl Fn() + 'static) -> AnyView {
    if !browser::is_narrow() {
        return ().into_any();
    }
    view! { <button class="sheetclose" aria-label="Close the description" on:click=move |_| close()>"×"</button> }.into_any()
}

/// The card: name, kind, place, aliases, the facts given, links out.
pub fn card(
    bundle: &Bundle,
    descriptions: Descriptions,
    symbol: &str,
    facts: Vec<(String, String)>,
) -> AnyView {
    let place = bundle.genes.symbols.iter().position(|s| s == symbol);
    let ensembl = place.and_then(|i| bundle.genes.ensembl.get(i)).filter(|e| !e.is_empty()).cloned();
    let others =
        bundle.concepts.index.rows.iter().filter(|r| r.genes.iter().any(|g| g.gene == symbol)).count();
    let facts =
        facts.into_iter().map(|(name, value)| view! { <dt>{name}</dt><dd>{value}</dd> }).collect::<Vec<_>>();
    let (kind_of, text_of, link_of) = (symbol.to_owned(), symbol.to_owned(), symbol.to_owned());
    let kind = move || match descriptions.of(&kind_of) {
        Load::Ready(Some(d)) => [d.kind, d.location].into_iter().flatten().collect::<Vec<_>>().join(", "),
        _ => String::new(),
    };
    let text = move || match descriptions.of(&text_of) {
        Load::Waiting => "Loading the description …".to_owned(),
        Load::Failed(error) => format!("The description could not be loaded: {}", error.what),
        Load::Ready(None) => "Not available: the bundle has no description of this gene.".to_owned(),
        Load::Ready(Some(d)) => {
            let also = if d.aliases.is_empty() {
                String::new()
            } else {
                format!(" Also: {}.", d.aliases.join(", "))
            };
            let summary = d.summary.map(|s| format!(" {s}")).unwrap_or_default();
            format!("{}.{also}{summary}", d.name.trim_end_matches('.'))
        }
    };
    let ncbi = move || match descriptions.of(&link_of) {
        Load::Ready(Some(d)) => d.ncbi.map(|id| {
            let href = format!("https://www.ncbi.nlm.nih.gov/gene/{id}");
            view! { <a href=href rel="noopener">"NCBI Gene"</a> }
        }),
        _ => None,
    };
    let ensembl = ensembl.map(|id| {
        view! { <a href=format!("https://www.ensembl.org/id/{id}") rel="noopener">"Ensembl"</a> }
    });
    let among = format!("Among the first genes of {others} concept{}", if others == 1 { "" } else { "s" });
    let page = format!("#/gene/{symbol}");
    view! {
        <div class="row between">
            <h4><a class="gene" href=page.clone()>{symbol.to_owned()}</a></h4><span class="micro faint">{kind}</span>
        </div>
        <p data-testid="gene-description">{text}</p>
        <dl>{facts}</dl>
        <div class="links"><a href=page>{among}</a>{ncbi}{ensembl}</div>
    }
    .into_any()
}
