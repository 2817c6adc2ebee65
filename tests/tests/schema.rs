//! The published JSON Schema is the one of the types, and a bundle written by the program fits it.
#![allow(clippy::unwrap_used)] // all of this file is tests

use std::{collections::BTreeSet, fs, path::Path};

use cellprism_core::bundle::json_schemas;

#[test]
fn docs_schema_is_that_of_the_types() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/schema");
    let there: BTreeSet<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let schemas = json_schemas();
    let wanted: BTreeSet<String> = schemas.iter().map(|(name, _)| format!("{name}.json")).collect();
    assert_eq!(there, wanted, "cargo xtask schema writes docs/schema anew");
    for (name, schema) in schemas {
        let text = fs::read_to_string(folder.join(format!("{name}.json"))).unwrap();
        let same = text == serde_json::to_string_pretty(&schema).unwrap() + "\n";
        assert!(same, "docs/schema/{name}.json is not that of the type: cargo xtask schema writes it anew");
    }
}
