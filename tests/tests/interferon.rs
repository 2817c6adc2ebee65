//! Interferon-stimulated and control blood cells through a model of scvi-tools: what control cells lack is never said to be
//! what they have, and a stimulated concept shows the response.
#![allow(clippy::unwrap_used)] // all of this file is tests

use cellprism_core::bundle::{ConceptDetail, Maybe, SideGene};
use cellprism_tests::{Bundle, cellprism, shared_data};
use tempfile::TempDir;

/// Genes of the response that resting blood cells hardly have.
const RESPONSE: [&str; 6] = ["ISG15", "IFI6", "IFIT1", "IFIT3", "ISG20", "LY6E"];
const LABELS: [&str; 3] = ["interferon", "virus", "viral"];

fn first_carried(genes: &[SideGene], headline: u32, n: usize) -> Vec<&str> {
    genes.iter().filter(|gene| gene.carried_by >= headline).take(n).map(|gene| gene.symbol.as_str()).collect()
}

#[test]
fn what_control_cells_lack_is_not_what_they_have() {
    let Some(data) = shared_data("interferon PBMC") else { return };
    let work = TempDir::new().unwrap();
    let (model, out) = (work.path().join("model"), work.path().join("bundle"));
    cellprism(&[&"import", &"scvi", &data.join("reference/models/scvi_kang"), &"--out", &model]).succeeded();
    let (cells, sets) = (data.join("kang_ifnb.h5ad"), data.join("gmt/GO_Biological_Process_2025.gmt.gz"));
    let labels = "cell_type,stim";
    cellprism(&[
        &"run",
        &"--cells",
        &cells,
        &"--model",
        &model,
        &"--gene-sets",
        &sets,
        &"--labels",
        &labels,
        &"--concepts",
        &"100",
        &"--active",
        &"3",
        &"--min-size",
        &"10",
        &"--out",
        &out,
    ])
    .succeeded();
    let bundle = Bundle(out);
    let mut most = 0;
    let (mut control, mut lacking) = (0, 0);
    for concept in bundle.living_concepts().filter(|concept| concept.cells >= 20) {
        let Maybe::Value(reading) = &concept.reading else { panic!("no reading") };
        let has = first_carried(&reading.presence.genes, reading.headline, 10);
        let of_response = |genes: &[&str]| genes.iter().filter(|gene| RESPONSE.contains(gene)).count();
        let stimulated = share(&concept, "STIM");
        if stimulated >= 0.7 {
            most = most.max(of_response(&has));
        }
        if stimulated <= 0.2 {
            control += 1;
            let presence = concept.labels.presence.as_ref().filter(|label| label.survives);
            let misleading = presence
                .is_some_and(|label| LABELS.iter().any(|word| label.term.to_lowercase().contains(word)));
            assert!(!misleading, "concept {} of control cells: {presence:?}", concept.id.0);
            let lacks = first_carried(&reading.absence.genes, reading.headline, 10);
            lacking += usize::from(of_response(&lacks) >= 3);
        }
    }
    assert!(control >= 5 && lacking >= 1, "{control} concepts of control cells, {lacking} lack the response");
    assert!(most >= 4, "a stimulated concept shows {most} of {RESPONSE:?} among its ten carried genes");
}

/// Share of a concept's cells with a label of the column `stim`.
fn share(concept: &ConceptDetail, label: &str) -> f64 {
    let column = concept.columns.iter().find(|column| column.column == "stim").unwrap();
    let with = column.labels.iter().find(|count| count.label == label).map_or(0, |count| count.active);
    f64::from(with) / f64::from(concept.cells)
}
