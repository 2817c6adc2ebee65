//! Disks that are full or read-only, damaged files, a database that somebody else holds: the server lives on, says what is
//! wrong and what to do, and nothing that was accepted is lost.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::LazyLock,
    thread::sleep,
    time::{Duration, Instant},
};

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::{
    disk::{Mounted, fill},
    server::{Server, assert_same, by_run},
};

/// What the jobs here are told, and what `run` is.
const SETTINGS: [(&str, u64); 4] = [("concepts", 60), ("active", 4), ("epochs", 400), ("min_size", 5)];

/// The bundle of a job to which nothing happened.
static UNDISTURBED: LazyLock<BTreeMap<String, Vec<u8>>> = LazyLock::new(|| {
    let words: Vec<String> = SETTINGS
        .iter()
        .flat_map(|(name, value)| [format!("--{}", name.replace('_', "-")), value.to_string()])
        .collect();
    by_run(&words.iter().map(String::as_str).collect::<Vec<_>>())
});

fn request(server: &Server) -> Value {
    server.prepared(SETTINGS.iter().map(|&(name, value)| (name.to_owned(), json!(value))).collect())
}

fn submit(server: &Server, request: &Value) -> String {
    server.post("/jobs", request).is(202).json()["id"].as_str().unwrap().to_owned()
}

/// Waits until something is so.
fn until(what: &str, so: impl Fn() -> bool) {
    let began = Instant::now();
    while !so() {
        assert!(began.elapsed() < Duration::from_secs(300), "it never comes to this: {what}");
        sleep(Duration::from_millis(20));
    }
}

fn state(server: &Server, job: &str) -> Value {
    server.get(&format!("/api/v1/jobs/{job}")).is(200).json()
}

fn offset(server: &Server, id: &str) -> usize {
    let told = server.ask("HEAD", &format!("/api/v1/uploads/{id}"), "Tus-Resumable: 1.0.0\r\n", b"").is(200);
    told.headers["upload-offset"].parse().unwrap()
}

fn begin(server: &Server, length: usize) -> crate::server::Answer {
    let told = format!("Tus-Resumable: 1.0.0\r\nUpload-Length: {length}\r\n");
    server.ask("POST", "/api/v1/uploads", &told, b"")
}

/// A job that failed goes on when it is asked to, and gives what an undisturbed one does.
fn retried(server: &Server, job: &str) {
    server.ask("POST", &format!("/api/v1/jobs/{job}/retry"), "", b"").is(202);
    let ended = server.ended(job);
    assert_eq!(ended["state"], "succeeded", "{ended}");
    assert_same(&server.bundle(job), &UNDISTURBED);
}

#[test]
fn a_full_disk_is_said_and_nothing_accepted_is_lost() {
    let mut server = Server::ready(&[]);
    fs::create_dir(server.at("data")).unwrap();
    let Some(_disk) = Mounted::small(&server.at("data"), 160, "a full disk") else { return };
    server.begin();
    let request = request(&server);
    let content = vec![42; 3_000_000];
    let upload = server.begin_upload(content.len(), "eA==");
    server.piece(&upload, 0, &content[..1_000_000]).is(204);
    let job = submit(&server, &request);
    until("the job trains", || state(&server, &job)["stage"] == "train");
    let filler = server.at("data/filler");
    fill(&filler);

    let said = server.piece(&upload, 1_000_000, &content[1_000_000..]).problem(507);
    assert!(said.contains("full") && said.contains("make room"), "{said}");
    let kept = offset(&server, &upload);
    assert!(kept >= 1_000_000, "{kept}");
    let said = begin(&server, 10).problem(507);
    assert!(said.contains("full") && said.contains("make room"), "{said}");
    let refused = server.post("/jobs", &request);
    assert!(refused.status == 202 || refused.problem(507).contains("full"));
    server.get("/health/live").is(200);
    assert!(server.get("/health/ready").problem(503).contains("full"));
    server.get("/api/v1/jobs").is(200);
    until("the job cannot go on", || server.workers().is_empty());
    assert!(server.is_alive());

    fs::remove_file(&filler).unwrap();
    let ended = server.ended(&job);
    assert_eq!(ended["state"], "failed", "{ended}");
    let error = ended["error"].as_str().unwrap();
    assert!(error.contains("full") && error.contains("retry"), "{error}");
    server.get("/health/ready").is(200);
    server.piece(&upload, kept, &content[kept..]).is(204);
    assert_eq!(fs::read(server.at(&format!("data/uploads/{upload}"))).unwrap(), content);
    retried(&server, &job);
    // and all of it is there for a server that begins anew
    server.kill();
    server.begin();
    assert_eq!(state(&server, &job)["state"], "succeeded");
    assert_eq!(offset(&server, &upload), content.len());
}

#[test]
fn a_quota_is_said_before_the_disk_is_full() {
    let server = Server::start(&["--quota", "3M"]);
    begin(&server, 1_000_000).is(201);
    let said = begin(&server, 3_000_000).problem(507);
    assert!(said.contains("--quota"), "{said}");
}

