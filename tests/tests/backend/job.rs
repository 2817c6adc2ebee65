//! One job from upload to bundle, and what can be asked of that.

use std::{
    fs,
    thread::sleep,
    time::{Duration, Instant},
};

use cellprism_tests::demo_data;
use serde_json::{Value, json};

use crate::server::{Server, assert_same, by_run};

/// Numbers of the events in a stream, and the whole.
fn events(server: &Server, job: &str, after: &str) -> (Vec<u64>, String) {
    let answer = server.ask("GET", &format!("/api/v1/jobs/{job}/events"), after, b"").is(200);
    assert!(answer.headers["content-type"].starts_with("text/event-stream"));
    let text = String::from_utf8(answer.body).unwrap();
    (text.lines().filter_map(|line| line.strip_prefix("id: ")?.parse().ok()).collect(), text)
}

#[test]
fn a_job_over_http_writes_what_run_writes_and_its_bundle_answers() {
    let mut server = Server::start(&["--queue", "2"]);
    let request =
        server.prepared(json!({"concepts": 40, "active": 4, "epochs": 60, "seed": 3, "min_size": 5}));
    let submitted = |key: &str, body: &Value| {
        let told = format!("Content-Type: application/json\r\nIdempotency-Key: {key}\r\n");
        server.ask("POST", "/api/v1/jobs", &told, body.to_string().as_bytes())
    };
    let job = submitted("once", &request).is(202).json()["id"].as_str().unwrap().to_owned();
    assert_eq!(submitted("once", &request).is(202).json()["id"], json!(job));
    let mut other = request.clone();
    other["seed"] = json!(4);
    assert!(submitted("once", &other).problem(422).contains("Idempotency-Key"));

    let ended = server.ended(&job);
    assert_eq!(ended["state"], "succeeded", "{ended}");
    assert_eq!(
        (&ended["parameters"]["permutations"], &ended["parameters"]["learning_rate"]),
        (&json!(1000), &json!(1e-3))
    );
    let name = ended["bundle"].as_str().unwrap();
    let expected =
        by_run(&["--concepts", "40", "--active", "4", "--epochs", "60", "--seed", "3", "--min-size", "5"]);
    assert_same(&server.bundle(name), &expected);

    // events: numbered without gaps, from any on, also after a restart
    let (ids, text) = events(&server, &job, "");
    assert!(ids.len() >= 6 && ids.iter().copied().eq(1..=ids.len() as u64), "{ids:?}");
    assert!(text.contains("event: progress") && text.contains("\"stage\":\"train\""), "{text}");
    server.kill();
    server.begin();
    let last = ids[ids.len() - 3];
    assert_eq!(events(&server, &job, &format!("Last-Event-ID: {last}\r\n")).0, [last + 1, last + 2]);
    let all = format!("Last-Event-ID: {}\r\n", ids.len());
    server.ask("GET", &format!("/api/v1/jobs/{job}/events"), &all, b"").is(204);
    assert_eq!(server.bundle(name).len(), expected.len(), "shown after a restart, too");

    questions(&server, name, &request);
    labels(&server, name);
    server.ask("DELETE", &format!("/api/v1/jobs/{job}"), "", b"").is(204);
    server.get(&format!("/bundles/{name}/manifest.json")).problem(404);
    server.get(&format!("/api/v1/jobs/{job}")).problem(404);
    let left: Vec<_> = fs::read_dir(server.at("data/bundles")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

/// What is answered at once agrees with the bundle.
fn questions(server: &Server, bundle: &str, request: &Value) {
    let index = server.get(&format!("/bundles/{bundle}/concepts/index.json")).json();
    let rows = index["rows"].as_array().unwrap();
    let largest = rows.iter().max_by_key(|row| row["cells"].as_u64()).unwrap()["id"].as_u64().unwrap();
    let detail = server.get(&format!("/bundles/{bundle}/concepts/{largest:05}.json"));
    let detail = if detail.status == 200 {
        detail
    } else {
        server.get(&format!("/bundles/{bundle}/concepts/{largest:04}.json"))
    };
    let prototype = detail.json()["prototypes"][0].clone();
    let cell = prototype["cell"].as_u64().unwrap();

    let asked = json!({"bundle": bundle, "concept": largest, "cell": cell, "counterfactuals": 2});
    let why = server.post("/explain", &asked).is(200).json();
    let (ours, theirs) = (why["activation"].as_f64().unwrap(), prototype["activation"].as_f64().unwrap());
    assert!((ours - theirs).abs() <= 1e-4 * theirs, "{ours} {theirs}");
    assert_eq!(why["counterfactuals"].as_array().unwrap().len(), 2);
    assert!(!why["genes"].as_array().unwrap().is_empty());
    let beyond = json!({"bundle": bundle, "concept": 40, "cell": cell});
    assert!(server.post("/explain", &beyond).problem(422).contains("0-39"));

    let cells = json!({"genes": ["LYZ", "CD3D", "MS4A1"], "counts": [[5, 0, 0], [0, 3, 0]]});
    let found = server.post("/encode", &json!({"bundle": bundle, "cells": cells})).is(200).json();
    assert_eq!((found["values"].as_array().unwrap().len(), found["concepts"].as_u64()), (2, Some(40)));
    let alone = json!({"genes": ["LYZ", "CD3D", "MS4A1"], "counts": [[0, 3, 0]]});
    let one = server.post("/encode", &json!({"bundle": bundle, "cells": alone})).is(200).json();
    assert_eq!(one["values"][0], found["values"][1], "the same bits alone and among others");
    let short = json!({"genes": ["LYZ"], "counts": [[1, 2]]});
    assert!(
        server.post("/encode", &json!({"bundle": bundle, "cells": short})).problem(422).contains("row 0")
    );

    let steered =
        server.post("/steer", &json!({"bundle": bundle, "concept": largest, "scale": 0.0})).is(200).json();
    assert_eq!(steered["activation"]["after"], json!(0.0));
    server.post("/steer", &json!({"bundle": bundle, "concept": largest})).problem(422);

    let ranking: Vec<Value> = genes(server, bundle)
        .into_iter()
        .enumerate()
        .map(|(at, gene)| json!([gene, 1.0 / (1.0 + at as f64)]))
        .collect();
    let asked =
        json!({"ranking": ranking, "gene_sets": request["gene_sets"], "permutations": 50, "min_size": 3});
    let tested = server.post("/enrich", &asked).is(200).json();
    assert!(!tested["sets"].as_array().unwrap().is_empty());
    assert_eq!(tested["parameters"]["permutations"], json!(50));
}

fn genes(server: &Server, bundle: &str) -> Vec<String> {
    let index = server.get(&format!("/bundles/{bundle}/genes/index.json")).json();
    serde_json::from_value(index["symbols"].clone()).unwrap()
}

fn labels(server: &Server, bundle: &str) {
    let path = format!("/api/v1/bundles/{bundle}/labels");
    let none = server.get(&path).is(200);
    assert_eq!((none.headers["etag"].as_str(), none.json()["labels"].clone()), ("\"0\"", json!({})));
    let write = |tag: &str, label: &str| {
        let told = format!("Content-Type: application/json\r\n{tag}");
        server.ask("PUT", &path, &told, json!({"labels": {"3": label}}).to_string().as_bytes())
    };
    assert_eq!(write("If-Match: \"0\"\r\n", "T cells").is(200).headers["etag"], "\"1\"");
    write("If-Match: \"0\"\r\n", "B cells").problem(412);
    write("", "B cells").problem(428);
    write("If-Match: \"1\"\r\n", "B cells").is(200);
    let history = server.get(&format!("{path}/history")).is(200).json();
    let said: Vec<&Value> = history.as_array().unwrap().iter().map(|one| &one["labels"]["3"]).collect();
    assert_eq!(said, [&json!("B cells"), &json!("T cells")]);
}

#[test]
fn a_job_is_stopped_within_seconds_and_a_full_queue_says_so() {
    let server = Server::start(&["--queue", "2"]);
    let mut request = server.prepared(json!({"concepts": 200, "active": 4, "epochs": 1_000_000}));
    let job = server.post("/jobs", &request).is(202).json()["id"].as_str().unwrap().to_owned();
    let began = Instant::now();
    while server.get(&format!("/api/v1/jobs/{job}")).json()["stage"] != "train" {
        assert!(began.elapsed() < Duration::from_secs(300));
        sleep(Duration::from_millis(50));
    }
    for seed in 0..2 {
        request["seed"] = json!(seed);
        server.post("/jobs", &request).is(202);
    }
    let full = server.post("/jobs", &request);
    assert_eq!(full.headers["retry-after"], "30");
    full.problem(429);
    let dataset = format!("/api/v1/datasets/{}", request["dataset"].as_str().unwrap());
    assert!(server.ask("DELETE", &dataset, "", b"").problem(409).contains("needs it"));
    for one in server.get("/api/v1/jobs?state=queued").json().as_array().unwrap() {
        let path = format!("/api/v1/jobs/{}/cancel", one["id"].as_str().unwrap());
        assert_eq!(server.ask("POST", &path, "", b"").is(202).json()["state"], "cancelled");
    }
    server.ask("POST", &format!("/api/v1/jobs/{job}/cancel"), "", b"").is(202);
    let began = Instant::now();
    assert_eq!(server.ended(&job)["state"], "cancelled");
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    let left: Vec<_> = fs::read_dir(server.at("data/bundles")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
    server.ask("DELETE", &dataset, "", b"").is(204);
}

#[test]
fn a_bad_file_is_refused_with_words_and_a_good_one_found_by_its_path() {
    let server = Server::start(&[]);
    let cells = fs::read(demo_data().join("cells.h5ad")).unwrap();
    let half = server.at("half.h5ad");
    fs::write(&half, &cells[..cells.len() / 2]).unwrap();
    let upload = server.upload(&half, "aGFsZi5oNWFk");
    let said = server.post("/datasets", &json!({"upload": upload, "name": "half"})).problem(422);
    assert!(said.contains("half.h5ad") && !said.contains("/uploads/"), "{said}");

    fs::write(server.at("datasets/here.h5ad"), &cells).unwrap();
    let found = server.post("/datasets", &json!({"path": "here.h5ad", "name": "here"})).is(201).json();
    assert!(found["columns"].as_array().unwrap().iter().all(Value::is_string));
    let audit = &found["gene_audit"][0];
    assert_eq!(audit["model"], "scvi");
    assert!(audit["genes"]["matched"].as_u64().unwrap() > 0, "{audit}");
    for path in ["../data/state.sqlite", "/etc/passwd", "", "nothing.h5ad", "a/../here.h5ad"] {
        server.post("/datasets", &json!({"path": path, "name": "x"})).problem(422);
    }

    // a checkpoint that is uploaded becomes a model
    let checkpoint = server.upload(&demo_data().join("scvi/model.pt"), "bW9kZWwucHQ=");
    let model =
        server.post("/models", &json!({"upload": checkpoint, "kind": "scvi", "name": "mine"})).is(201).json();
    let known = server.get("/api/v1/models").json();
    let names: Vec<&Value> = known.as_array().unwrap().iter().map(|one| &one["id"]).collect();
    assert_eq!(names, [&json!("scvi"), &model["id"]]);
    let again = server.upload(&half, "aGFsZi5oNWFk");
    server.post("/models", &json!({"upload": again, "kind": "scvi"})).problem(422);
}
