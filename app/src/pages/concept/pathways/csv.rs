//! The sets of both sides as a file; p is never 0 there.

use cellprism_core::bundle::{Reading, Side, SideSet};

use super::{Shown, enrichment};
use crate::{
    browser,
    bundle::side_name,
    certainty::{Certainty, set_stands},
};

const HEADER: [&str; 13] = [
    "side",
    "library",
    "term",
    "genes",
    "es",
    "nes",
    "p",
    "fdr",
    "chance",
    "rankings",
    "survives",
    "certainty",
    "leading_edge",
];

/// Offers the file.
pub fn download(shown: &Shown, reading: &Reading) {
    let lines = Side::BOTH.into_iter().flat_map(|side| {
        let found = enrichment(reading, side);
        let rankings = found.map_or(0, |found| found.rankings);
        let sets = found.map(|found| found.sets.as_slice()).unwrap_or_default();
        sets.iter().map(move |set| line(shown, side, set, rankings))
    });
    browser::download_csv(&shown.file("pathways.csv"), &HEADER, lines);
}

fn line(shown: &Shown, side: Side, set: &SideSet, rankings: u32) -> Vec<String> {
    let label = shown.concept.detail.labels.of(side);
    let best = label.filter(|label| label.term == set.term && label.library == set.library);
    let stands = set_stands(set, label, shown.listing.limit());
    let chance = best.map_or(set.chance, |label| label.chance);
    vec![
        side_name(side).to_owned(),
        set.library.clone(),
        set.term.clone(),
        set.size.to_string(),
        set.es.to_string(),
        set.nes.to_string(),
        browser::csv_p(set.p, rankings),
        browser::csv_p(set.fdr, rankings),
        browser::csv_p(chance, rankings),
        best.map_or(rankings, |label| label.rankings).to_string(),
        stands.to_string(),
        Certainty::of(chance, stands).word().to_owned(),
        set.leading_edge.join(";"),
    ]
}