#[test]
fn a_read_only_folder_is_said_and_a_job_can_be_retried() {
    let mut server = Server::start(&[]);
    let request = request(&server);
    let content = vec![42; 1_000_000];
    let upload = server.begin_upload(content.len(), "eA==");
    server.piece(&upload, 0, &content[..400_000]).is(204);
    let bundles = server.at("data/bundles");
    let Some(fixed) = Mounted::read_only(&bundles, "a read-only folder") else { return };
    let job = submit(&server, &request);
    let ended = server.ended(&job);
    assert_eq!(ended["state"], "failed", "{ended}");
    let error = ended["error"].as_str().unwrap();
    assert!(error.contains("read-only") && error.contains("retry"), "{error}");

    let uploads = Mounted::read_only(&server.at("data/uploads"), "a read-only folder").unwrap();
    for answer in [begin(&server, 10), server.piece(&upload, 400_000, &content[400_000..])] {
        let said = answer.problem(503);
        assert!(said.contains("read-only") && said.contains("make it writable"), "{said}");
    }
    assert_eq!(offset(&server, &upload), 400_000);
    drop((uploads, fixed));
    server.piece(&upload, 400_000, &content[400_000..]).is(204);
    assert_eq!(fs::read(server.at(&format!("data/uploads/{upload}"))).unwrap(), content);
    assert!(server.is_alive());
    retried(&server, &job);

    // a folder that can be written to nowhere is refused at the start
    server.kill();
    let _fixed = Mounted::read_only(&server.at("data"), "a read-only folder").unwrap();
    let done = Command::new(cellprism_tests::program())
        .args(["serve", "--bind", "127.0.0.1:0", "--data-dir"])
        .arg(server.at("data"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.code() == Some(1) && said.contains("cannot be written to"), "{said}");
}

/// Files of a folder, the largest first.
fn by_size(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<(u64, PathBuf)> = cellprism_tests::files_of(folder)
        .into_iter()
        .map(|(name, content)| (content.len() as u64, folder.join(name)))
        .collect();
    files.sort();
    files.into_iter().rev().map(|(_, file)| file).collect()
}

/// Turns a byte in the middle of a file around.
fn damage(file: &Path) {
    let mut content = fs::read(file).unwrap();
    let middle = content.len() / 2;
    content[middle] ^= 0x55;
    fs::write(file, content).unwrap();
}

#[test]
fn damaged_parts_are_made_again_and_damaged_cells_are_refused() {
    let mut server = Server::start(&[]);
    let request = request(&server);
    let job = submit(&server, &request);
    until("the job trains", || state(&server, &job)["stage"] == "train");
    server.kill();
    let partial = server.at(&format!("data/bundles/{job}.partial"));
    let parts = by_size(&partial);
    let damaged: Vec<&PathBuf> =
        parts.iter().filter(|part| fs::metadata(part).unwrap().len() > 5000).collect();
    assert!(!damaged.is_empty(), "{parts:?}");
    damaged.iter().for_each(|part| damage(part));
    server.begin();
    let ended = server.ended(&job);
    assert_eq!(ended["state"], "succeeded", "{ended}; damaged: {damaged:?}");
    assert_same(&server.bundle(&job), &UNDISTURBED);

    // the cells themselves: a bundle of other cells would be wrong in silence
    let cells = by_size(&server.at("data/files")).remove(0);
    damage(&cells);
    let other = submit(&server, &request);
    let ended = server.ended(&other);
    assert_eq!(ended["state"], "failed", "{ended}");
    assert!(ended["error"].as_str().unwrap().contains("damaged"), "{ended}");
    damage(&cells);
    retried(&server, &other);
}

#[test]
fn a_database_that_another_program_holds_is_waited_for_and_said() {
    let mut server = Server::start(&[]);
    let request = request(&server);
    let upload = server.begin_upload(1000, "eA==");
    let job = submit(&server, &request);
    until("the job runs", || state(&server, &job)["state"] == "running");

    let other = Connection::open(server.at("data/state.sqlite")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let said = begin(&server, 10);
    assert!(said.headers.contains_key("retry-after"), "{said:?}");
    assert!(said.problem(503).contains("locked by another program"));
    let began = Instant::now();
    for _ in 0..10 {
        server.post("/jobs", &request).problem(503);
        // what is only read is there
        server.get("/api/v1/jobs").is(200);
        server.get("/health/live").is(200);
    }
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    server.piece(&upload, 0, &[1; 1000]).problem(503);
    server.get("/health/ready").problem(503);
    sleep(Duration::from_secs(3));
    other.execute_batch("ROLLBACK").unwrap();

    assert!(server.is_alive());
    let at = offset(&server, &upload);
    assert_eq!(at, 0, "what was not noted is not told");
    server.piece(&upload, at, &[1; 1000]).is(204);
    let ended = server.ended(&job);
    assert_eq!(ended["state"], "succeeded", "{ended}");
    assert_same(&server.bundle(&job), &UNDISTURBED);
    assert_eq!(server.get("/api/v1/jobs").is(200).json().as_array().unwrap().len(), 1);
}
