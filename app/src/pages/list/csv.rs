//! The list as a file.

use cellprism_core::bundle::{ConceptRow, Side};
use leptos::prelude::*;

use super::Shown;
use crate::{browser, components::title, notes};

const HEADER: [&str; 22] = [
    "id",
    "title",
    "class",
    "active_cells",
    "commonest",
    "specific_to",
    "has",
    "lacks",
    "presence_label",
    "presence_chance",
    "presence_chance_adjusted",
    "presence_survives",
    "absence_label",
    "absence_chance",
    "absence_chance_adjusted",
    "absence_survives",
    "paper_genes",
    "paper_important_genes",
    "paper_pathway",
    "paper_p",
    "paper_chance",
    "your_label",
];

/// Offers the rows that are listed.
pub fn download(shown: &Shown) {
    let rows = &shown.listing.index.rows;
    let lines = shown.found.get_untracked().into_iter().map(|i| line(shown, &rows[i]));
    let file = format!("{}-{}s.csv", shown.bundle.manifest.name, shown.listing.subject.one());
    browser::download_csv(&file, &HEADER, lines);
}

fn line(shown: &Shown, row: &ConceptRow) -> Vec<String> {
    let claims = row.specific.iter().filter(|s| s.beyond_base_rate || !shown.read);
    let mut line = vec![
        row.id.0.to_string(),
        title::text(row),
        format!("{:?}", row.class).to_lowercase(),
        row.cells.to_string(),
        row.reads_as.clone(),
        claims.map(|s| format!("{}={}", s.column, s.label)).collect::<Vec<_>>().join("; "),
        row.title_parts.has.join(" "),
        row.title_parts.lacks.join(" "),
    ];
    for side in Side::BOTH {
        let label = row.labels.of(side);
        line.extend([
            label.map(|l| l.term.clone()).unwrap_or_default(),
            label.map(|l| l.chance.to_string()).unwrap_or_default(),
            label.map(|l| l.chance_adjusted.to_string()).unwrap_or_default(),
            label.map(|l| l.survives.to_string()).unwrap_or_default(),
        ]);
    }
    let permutations = shown.bundle.manifest.parameters.enrichment.permutations;
    line.extend([
        row.genes.iter().map(|g| g.gene.as_str()).collect::<Vec<_>>().join(" "),
        row.important.to_string(),
        row.pathway.as_ref().map(|p| p.term.clone()).unwrap_or_default(),
        row.pathway.as_ref().map(|p| browser::csv_p(p.p, permutations)).unwrap_or_default(),
        row.chance.map(|c| c.to_string()).unwrap_or_default(),
        notes::of(&shown.bundle.manifest.tag, (shown.listing.subject, row.id.0)),
    ]);
    line
}
