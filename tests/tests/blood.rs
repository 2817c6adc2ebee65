//! The job on PBMC 3k with the shared scVI model finds what an immunologist would expect.
#![allow(clippy::unwrap_used)] // all of this file is tests

use std::collections::BTreeMap;

use cellprism_core::{
    bundle::{ConceptDetail, Maybe},
    cells::plural_label,
};
use cellprism_tests::{Bundle, cellprism, shared_data};
use tempfile::TempDir;

const TYPES: [&str; 5] = ["B", "CD14+ Mono", "FCGR3A+ Mono", "NK", "Platelet"];
const B_CELL_GENES: [&str; 4] = ["CD79A", "CD79B", "MS4A1", "CD74"];

#[test]
fn concepts_of_blood_cells_are_recognisable() {
    let Some(data) = shared_data("concepts of PBMC 3k") else { return };
    let work = TempDir::new().unwrap();
    let (model, out) = (work.path().join("model"), work.path().join("bundle"));
    cellprism(&[&"import", &"scvi", &data.join("reference/models/scvi"), &"--out", &model]).succeeded();
    let (cells, sets) = (data.join("pbmc3k.h5ad"), data.join("gmt/GO_Biological_Process_2025.gmt.gz"));
    cellprism(&[&"run", &"--cells", &cells, &"--model", &model, &"--gene-sets", &sets, &"--out", &out])
        .succeeded();

    titles_say_what_the_cells_are(&Bundle(out.clone()));
    let mut found: BTreeMap<&str, Vec<Vec<String>>> = BTreeMap::new();
    for concept in Bundle(out).living_concepts() {
        for name in TYPES {
            let of_type =
                concept.prototypes.iter().filter(|cell| cell.label.as_deref() == Some(name)).count();
            if of_type >= 8 {
                let genes =
                    concept.attribution.value().map(|attribution| &attribution.genes[..]).unwrap_or_default();
                let genes = genes.iter().take(10).map(|gene| gene.symbol.clone()).collect();
                found.entry(name).or_default().push(genes);
            }
        }
    }
    for name in TYPES {
        assert!(found.contains_key(name), "no concept has 8 of 10 prototypes among {name}");
    }
    let known = |gene: &String| B_CELL_GENES.contains(&gene.as_str()) || gene.starts_with("HLA-D");
    assert!(
        found["B"].iter().any(|genes| genes.iter().any(known)),
        "top genes of B cell concepts: {:?}",
        found["B"]
    );
}

/// A concept of each kind is titled by it, and its title's genes are carried by several cells that did not rank them.
fn titles_say_what_the_cells_are(bundle: &Bundle) {
    let details: Vec<ConceptDetail> = bundle.living_concepts().collect();
    let headline = |detail: &ConceptDetail| {
        let Maybe::Value(reading) = &detail.reading else { panic!("concept {} has no reading", detail.id.0) };
        let carried = |symbol: &String| {
            let gene = reading.presence.genes.iter().find(|gene| gene.symbol == *symbol).unwrap();
            f64::from(gene.carried_by) >= 0.4 * f64::from(reading.held_out)
        };
        assert!(detail.title_parts.has.iter().all(carried), "{}: a gene of one cell", detail.title);
        detail.title_parts.has.len() == 3
    };
    for name in TYPES.into_iter().chain(["DC"]) {
        let words = plural_label(name);
        let titled: Vec<&ConceptDetail> = details
            .iter()
            .filter(|detail| {
                detail.title_parts.cells.first().is_some_and(|cells| cells.words == words)
                    && detail.title.to_lowercase().starts_with(&words.to_lowercase())
            })
            .collect();
        let titles = || details.iter().map(|detail| detail.title.as_str()).collect::<Vec<_>>();
        assert!(
            titled.iter().any(|detail| headline(detail)),
            "no title of {words} with three genes: {:?}",
            titles()
        );
    }
    let index = bundle.index();
    assert!(index.verdict.contains(" of ") && index.side_tests > 0, "{:?}", index.verdict);
    assert_eq!(index.calibration.len(), 2);
    for row in index.rows.iter().filter(|row| row.cells > 0) {
        let detail = details.iter().find(|detail| detail.id == row.id).unwrap();
        assert_eq!((&row.title, &row.labels), (&detail.title, &detail.labels));
    }
}
