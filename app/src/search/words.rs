//! What is searched. Concepts, symbols and labels are there at once; aliases, full names and gene sets arrive when the box is
//! first used.

use std::{collections::BTreeMap, sync::Arc};

use leptos::prelude::*;

use crate::{
    bundle::{Bundle, Subject},
    client::FetchError,
    components::title,
    notes,
};

/// Description files beyond which aliases and full names are not loaded for a search.
const MOST_FILES: u32 = 80;

/// A concept's words.
#[derive(Clone, Debug)]
pub struct ConceptWords {
    /// Number.
    pub id: u32,
    /// As shown.
    pub title: String,
    /// Everything that is looked at, in lower case.
    pub lower: String,
}

/// A gene's words.
#[derive(Clone, Debug, Default)]
pub struct GeneWords {
    /// Symbol.
    pub symbol: String,
    /// Ensembl identifier, empty where there is none.
    pub ensembl: String,
    /// Other names.
    pub aliases: Vec<String>,
    /// Full name.
    pub name: String,
}

/// A gene set's words.
#[derive(Clone, Debug)]
pub struct SetWords {
    /// Library.
    pub library: String,
    /// Name.
    pub term: String,
    /// Genes of the model in it.
    pub genes: u32,
}

/// A label's words.
#[derive(Clone, Debug)]
pub struct LabelWords {
    /// Column.
    pub column: String,
    /// Label.
    pub label: String,
    /// Cells that have it.
    pub cells: u32,
    /// Whether the column names cells.
    pub primary: bool,
}

/// Everything that can be found.
#[derive(Clone, Copy)]
pub struct Words {
    concepts: StoredValue<Vec<ConceptWords>>,
    labels: StoredValue<Vec<LabelWords>>,
    /// By place in the model's list.
    pub genes: RwSignal<Arc<Vec<GeneWords>>>,
    /// Of all libraries.
    pub sets: RwSignal<Arc<Vec<SetWords>>>,
    /// Whether aliases and sets are there, on their way, or why not.
    pub state: RwSignal<State>,
}

/// How far the words are that arrive later.
#[derive(Clone, Debug, PartialEq)]
pub enum State {
    /// Not asked for yet.
    Idle,
    /// On their way.
    Waiting,
    /// There; what a bundle of this size leaves out, in words.
    Ready(Option<String>),
    /// Not there, and why.
    Failed(FetchError),
}

impl Words {
    /// What is there at once.
    pub fn new(bundle: &Arc<Bundle>) -> Self {
        let tag = &bundle.manifest.tag;
        let own: BTreeMap<notes::Key, String> =
            notes::all(tag).into_iter().map(|note| (note.key(), note.label)).collect();
        let concept = |row: &cellprism_core::bundle::ConceptRow| {
            let title = title::text(row);
            let genes = row.genes.iter().map(|gene| gene.gene.as_str());
            let own = own.get(&(Subject::Concepts, row.id.0)).map_or("", String::as_str);
            let lower =
                format!("c{} {title} {} {own}", row.id.0, genes.collect::<Vec<_>>().join(" ")).to_lowercase();
            ConceptWords { id: row.id.0, title, lower }
        };
        let labels = bundle.cells.columns.iter().flat_map(|column| {
            let primary = bundle.cells.primary.as_ref() == Some(&column.name);
            column.labels.iter().enumerate().map(move |(i, label)| LabelWords {
                column: column.name.clone(),
                label: label.clone(),
                cells: column.counts.get(i).copied().unwrap_or(0),
                primary,
            })
        });
        let genes = bundle.genes.symbols.iter().enumerate().map(|(i, symbol)| GeneWords {
            symbol: symbol.clone(),
            ensembl: bundle.genes.ensembl.get(i).cloned().unwrap_or_default(),
            ..GeneWords::default()
        });
        Self {
            concepts: StoredValue::new(bundle.concepts.active().map(concept).collect()),
            labels: StoredValue::new(labels.collect()),
            genes: RwSignal::new(Arc::new(genes.collect())),
            sets: RwSignal::new(Arc::default()),
            state: RwSignal::new(State::Idle),
        }
    }

    /// Concepts.
    pub fn with_concepts<T>(self, look: impl FnOnce(&[ConceptWords]) -> T) -> T {
        self.concepts.with_value(|concepts| look(concepts))
    }

    /// Labels.
    pub fn with_labels<T>(self, look: impl FnOnce(&[LabelWords]) -> T) -> T {
        self.labels.with_value(|labels| look(labels))
    }

    /// Fetches aliases, full names and sets, once; again after a failure.
    pub fn fetch(self, bundle: &Arc<Bundle>) {
        if !matches!(self.state.get_untracked(), State::Idle | State::Failed(_)) {
            return;
        }
        self.state.set(State::Waiting);
        let bundle = bundle.clone();
        leptos::task::spawn_local(async move {
            let state = match self.complete(&bundle).await {
                Ok(left_out) => State::Ready(left_out),
                Err(error) => State::Failed(error),
            };
            self.state.try_set(state);
        });
    }

    async fn complete(self, bundle: &Bundle) -> Result<Option<String>, FetchError> {
        let mut sets = Vec::new();
        for library in bundle.libraries() {
            let found = bundle.gene_sets(&library).await?;
            sets.extend(found.sets.iter().map(|(term, genes)| SetWords {
                library: library.clone(),
                term: term.clone(),
                genes: genes.len() as u32,
            }));
        }
        self.sets.try_set(Arc::new(sets));
        let files = bundle.genes.descriptions_files;
        if files > MOST_FILES {
            return Ok(Some(format!(
                "aliases and full names of {} genes are not searched",
                bundle.genes.symbols.len()
            )));
        }
        let mut genes = self.genes.try_get_untracked().unwrap_or_default().as_ref().clone();
        let chunk = bundle.genes.descriptions_chunk.max(1);
        for file in 0..files {
            let found = bundle.descriptions(file * chunk).await?;
            let (from, to) = ((file * chunk) as usize, ((file + 1) * chunk) as usize);
            let last = genes.len();
            for gene in &mut genes[from.min(last)..to.min(last)] {
                if let Some(known) = found.get(&gene.symbol) {
                    (gene.aliases, gene.name) = (known.aliases.clone(), known.name.clone());
                }
            }
        }
        self.genes.try_set(Arc::new(genes));
        Ok(None)
    }
}

/// The list of a subject: where labels lead.
pub fn list_of(label: &str) -> String {
    let mut to =
        crate::route::Route { path: vec![format!("{}s", Subject::Concepts.one())], ..Default::default() };
    to.query.insert("q".into(), label.to_owned());
    to.query.insert("show".into(), "all".into());
    to.to_hash()
}
