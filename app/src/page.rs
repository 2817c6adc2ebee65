//! The pages, by their addresses.

use crate::{bundle::Subject, route::Route, term::term_name};

/// A page, with what its address names.
#[derive(Clone, Debug, PartialEq)]
pub enum Page {
    /// What the bundle is.
    Overview,
    /// All concepts, or all neurons.
    List(Subject),
    /// One of them, as the address writes its number.
    One(Subject, String),
    /// Genes that matter.
    Genes,
    /// One gene.
    Gene(String),
    /// Everything that a query finds.
    Search,
    /// One gene set: library and name.
    Pathway(String, String),
    /// Claims, figures and tables of the evaluation.
    Evaluation,
    /// This dictionary beside another one.
    Compare,
    /// The reader's own labels.
    Labels,
    /// Blinded rating.
    Study,
    /// What concepts are good for.
    Tasks,
    /// The reader's own cells, embeddings or ranking.
    YourData,
    /// Another dictionary, trained in the page.
    Train,
    /// Jobs of the server, where it takes any.
    Jobs,
    /// Methods, glossary, limits.
    About,
    /// An address that leads nowhere.
    Unknown(String),
}

impl Page {
    /// The pages in the bar, in order.
    pub const BAR: [Self; 9] = [
        Self::Overview,
        Self::List(Subject::Concepts),
        Self::Genes,
        Self::Evaluation,
        Self::Compare,
        Self::Study,
        Self::YourData,
        Self::Train,
        Self::About,
    ];

    /// The page that a path leads to.
    pub fn of(path: &[String]) -> Self {
        let argument = || path.get(1).cloned().unwrap_or_default();
        match path.first().map_or("", String::as_str) {
            "" => Self::Overview,
            "concepts" => Self::List(Subject::Concepts),
            "neurons" => Self::List(Subject::Neurons),
            "concept" => Self::One(Subject::Concepts, argument()),
            "neuron" => Self::One(Subject::Neurons, argument()),
            "genes" => Self::Genes,
            "gene" => Self::Gene(argument()),
            "search" => Self::Search,
            "pathway" => Self::Pathway(argument(), path.get(2).cloned().unwrap_or_default()),
            "evaluation" => Self::Evaluation,
            "compare" => Self::Compare,
            "labels" => Self::Labels,
            "study" => Self::Study,
            "tasks" => Self::Tasks,
            "your-data" => Self::YourData,
            "train" => Self::Train,
            "jobs" => Self::Jobs,
            "about" => Self::About,
            other => Self::Unknown(other.to_owned()),
        }
    }

    /// Its address.
    pub fn link(&self) -> String {
        match self {
            Self::Overview => "#/".into(),
            Self::List(subject) => subject.list(),
            Self::One(subject, id) => format!("#/{}/{id}", subject.one()),
            Self::Genes => "#/genes".into(),
            Self::Gene(symbol) => format!("#/gene/{symbol}"),
            Self::Search => "#/search".into(),
            Self::Pathway(library, term) => {
                let path = vec!["pathway".into(), library.clone(), term.clone()];
                Route { path, ..Route::default() }.to_hash()
            }
            Self::Evaluation => "#/evaluation".into(),
            Self::Compare => "#/compare".into(),
            Self::Labels => "#/labels".into(),
            Self::Study => "#/study".into(),
            Self::Tasks => "#/tasks".into(),
            Self::YourData => "#/your-data".into(),
            Self::Train => "#/train".into(),
            Self::Jobs => "#/jobs".into(),
            Self::About => "#/about".into(),
            Self::Unknown(name) => format!("#/{name}"),
        }
    }

    /// Its name in the bar and in the window's title.
    pub fn title(&self) -> String {
        match self {
            Self::Overview => "Overview".into(),
            Self::List(subject) => subject.title().into(),
            Self::One(Subject::Concepts, id) => format!("C{id}"),
            Self::One(Subject::Neurons, id) => format!("Neuron {id}"),
            Self::Genes => "Genes".into(),
            Self::Gene(symbol) => symbol.clone(),
            Self::Search => "Search".into(),
            Self::Pathway(_, term) => term_name(term).0,
            Self::Evaluation => "Evaluation".into(),
            Self::Compare => "Compare".into(),
            Self::Labels => "Your labels".into(),
            Self::Study => "Study".into(),
            Self::Tasks => "Tasks".into(),
            Self::YourData => "Your data".into(),
            Self::Train => "Train".into(),
            Self::Jobs => "Jobs".into(),
            Self::About => "About".into(),
            Self::Unknown(_) => "No such page".into(),
        }
    }

    /// The page of the bar under which it stands.
    pub fn in_bar(&self) -> Self {
        match self {
            Self::List(_) | Self::One(..) => Self::List(Subject::Concepts),
            Self::Gene(_) | Self::Pathway(..) => Self::Genes,
            Self::Tasks => Self::Evaluation,
            Self::Labels => Self::List(Subject::Concepts),
            other => other.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lead_to_their_pages_and_back() {
        let path = |text: &str| text.split('/').map(str::to_owned).collect::<Vec<_>>();
        for address in [
            "concepts",
            "neurons",
            "concept/12",
            "neuron/3",
            "genes",
            "gene/CD74",
            "evaluation",
            "tasks",
            "compare",
            "study",
            "labels",
            "your-data",
            "train",
            "jobs",
            "about",
            "x",
        ] {
            assert_eq!(Page::of(&path(address)).link(), format!("#/{address}"));
        }
        assert_eq!(Page::of(&[]), Page::Overview);
        assert_eq!(Page::of(&path("neuron/3")).in_bar(), Page::List(Subject::Concepts));
    }
}
