//! scGPT over HTTP: a model of sequences makes a job's bundle and answers questions about it as scVI does.

use cellprism_tests::{TINY_SCGPT_GENES as GENES, tiny_scgpt};
use serde_json::{Value, json};

use crate::server::Server;

/// The embeddings of a bundle's cells by their place, as `encode` gives them for counts that are sent.
fn encoded(server: &Server, bundle: &str, counts: &[Vec<u32>]) -> Value {
    let cells = json!({"genes": GENES, "counts": counts});
    server.post("/encode", &json!({"bundle": bundle, "cells": cells})).is(200).json()
}

#[test]
fn scgpt_makes_a_bundle_and_answers_questions_about_it() {
    for sequence in ["fixed-hvg", "nonzero"] {
        let work = tempfile::tempdir().unwrap();
        let mut server = Server::ready(&[]);
        server.models = tiny_scgpt(work.path()).parent().unwrap().to_owned();
        server.begin();
        let settings = json!({
            "concepts": 12, "active": 3, "epochs": 60, "min_size": 2, "prototypes": 2, "counterfactuals": 1,
            "sequence": sequence,
        });
        let mut request = server.prepared(settings);
        request["model"] = json!("scgpt");
        let job = server.post("/jobs", &request).is(202).json()["id"].as_str().unwrap().to_owned();
        let ended = server.ended(&job);
        assert_eq!(ended["state"], "succeeded", "{sequence}: {ended}");

        let counts = [vec![5, 0, 0, 0, 9, 0], vec![0, 4, 0, 2, 0, 0]];
        let both = encoded(&server, &job, &counts);
        let alone = encoded(&server, &job, &counts[1..]);
        assert_eq!(both["values"][1], alone["values"][0], "{sequence}: the same bits alone and among others");
        assert_eq!((&both["concepts"], &both["active"]), (&json!(12), &json!(3)));
        assert_eq!(both["embeddings"][0].as_array().unwrap().len(), 8);
        assert_ne!(both["embeddings"][0], both["embeddings"][1]);

        let index = server.get(&format!("/bundles/{job}/concepts/index.json")).json();
        let rows = index["rows"].as_array().unwrap().iter();
        let mut rows: Vec<&Value> =
            rows.filter(|row| (1..700).contains(&row["cells"].as_u64().unwrap())).collect();
        rows.sort_by_key(|row| row["cells"].as_u64());
        let concept = rows.last().unwrap()["id"].as_u64().unwrap();
        let detail = server.get(&format!("/bundles/{job}/concepts/{concept:04}.json")).is(200).json();
        let prototype = &detail["prototypes"][0];
        let asked =
            json!({"bundle": job, "concept": concept, "cell": prototype["cell"], "counterfactuals": 1});
        let why = server.post("/explain", &asked).is(200).json();
        let (ours, theirs) = (why["activation"].as_f64().unwrap(), prototype["activation"].as_f64().unwrap());
        assert!((ours - theirs).abs() <= 1e-4 * theirs, "{sequence}: {ours} {theirs}");
        let named: Vec<&str> =
            why["genes"].as_array().unwrap().iter().map(|gene| gene["gene"].as_str().unwrap()).collect();
        assert!(named.iter().all(|gene| GENES.contains(gene)), "{named:?}");
        let said = server.post("/steer", &json!({"bundle": job, "concept": concept, "to": 0.0})).problem(422);
        assert!(said.to_lowercase().contains("scvi"), "{said}");
    }
}
