//! Concepts of one kind of cell, kind by kind.

use std::sync::Arc;

use cellprism_core::bundle::{ConceptIndex, MetadataColumn, SpecificLabel};
use leptos::prelude::*;

use crate::bundle::Bundle;

/// Kinds listed.
const MOST: usize = 14;

/// A bar for each label of the primary column.
pub fn view(bundle: &Arc<Bundle>) -> AnyView {
    let primary = bundle.cells.primary.clone().unwrap_or_default();
    let (labels, read) = (bundle.primary_labels(), bundle.concepts.is_read());
    let counted = |s: &SpecificLabel, label: &str| {
        s.column == primary && s.label == label && (s.beyond_base_rate || !read)
    };
    let rows = &bundle.concepts.index.rows;
    let n = |label: &str| rows.iter().filter(|r| r.specific.iter().any(|s| counted(s, label))).count();
    let mut counts: Vec<(usize, usize)> = labels.iter().enumerate().map(|(i, label)| (i, n(label))).collect();
    cellprism_core::order::sort_by_key(&mut counts, |&(i, n)| (std::cmp::Reverse(n), i));
    let most = counts.first().map_or(1, |c| c.1).max(1);
    let row = |&(i, n): &(usize, usize)| {
        let colour = bundle.colour(i as u16);
        view! {
            <tr>
                <td><span class="named"><i class="swatch" style=format!("--c:{colour}")></i>{labels[i].clone()}</span></td>
                <td style="width:40%"><div class="bar"><i style=format!("width:{}%;--c:{colour}", n * 100 / most)></i></div></td>
                <td class="n">{n}</td>
            </tr>
        }
    };
    let rows = counts.iter().take(MOST).map(row).collect_view();
    view! {
        <figure class="fig">
            <header><h3>{format!("Specific concepts per {}", bundle.kind())}</h3></header>
            <table class="tight">
                <thead class="vh"><tr><th>"Label"</th><th>"Bar"</th><th>"Concepts"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
            <figcaption>{note(&bundle.cells.columns, &bundle.concepts.index)}</figcaption>
        </figure>
    }
    .into_any()
}

/// Columns with a single label: nothing can be specific to them.
fn note(columns: &[MetadataColumn], index: &ConceptIndex) -> String {
    let single = |name: &str| {
        let column = columns.iter().find(|c| c.name == name);
        column.is_some_and(|c| c.counts.iter().filter(|&&n| n > 0).count() <= 1)
    };
    let skipped = index.skipped_columns.iter().map(|(name, _)| name);
    let names: Vec<String> = skipped.filter(|name| single(name)).map(|name| name.replace('_', " ")).collect();
    if names.is_empty() {
        return String::new();
    }
    format!("Not tested, with a single label in these data: {}.", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_label_is_counted_not_read_from_a_sentence() {
        let column = |name: &str, counts: &[u32]| MetadataColumn {
            name: name.into(),
            labels: counts.iter().map(|n| format!("label {n}")).collect(),
            counts: counts.to_vec(),
            long_labels: Vec::new(),
        };
        let columns =
            [column("tissue", &[700]), column("cell_type", &[300, 400]), column("donor", &[700, 0])];
        let skipped = |name: &str, why: &str| (name.to_owned(), why.to_owned());
        let index = ConceptIndex {
            skipped_columns: vec![
                skipped("tissue", "whatever the words"),
                skipped("cell_type", "one label only (said falsely)"),
                skipped("donor", ""),
                skipped("age", "numbers"),
            ],
            ..ConceptIndex::default()
        };
        assert_eq!(note(&columns, &index), "Not tested, with a single label in these data: tissue, donor.");
    }
}
