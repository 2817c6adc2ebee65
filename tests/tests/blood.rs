//! The job on PBMC 3k with the shared scVI model finds what an immunologist would expect.
#![allow(clippy::unwrap_used)] // all of this file is tests

use std::collections::BTreeMap;

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
