//! Ratings in the Cell Annotation Schema 1.1.
//!
//! Each "yes" (of processes also "unclear") to an item shown for the first time is an annotation. What the schema has no
//! field for stands in `author_annotation_fields`, as it asks for.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    answers::{Answer, Rating},
    handout::Sheet,
    joined::{Joined, Question},
    key::KeyItem,
};

/// Version of the schema.
const SCHEMA: &str = "1.1.0";
/// Genes given as evidence.
const MARKERS: usize = 10;
/// Longest rationale that the schema allows.
const LONGEST: usize = 2000;

/// The annotations of all raters; `author` is the schema's primary author.
pub fn annotations(
    joined: &Joined<'_>,
    sheets: &BTreeMap<String, Sheet>,
    study: &str,
    author: &str,
) -> Value {
    let (mut labelsets, mut annotations) = (Vec::new(), Vec::new());
    for rater in joined.raters() {
        for question in Question::ALL {
            labelsets.push(json!({
                "name": labelset(question, rater),
                "description": format!("Blinded rating by {rater}: {}", asked(question)),
                "annotation_method": "manual",
            }));
            for answer in joined.first(rater, None) {
                let Some(key) = joined.key(&answer.item) else { continue };
                if question.of(answer) != Rating::No {
                    let sheet = sheets.get(&answer.item);
                    annotations.push(annotation(rater, question, answer, key, sheet, study));
                }
            }
        }
    }
    json!({
        "title": format!("Blinded rating of concepts and neurons, study {study}"),
        "description": "What raters who did not know concept from neuron read in the genes of each item.",
        "author_name": author,
        "author_list": joined.raters().collect::<Vec<_>>().join(", "),
        "cellannotation_schema_version": SCHEMA,
        "labelsets": labelsets,
        "annotations": annotations,
    })
}

fn labelset(question: Question, rater: &str) -> String {
    format!("{}, rated by {rater}", question.name())
}

fn asked(question: Question) -> &'static str {
    match question {
        Question::CellType => "do the item's genes suggest a specific cell type?",
        Question::Tissue => "do the item's genes suggest a specific tissue?",
        Question::Process => "do the item's genes suggest a specific biological process?",
    }
}

fn annotation(
    rater: &str,
    question: Question,
    answer: &Answer,
    key: &KeyItem,
    sheet: Option<&Sheet>,
    study: &str,
) -> Value {
    let said = match question {
        Question::CellType => &answer.cell_type.which,
        Question::Tissue => &answer.tissue.which,
        Question::Process => &answer.process.text,
    };
    // The schema keeps this word for "the author does not know".
    let label = if said.trim().is_empty() { "unknown" } else { said.trim() };
    let markers = sheet.into_iter().flat_map(|sheet| sheet.genes.iter().take(MARKERS).map(|gene| &gene.gene));
    let mut own = BTreeMap::from([
        ("study", study.to_owned()),
        ("item", answer.item.clone()),
        ("kind", key.kind.name().to_owned()),
        ("id", key.id.0.to_string()),
        ("rater", rater.to_owned()),
        ("question", question.name().to_owned()),
        ("answer", question.of(answer).name().to_owned()),
    ]);
    own.extend(answer.confidence.map(|confidence| ("confidence", confidence.to_string())));
    own.extend(answer.seconds.map(|seconds| ("seconds", seconds.to_string())));
    own.extend(answer.at.clone().map(|at| ("at", at)));
    json!({
        "labelset": labelset(question, rater),
        "cell_label": label,
        "cell_ids": key.cells,
        "rationale": answer.process.text.chars().take(LONGEST).collect::<String>(),
        "marker_gene_evidence": markers.collect::<Vec<_>>(),
        "author_annotation_fields": own,
    })
}
