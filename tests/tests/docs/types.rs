//! `docs/reference/json.md`: the fields of every JSON file, from the types that read and write them.

use std::{collections::BTreeMap, fmt::Write};

use cellprism_core::bundle::json_schemas;
use serde_json::Value;

use crate::is_current;

/// Where each schema's file is.
const FILES: [(&str, &str); 14] = [
    ("manifest", "manifest.json"),
    ("files", "files.json"),
    ("model", "model/model.json"),
    ("sae.cfg", "sae/cfg.json"),
    ("cells.ids", "cells/ids.json"),
    ("cells.metadata", "cells/metadata.json"),
    ("genes.index", "genes/index.json"),
    ("genes.descriptions", "genes/descriptions.NN.json"),
    ("gene_sets", "gene_sets/LIBRARY.json"),
    ("concepts.index", "concepts/index.json, neurons/index.json"),
    ("concept", "concepts/NNNN.json, neurons/NNNN.json"),
    ("metrics", "evaluation/metrics.json"),
    ("evaluation", "evaluation/evaluation.json"),
    ("bundles", "bundles/index.json of a site"),
];

#[test]
fn the_fields_are_those_of_the_types() {
    let schemas: BTreeMap<String, Value> = json_schemas()
        .into_iter()
        .map(|(name, schema)| (name.to_string(), serde_json::to_value(schema).unwrap()))
        .collect();
    let mut page = String::from(
        "# JSON files\n\nEvery JSON file of a bundle with its fields, written by `cargo xtask docs` from the types that read and \
         write them. As JSON Schema: [`docs/schema`](../schema/manifest.json). Types of several files stand [below](#types).\n",
    );
    let mut types = BTreeMap::new();
    for (name, path) in FILES {
        let schema = schemas.get(name).unwrap_or_else(|| panic!("no schema {name}"));
        write!(page, "\n## {path}\n\n").unwrap();
        let known = &schema["$defs"];
        table(schema, known, &mut page);
        for (name, one) in known.as_object().into_iter().flatten().filter(|(name, _)| !is_maybe(name)) {
            let before = types.insert(name.clone(), (one.clone(), known.clone()));
            assert!(before.is_none_or(|(before, _)| before == *one), "two types are named {name}");
        }
    }
    assert_eq!(FILES.len(), schemas.len(), "every schema has its file: {:?}", schemas.keys());
    page.push_str("\n## Types\n");
    for (name, (schema, known)) in &types {
        write!(page, "\n### {name}\n\n").unwrap();
        table(schema, known, &mut page);
    }
    is_current("reference/json.md", &page);
}

/// Values that may be not available: their numbers differ from file to file, so they are told where they are used.
fn is_maybe(name: &str) -> bool {
    name.strip_prefix("Maybe").is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit()))
}

/// What a schema says, and its fields; `known` are the types of its file.
fn table(schema: &Value, known: &Value, page: &mut String) {
    let mut parts: Vec<String> = schema["description"].as_str().map(one_line).into_iter().collect();
    let Some(fields) = schema["properties"].as_object() else {
        parts.extend(Some(values(schema, known)).filter(|said| !said.is_empty()));
        writeln!(page, "{}", parts.join("\n\n")).unwrap();
        return;
    };
    for part in parts {
        write!(page, "{part}\n\n").unwrap();
    }
    page.push_str("| field | type | meaning |\n|---|---|---|\n");
    for (name, field) in fields {
        let needed = schema["required"].as_array().is_some_and(|all| all.iter().any(|one| one == name));
        let kind = kind(field, known) + if needed { "" } else { ", optional" };
        let text = one_line(field["description"].as_str().unwrap_or_default());
        writeln!(page, "| `{name}` | {kind} | {text} |").unwrap();
    }
}

/// The values of an enumeration, or what an alias stands for.
fn values(schema: &Value, known: &Value) -> String {
    if let Some(all) = schema["oneOf"].as_array().or(schema["anyOf"].as_array()) {
        let said = |one: &Value| {
            let name = one["const"].as_str().map_or_else(|| kind(one, known), |name| format!("`{name}`"));
            let text = one["description"].as_str().map(one_line).unwrap_or_default();
            format!("- {name}{}{text}", if text.is_empty() { "" } else { ": " })
        };
        return all.iter().map(said).collect::<Vec<_>>().join("\n");
    }
    if schema["enum"].is_array() || schema["type"].is_string() {
        return kind(schema, known);
    }
    String::new()
}

/// A type in words.
fn kind(schema: &Value, known: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap();
        if is_maybe(name) {
            return format!("{} or `{{\"not_available\": …}}`", kind(&known[name]["anyOf"][0], known));
        }
        return format!("[{name}](#{})", name.to_lowercase());
    }
    if let Some(all) = schema["anyOf"].as_array().or(schema["oneOf"].as_array()) {
        return all.iter().map(|one| kind(one, known)).collect::<Vec<_>>().join(" or ");
    }
    if let Some(all) = schema["enum"].as_array() {
        return all
            .iter()
            .map(|one| format!("`{}`", one.as_str().unwrap_or_default()))
            .collect::<Vec<_>>()
            .join(" or ");
    }
    if let Some(one) = schema["const"].as_str() {
        return format!("`{one}`");
    }
    if let Some(all) = schema["type"].as_array() {
        return all.iter().map(|one| one.as_str().unwrap()).collect::<Vec<_>>().join(" or ");
    }
    match schema["type"].as_str() {
        Some("array") => format!("array of {}", kind(&schema["items"], known)),
        Some("object") if schema["additionalProperties"].is_object() => {
            format!("object of {}", kind(&schema["additionalProperties"], known))
        }
        Some(name) => name.to_owned(),
        None => "any".to_owned(),
    }
}

/// A text for a cell of a table.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|").replace('<', "&lt;")
}
