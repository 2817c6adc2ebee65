//! What nobody should send: each is refused with words, and the server goes on.

use serde_json::{Value, json};

use crate::server::Server;

/// Names that lead, or seem to lead, elsewhere.
const NAMES: [&str; 24] = [
    "nope",
    "..",
    "%2e%2e",
    "..%2f..%2fetc%2fpasswd",
    "%00",
    "a%00b",
    "-1",
    "0",
    "18446744073709551616",
    "%ff%fe",
    "'%20OR%201=1--",
    "%22;DROP%20TABLE%20jobs",
    "..%5c..%5cwindows",
    "%252e%252e",
    "NaN",
    "null",
    "%0d%0aSet-Cookie:%20x",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "%F0%9F%A7%AC",
    "con",
    "state.sqlite",
    ".",
    "%2F",
    "_",
];

/// What can be asked of something by its name.
const OF_ONE: [(&str, &str); 13] = [
    ("GET", "/api/v1/jobs/{}"),
    ("DELETE", "/api/v1/jobs/{}"),
    ("POST", "/api/v1/jobs/{}/cancel"),
    ("POST", "/api/v1/jobs/{}/retry"),
    ("PUT", "/api/v1/jobs/{}/pin"),
    ("GET", "/api/v1/jobs/{}/events"),
    ("GET", "/api/v1/datasets/{}"),
    ("DELETE", "/api/v1/datasets/{}"),
    ("DELETE", "/api/v1/uploads/{}"),
    ("PATCH", "/api/v1/uploads/{}"),
    ("GET", "/api/v1/bundles/{}/labels"),
    ("GET", "/bundles/{}/manifest.json"),
    ("GET", "/bundles/x/{}"),
];

/// Where JSON is sent.
const WITH_BODY: [&str; 8] = [
    "/api/v1/datasets",
    "/api/v1/gene-sets",
    "/api/v1/models",
    "/api/v1/jobs",
    "/api/v1/encode",
    "/api/v1/explain",
    "/api/v1/enrich",
    "/api/v1/steer",
];

/// Bodies that are no request.
fn bodies() -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = [
        "",
        "{",
        "[]",
        "null",
        "1e999",
        "\"x\"",
        "{}",
        "{\"a\":1}",
        "\u{feff}{}",
        "{\"dataset\":1}",
        "NaN",
        "{'a':1}",
    ]
    .iter()
    .map(|text| text.as_bytes().to_vec())
    .collect();
    all.push(vec![0xff; 100]);
    all.push(b"[".repeat(100_000));
    all.push(vec![b'{'; 2 << 20]);
    for name in ["../../etc/passwd", "", "\u{0}", "a\u{202e}b", "'; DROP TABLE jobs; --"] {
        all.push(json!({"upload": name, "name": name}).to_string().into_bytes());
        all.push(json!({"path": name, "name": "x"}).to_string().into_bytes());
        all.push(json!({"upload": name, "kind": name}).to_string().into_bytes());
        all.push(json!({"dataset": name, "model": name, "gene_sets": [name]}).to_string().into_bytes());
        all.push(json!({"bundle": name, "concept": 0, "cell": 0}).to_string().into_bytes());
    }
    for (key, value) in [
        ("concepts", json!(0)),
        ("concepts", json!(-1)),
        ("concepts", json!(4e9)),
        ("concepts", json!(1.5)),
        ("active", json!(u32::MAX)),
        ("epochs", json!(u64::MAX)),
        ("learning_rate", json!("1")),
        ("learning_rate", json!(-1)),
        ("seed", json!(-1)),
        ("labels", json!("x")),
        ("prototypes", json!(0)),
        ("permutations", json!(0)),
        ("device", json!("cuda:99")),
        ("device", json!("gpu")),
        ("min_size", json!(900)),
        ("out", json!("/etc")),
        ("overwrite", json!(true)),
        ("title", json!("a/b")),
    ] {
        let mut body = json!({"dataset": "x", "model": "y"});
        body[key] = value;
        all.push(body.to_string().into_bytes());
    }
    all
}

