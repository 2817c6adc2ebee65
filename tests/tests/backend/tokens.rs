//! Who may do what.

use std::{fs, process::Command};

use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::server::Server;

const NAMES: [(&str, &str, &str); 4] = [
    ("reader", "read", ""),
    ("ana", "submit", "jobs = 1\nbytes = 1000"),
    ("ben", "submit", "requests = 5"),
    ("boss", "admin", ""),
];

#[test]
fn a_role_lets_do_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tokens.toml");
    let text: String = NAMES
        .iter()
        .map(|(name, role, quotas)| {
            let sum = Sha256::digest(format!("the-secret-of-{name}"));
            format!("[[token]]\nname = '{name}'\nrole = '{role}'\nsha256 = '{sum:x}'\n{quotas}\n")
        })
        .collect();
    fs::write(&file, text).unwrap();
    let server = Server::start(&["--tokens", file.to_str().unwrap()]);
    let ask = |who: &str, method: &str, path: &str, more: &str, body: &str| {
        let told = format!("Authorization: Bearer the-secret-of-{who}\r\n{more}");
        server.ask(method, path, &told, body.as_bytes())
    };
    server.get("/api/v1/jobs").problem(401);
    ask("nobody", "GET", "/api/v1/jobs", "", "").problem(401);
    ask("reader", "GET", "/api/v1/jobs", "", "").is(200);
    let begin = |who: &str, length: u64| {
        ask(
            who,
            "POST",
            "/api/v1/uploads",
            &format!("Tus-Resumable: 1.0.0\r\nUpload-Length: {length}\r\n"),
            "",
        )
    };
    assert!(begin("reader", 5).problem(403).contains("read only"));
    begin("ana", 2000).problem(507);
    let upload = begin("ana", 600).is(201).headers["location"].clone();
    begin("ana", 600).problem(507);
    ask("ben", "DELETE", &upload, "Tus-Resumable: 1.0.0\r\n", "").problem(403);
    ask("boss", "DELETE", &upload, "Tus-Resumable: 1.0.0\r\n", "").is(204);
    ask("ana", "GET", "/api/v1/audit", "", "").problem(403);
    let acts = ask("boss", "GET", "/api/v1/audit", "", "").is(200).json();
    let first = acts.as_array().unwrap().iter().find(|act| act["method"] == "DELETE").unwrap();
    assert_eq!(
        (&first["who"], &first["status"], &first["path"]),
        (&json!("boss"), &json!(204), &json!(upload))
    );
    let last = (0..20)
        .map(|_| ask("ben", "GET", "/api/v1/jobs", "", ""))
        .fold(None, |_, answer| Some(answer))
        .unwrap();
    assert!(last.headers.contains_key("retry-after"));
    last.problem(429);
    // a page of another origin, with a password that the browser remembers
    let foreign = "Content-Type: application/json\r\nOrigin: https://evil.example\r\n";
    assert!(ask("boss", "POST", "/api/v1/jobs", foreign, "{}").problem(403).contains("other origins"));
}

#[test]
fn elsewhere_than_here_a_token_is_needed() {
    let folder = tempfile::tempdir().unwrap();
    let done = Command::new(cellprism_tests::program())
        .args(["serve", "--bind", "0.0.0.0:0", "--data-dir"])
        .arg(folder.path().join("data"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(!done.status.success() && said.contains("--token"), "{said}");
    assert!(!folder.path().join("data").exists(), "nothing is left behind");
}
