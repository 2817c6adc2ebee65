//! Answers that fit study and key, by rater.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    answers::{Answer, Answers, Rating},
    handout::Study,
    key::{Key, KeyItem, Kind},
};

/// A question that has the same answers for everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// Do these genes suggest a specific cell type?
    CellType,
    /// … a specific tissue?
    Tissue,
    /// … a specific biological process?
    Process,
}

impl Question {
    /// In the order of the form.
    pub const ALL: [Self; 3] = [Self::CellType, Self::Tissue, Self::Process];

    /// As in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::CellType => "cell_type",
            Self::Tissue => "tissue",
            Self::Process => "process",
        }
    }

    /// What may be answered.
    pub fn ratings(self) -> &'static [Rating] {
        match self {
            Self::CellType | Self::Tissue => &[Rating::No, Rating::Yes],
            Self::Process => &[Rating::No, Rating::Unclear, Rating::Yes],
        }
    }

    /// What was answered.
    pub fn of(self, answer: &Answer) -> Rating {
        match self {
            Self::CellType => answer.cell_type.answer,
            Self::Tissue => answer.tissue.answer,
            Self::Process => answer.process.answer,
        }
    }
}

/// Why answers, key and study do not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// The key opens another study.
    #[error(
        "the key is that of study {key:?}, not of {study:?}: give the key.json that was written beside this study"
    )]
    Key {
        /// By the key.
        key: String,
        /// By the study.
        study: String,
    },
    /// The key lacks an item.
    #[error("the key has no {0:?}: it was changed, or belongs to another study")]
    NotInKey(String),
    /// The answers are to another study.
    #[error("the answers of {rater:?} are to study {answered:?}, not to {study:?}")]
    Study {
        /// Who rated.
        rater: String,
        /// By the answers.
        answered: String,
        /// By the study.
        study: String,
    },
    /// The study has no such item.
    #[error("{rater:?} answered {item:?}, which is no item of the study")]
    Unknown {
        /// Who rated.
        rater: String,
        /// The item.
        item: String,
    },
    /// One rater, one item, two answers.
    #[error("{rater:?} answered {item:?} twice: keep one of the two answers")]
    Twice {
        /// Who rated.
        rater: String,
        /// The item.
        item: String,
    },
    /// An answer that the question does not have.
    #[error("{rater:?}, {item:?}: {question} cannot be answered {answer:?}")]
    Answer {
        /// Who rated.
        rater: String,
        /// The item.
        item: String,
        /// The question.
        question: &'static str,
        /// What was answered.
        answer: &'static str,
    },
    /// A confidence beyond the scale.
    #[error("{rater:?}, {item:?}: confidence {confidence} is not from 1 to 5")]
    Confidence {
        /// Who rated.
        rater: String,
        /// The item.
        item: String,
        /// What was answered.
        confidence: u8,
    },
    /// Nobody is named.
    #[error("answers without a rater: their field \"rater\" is empty, and agreement is between raters")]
    NoRater,
}

/// Answers by rater and item.
#[derive(Clone, Debug)]
pub struct Joined<'a> {
    key: &'a Key,
    raters: BTreeMap<&'a str, BTreeMap<&'a str, &'a Answer>>,
}

impl<'a> Joined<'a> {
    /// Joins them; several files of one rater are one.
    ///
    /// # Errors
    /// If they do not fit, naming what does not.
    pub fn new(study: &Study, key: &'a Key, files: &'a [Answers]) -> Result<Self, Misfit> {
        if key.study != study.study {
            return Err(Misfit::Key { key: key.study.clone(), study: study.study.clone() });
        }
        let items: BTreeSet<&str> = study.items.iter().map(|item| item.item.as_str()).collect();
        if let Some(item) = items.iter().find(|&&item| !key.items.contains_key(item)) {
            return Err(Misfit::NotInKey((*item).to_owned()));
        }
        let mut raters: BTreeMap<&str, BTreeMap<&str, &Answer>> = BTreeMap::new();
        for file in files {
            if file.study != study.study {
                let (rater, answered) = (file.rater.clone(), file.study.clone());
                return Err(Misfit::Study { rater, answered, study: study.study.clone() });
            }
            if file.rater.trim().is_empty() {
                return Err(Misfit::NoRater);
            }
            let own = raters.entry(&file.rater).or_default();
            for answer in &file.answers {
                let (rater, item) = (file.rater.clone(), answer.item.clone());
                if !items.contains(answer.item.as_str()) {
                    return Err(Misfit::Unknown { rater, item });
                }
                sensible(&file.rater, answer)?;
                if own.insert(&answer.item, answer).is_some() {
                    return Err(Misfit::Twice { rater, item });
                }
            }
        }
        Ok(Self { key, raters })
    }

    /// Raters by name.
    pub fn raters(&self) -> impl Iterator<Item = &'a str> {
        self.raters.keys().copied()
    }

    /// What an item is.
    pub fn key(&self, item: &str) -> Option<&'a KeyItem> {
        self.key.items.get(item)
    }

    /// What a rater said of an item.
    pub fn answer(&self, rater: &str, item: &str) -> Option<&'a Answer> {
        self.raters.get(rater)?.get(item).copied()
    }

    /// What a rater said of items that were shown for the first time, of one kind or both.
    pub fn first(&self, rater: &str, kind: Option<Kind>) -> Vec<&'a Answer> {
        let own = self.raters.get(rater).into_iter().flat_map(BTreeMap::iter);
        let wanted = |item: &str| {
            self.key(item)
                .is_some_and(|key| key.repeat_of.is_none() && kind.is_none_or(|kind| key.kind == kind))
        };
        own.filter(|(item, _)| wanted(item)).map(|(_, &answer)| answer).collect()
    }

    /// Items that were shown again, with the item that showed the same before.
    pub fn repeats(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let key = self.key;
        key.items.iter().filter_map(|(item, of)| Some((of.repeat_of.as_deref()?, item.as_str())))
    }
}

fn sensible(rater: &str, answer: &Answer) -> Result<(), Misfit> {
    let (rater, item) = (rater.to_owned(), answer.item.clone());
    for question in Question::ALL {
        let found = question.of(answer);
        if !question.ratings().contains(&found) {
            return Err(Misfit::Answer { rater, item, question: question.name(), answer: found.name() });
        }
    }
    match answer.confidence {
        Some(confidence) if !(1..=5).contains(&confidence) => {
            Err(Misfit::Confidence { rater, item, confidence })
        }
        _ => Ok(()),
    }
}