#[test]
fn a_thousand_hostile_requests_are_refused_with_words() {
    let mut server = Server::start(&["--queue", "1"]);
    let mut refused = 0;
    let mut check = |what: &str, answer: Option<crate::server::Answer>| {
        let answer = answer.unwrap_or_else(|| panic!("{what}: no answer"));
        assert!(
            (400..500).contains(&answer.status),
            "{what}: {} {}",
            answer.status,
            String::from_utf8_lossy(&answer.body)
        );
        if answer.headers.get("content-type").is_some_and(|kind| kind == "application/problem+json") {
            let body: Value =
                serde_json::from_slice(&answer.body).unwrap_or_else(|error| panic!("{what}: {error}"));
            assert_eq!(body["status"], json!(answer.status), "{what}");
            let detail = body["detail"].as_str().unwrap();
            assert!(!detail.contains("/data/") && !detail.contains("panicked"), "{what}: {detail}");
            refused += 1;
        } else {
            panic!("{what}: {} without words", answer.status);
        }
    };
    for (method, path) in OF_ONE {
        for name in NAMES {
            for headers in ["", "Tus-Resumable: 1.0.0\r\n"] {
                let path = path.replace("{}", name);
                // Two names of something that is there: the list of bundles, and the folder itself.
                check(&format!("{method} {path}"), server.tried(method, &path, headers, b""));
            }
        }
    }
    for path in WITH_BODY {
        for body in bodies() {
            let told = "Content-Type: application/json\r\n";
            check(
                &format!("POST {path} {}", String::from_utf8_lossy(&body[..body.len().min(80)])),
                server.tried("POST", path, told, &body),
            );
        }
        for kind in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/jsonx",
            "multipart/form-data; boundary=x",
            "",
        ] {
            check(
                &format!("POST {path} as {kind}"),
                server.tried("POST", path, &format!("Content-Type: {kind}\r\n"), b"{}"),
            );
        }
        for method in ["PUT", "PATCH", "DELETE", "TRACE", "LINK"] {
            check(&format!("{method} {path}"), server.tried(method, path, "", b""));
        }
    }
    for length in ["", "-1", "+1", "1e3", "0x10", "99999999999999999999", "9223372036854775807", "1 1"] {
        let told = format!("Tus-Resumable: 1.0.0\r\nUpload-Length: {length}\r\n");
        check(&format!("an upload of {length}"), server.tried("POST", "/api/v1/uploads", &told, b""));
    }
    let whole = server.begin_upload(10, "eA==");
    for (offset, piece, more) in [
        ("11", 1, ""),
        ("5", 1, ""),
        ("-1", 1, ""),
        ("0", 11, ""),
        ("0", 5, "Upload-Checksum: md5 AA==\r\n"),
        ("0", 5, "Upload-Checksum: sha256 AA==\r\n"),
        ("0", 5, "Upload-Checksum: sha256 !\r\n"),
        ("", 1, ""),
    ] {
        let told = format!(
            "Tus-Resumable: 1.0.0\r\nUpload-Offset: {offset}\r\nContent-Type: application/offset+octet-stream\r\n{more}"
        );
        let path = format!("/api/v1/uploads/{whole}");
        check(&format!("a piece at {offset}"), server.tried("PATCH", &path, &told, &vec![1; piece]));
    }
    let head =
        server.ask("HEAD", &format!("/api/v1/uploads/{whole}"), "Tus-Resumable: 1.0.0\r\n", b"").is(200);
    assert_eq!(head.headers["upload-offset"], "0", "nothing of it was kept");
    for host in ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1"] {
        for path in ["/api/v1/jobs", "/metrics", "/info", "/docs"] {
            let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
            check(&format!("{path} of {host}"), server.raw(request.as_bytes()));
        }
    }
    for origin in ["https://evil.example", "null", "http://localhost:1", "file://"] {
        let told = format!("Content-Type: application/json\r\nOrigin: {origin}\r\n");
        check(&format!("a page of {origin}"), server.tried("POST", "/api/v1/jobs", &told, b"{}"));
    }
    assert!(refused >= 1000, "{refused} requests");
    assert!(server.is_alive());
    server.get("/health/ready").is(200);
    assert_eq!(server.get("/api/v1/jobs").is(200).json(), json!([]));
    println!("{refused} hostile requests refused");
}
