//! How many items are specific for a label, in every column (Figure 2 B).

use cellprism_core::{
    bundle::ConceptClass,
    concepts::{classify, column_specificity},
};

use crate::jobs::evaluate::{Evaluation, Table, Value};

const CLASSES: [(ConceptClass, &str); 4] = [
    (ConceptClass::Specific, "specific"),
    (ConceptClass::Mixed, "mixed"),
    (ConceptClass::Rare, "rare"),
    (ConceptClass::Dead, "dead"),
];

/// The table.
pub fn tables(evaluation: &Evaluation<'_>) -> anyhow::Result<Vec<Table>> {
    let columns = ["bundle", "subject", "column", "class", "count"];
    let mut table = Table::new("classes", "Items that are specific for a label", "Figure 2 B", &columns);
    for evidence in &evaluation.bundles {
        let parameters = &evidence.manifest().parameters.specificity;
        for (kind, subject) in &evidence.subjects {
            let place = |column: &str, class: &str| {
                [evidence.name.as_str().into(), kind.name().into(), column.into(), class.into()]
            };
            let mut row = |column: &str, class: &str, count: Value, missing: Option<&str>| {
                let [a, b, c, d] = place(column, class);
                table.row([a, b, c, d, count], missing);
            };
            let subject = match subject {
                Ok(subject) => subject,
                Err(reason) => {
                    row("", "", Value::Empty, Some(reason));
                    continue;
                }
            };
            if evidence.concepts.columns.is_empty() {
                row("", "", Value::Empty, Some("no column of metadata has two labels"));
            }
            let tested = evidence.columns.iter().take(evidence.concepts.columns.len());
            for column in tested {
                let found: Vec<ConceptClass> = subject
                    .activations
                    .iter()
                    .map(|(_, active)| {
                        let specificity = column_specificity(active, column, parameters);
                        classify(active, Some(&specificity), parameters)
                    })
                    .collect();
                for (class, name) in CLASSES {
                    let count = found.iter().filter(|&&of| of == class).count();
                    row(&column.name, name, count.into(), None);
                }
            }
        }
    }
    Ok(vec![table])
}
