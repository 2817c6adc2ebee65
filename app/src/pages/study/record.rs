//! What a rater has answered, kept in this browser for each study and rater, as the form that stands alone keeps it.

use std::collections::BTreeMap;

use cellprism_core::study::{Answer, Answers, Process, Rating, Which};
use serde::{Deserialize, Serialize};

use super::given::Given;
use crate::browser;

/// A rater's answers by item.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// Who rates; empty until somebody does.
    pub rater: String,
    entries: BTreeMap<String, Entry>,
    /// Whether this browser keeps them.
    pub kept: bool,
}

/// What is answered of an item.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// What is exported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saved: Option<Draft>,
    /// What is not saved yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft: Option<Draft>,
    /// Time that the item was looked at.
    #[serde(default)]
    pub seconds: f64,
}

/// Answers to the questions of one item, as far as they are given.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Draft {
    /// Cell type.
    pub cell_type: Said,
    /// Tissue.
    pub tissue: Said,
    /// Process.
    pub process: Said,
    /// From 1 to 5.
    pub confidence: Option<u8>,
    /// When it was saved.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub at: String,
}

/// An answer in words of the file: `no`, `unclear`, `yes`, or nothing yet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Said {
    /// The choice.
    pub answer: String,
    /// Which.
    #[serde(alias = "text")]
    pub which: String,
}

impl Said {
    fn rating(&self) -> Option<Rating> {
        [Rating::No, Rating::Unclear, Rating::Yes].into_iter().find(|rating| rating.name() == self.answer)
    }

    /// Whether something is to be named.
    pub fn wants_name(&self) -> bool {
        matches!(self.answer.as_str(), "yes" | "unclear")
    }

    fn named(&self) -> String {
        if self.wants_name() { self.which.trim().to_owned() } else { String::new() }
    }
}

impl Draft {
    /// What is missing before it can be saved.
    pub fn missing(&self) -> Vec<&'static str> {
        let mut missing = Vec::new();
        let questions = [
            (&self.cell_type, "answer question 1", "name the cell type"),
            (&self.tissue, "answer question 2", "name the tissue"),
            (&self.process, "answer question 3", "name the process"),
        ];
        for (said, unanswered, unnamed) in questions {
            if said.rating().is_none() {
                missing.push(unanswered);
            } else if said.wants_name() && said.which.trim().is_empty() {
                missing.push(unnamed);
            }
        }
        if self.confidence.is_none() {
            missing.push("say how sure you are");
        }
        missing
    }

    fn answer(&self, item: &str, seconds: f64) -> Option<Answer> {
        let which = |said: &Said| Some(Which { answer: said.rating()?, which: said.named() });
        Some(Answer {
            item: item.to_owned(),
            cell_type: which(&self.cell_type)?,
            tissue: which(&self.tissue)?,
            process: Process { answer: self.process.rating()?, text: self.process.named() },
            confidence: self.confidence,
            seconds: Some((seconds * 10.0).round() / 10.0),
            at: Some(self.at.clone()).filter(|at| !at.is_empty()),
        })
    }
}

fn place(study: &str, rater: &str) -> String {
    format!("cellprism-study/{study}/{rater}")
}

impl Record {
    /// What a rater has answered before.
    pub fn load(study: &str, rater: &str) -> Self {
        let kept = browser::storage().and_then(|kept| kept.get_item(&place(study, rater)).ok().flatten());
        let entries = kept.and_then(|kept| serde_json::from_slice(kept.as_bytes()).ok()).unwrap_or_default();
        Self { rater: rater.to_owned(), entries, kept: true }
    }

    /// What is answered of an item.
    pub fn of(&self, item: &str) -> Option<&Entry> {
        self.entries.get(item)
    }

    /// Items of a study that are saved.
    pub fn saved(&self, given: &Given) -> usize {
        given.items().iter().filter(|item| self.of(item).is_some_and(|entry| entry.saved.is_some())).count()
    }

    /// Changes an item's entry and keeps all of them.
    pub fn change(&mut self, study: &str, item: &str, change: impl FnOnce(&mut Entry)) {
        change(self.entries.entry(item.to_owned()).or_default());
        let kept = serde_json::to_string(&self.entries)
            .ok()
            .and_then(|json| browser::storage()?.set_item(&place(study, &self.rater), &json).ok());
        self.kept = kept.is_some();
    }

    /// What is saved, as a file that `cellprism study score` reads.
    pub fn answers(&self, given: &Given) -> Answers {
        let study = given.study.as_ref().map(|study| study.study.clone()).unwrap_or_default();
        let answer = |item: &String| {
            let entry = self.of(item)?;
            entry.saved.as_ref()?.answer(item, entry.seconds)
        };
        Answers {
            study,
            rater: self.rater.clone(),
            answers: given.items().iter().filter_map(answer).collect(),
        }
    }

    /// Takes answers of a file over, where the item was not answered here.
    pub fn add(&mut self, study: &str, answers: &Answers) -> usize {
        let mut added = 0;
        for answer in &answers.answers {
            if self.of(&answer.item).is_some_and(|entry| entry.saved.is_some()) {
                continue;
            }
            let said =
                |answer: Rating, which: &str| Said { answer: answer.name().into(), which: which.into() };
            let draft = Draft {
                cell_type: said(answer.cell_type.answer, &answer.cell_type.which),
                tissue: said(answer.tissue.answer, &answer.tissue.which),
                process: said(answer.process.answer, &answer.process.text),
                confidence: answer.confidence,
                at: answer.at.clone().unwrap_or_default(),
            };
            let seconds = answer.seconds.unwrap_or(0.0);
            self.change(study, &answer.item, |entry| (entry.saved, entry.seconds) = (Some(draft), seconds));
            added += 1;
        }
        added
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_yes_needs_a_name_and_a_no_keeps_none() {
        let said = |answer: &str, which: &str| Said { answer: answer.into(), which: which.into() };
        let mut draft =
            Draft { cell_type: said("yes", " "), tissue: said("no", "liver"), ..Draft::default() };
        assert_eq!(draft.missing(), ["name the cell type", "answer question 3", "say how sure you are"]);
        draft.cell_type.which = "B cells".into();
        (draft.process, draft.confidence) = (said("unclear", "stress"), Some(4));
        assert!(draft.missing().is_empty());
        let answer = draft.answer("item-001", 12.34).unwrap();
        assert_eq!((answer.tissue.which.as_str(), answer.process.text.as_str()), ("", "stress"));
        assert_eq!((answer.seconds, answer.process.answer), (Some(12.3), Rating::Unclear));
    }

    #[test]
    fn what_the_form_alone_has_kept_is_read() {
        let kept = r#"{"cell_type":{"answer":"no","which":""},"tissue":{"answer":"no","which":""},
            "process":{"answer":"yes","text":"translation"},"confidence":5,"at":"2026-01-01T00:00:00Z"}"#;
        let draft: Draft = serde_json::from_str(kept).unwrap();
        assert_eq!((draft.process.which.as_str(), draft.missing().len()), ("translation", 0));
    }
}
