//! A server, and a client that knows no more than HTTP.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::LazyLock,
    thread::sleep,
    time::{Duration, Instant},
};

use cellprism_tests::{cellprism, demo_data, program};
use serde_json::{Value, json};

/// The demo's model, imported once for all tests here.
pub static MODEL: LazyLock<PathBuf> = LazyLock::new(|| {
    let work = Path::new(env!("CARGO_TARGET_TMPDIR")).join("backend");
    let _ = fs::remove_dir_all(&work);
    fs::create_dir_all(&work).unwrap();
    let model = work.join("models/scvi");
    cellprism(&[&"import", &"scvi", &demo_data().join("scvi"), &"--out", &model]).succeeded();
    model
});

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its headers, names in small letters.
    pub headers: BTreeMap<String, String>,
    /// Its body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Asserts the status.
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        self
    }

    /// Asserts that it is a problem of this status, and tells its words.
    pub fn problem(self, status: u16) -> String {
        let answer = self.is(status);
        assert_eq!(answer.headers["content-type"], "application/problem+json");
        let body = answer.json();
        for member in ["type", "title", "status", "detail", "instance"] {
            assert!(body.get(member).is_some(), "no {member} in {body}");
        }
        body["detail"].as_str().unwrap().to_owned()
    }
}

/// A server that ends with its test.
pub struct Server {
    process: Option<Child>,
    options: Vec<String>,
    /// Where it listens.
    pub address: String,
    /// Its folder, and that of datasets.
    pub work: tempfile::TempDir,
    /// The folder of models.
    pub models: PathBuf,
}

impl Server {
    /// A server with these further options, in a folder of its own.
    pub fn start(options: &[&str]) -> Self {
        let mut server = Self::ready(options);
        server.begin();
        server
    }

    /// The same, not begun yet.
    pub fn ready(options: &[&str]) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let work = tempfile::tempdir().unwrap();
        fs::create_dir(work.path().join("datasets")).unwrap();
        let options = options.iter().map(|&option| option.to_owned()).collect();
        let models = MODEL.parent().unwrap().to_owned();
        Self { process: None, options, address: format!("127.0.0.1:{port}"), work, models }
    }

    /// Starts it, in the folder that it had before.
    pub fn begin(&mut self) {
        let log = File::options().create(true).append(true).open(self.at("log.txt")).unwrap();
        let process = Command::new(program())
            .args(["serve", "--bind", &self.address, "--data-dir"])
            .arg(self.at("data"))
            .arg("--models")
            .arg(&self.models)
            .arg("--datasets")
            .arg(self.at("datasets"))
            .args(&self.options)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        self.process = Some(process);
        let began = Instant::now();
        while TcpStream::connect(&self.address).is_err() || self.get("/health/ready").status != 200 {
            let said = fs::read_to_string(self.at("log.txt")).unwrap();
            assert!(began.elapsed() < Duration::from_secs(60), "the server doesn't answer: {said}");
            sleep(Duration::from_millis(20));
        }
    }

    /// Somebody else who speaks to the server at this address.
    pub fn client(address: &str) -> Self {
        Self {
            process: None,
            options: Vec::new(),
            address: address.to_owned(),
            work: tempfile::tempdir().unwrap(),
            models: PathBuf::new(),
        }
    }

    /// Its number.
    pub fn number(&self) -> u32 {
        self.process.as_ref().unwrap().id()
    }

    /// A file or folder beside its own.
    pub fn at(&self, name: &str) -> PathBuf {
        self.work.path().join(name)
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// Whether it is still there.
    pub fn is_alive(&mut self) -> bool {
        self.process.as_mut().is_some_and(|process| process.try_wait().unwrap().is_none())
    }

    /// Numbers of its workers.
    pub fn workers(&self) -> Vec<u32> {
        let Some(process) = &self.process else { return Vec::new() };
        let tasks = fs::read_dir(format!("/proc/{}/task", process.id())).into_iter().flatten().flatten();
        let children = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
        children
            .flat_map(|list| list.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<u32>>())
            .collect()
    }

    /// The answer to these bytes, if there is one.
    pub fn raw(&self, request: &[u8]) -> Option<Answer> {
        let mut stream = TcpStream::connect(&self.address).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
        stream.write_all(request).ok()?;
        let mut answer = Vec::new();
        // A server that refuses a body closes while it still comes.
        let _ = stream.read_to_end(&mut answer);
        let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&answer[..end]).into_owned();
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let line =
            |line: &str| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()));
        let headers: BTreeMap<String, String> = head.lines().filter_map(line).collect();
        Some(Answer { status, headers, body: answer[end + 4..].to_vec() })
    }

    /// The answer to a request.
    pub fn ask(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Answer {
        self.tried(method, path, headers, body).unwrap_or_else(|| panic!("no answer to {method} {path}"))
    }

    /// The same of a server that may be killed meanwhile.
    pub fn tried(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Option<Answer> {
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n",
            self.address,
            body.len()
        )
        .into_bytes();
        request.extend_from_slice(body);
        self.raw(&request)
    }

    /// A file, or what is known of something.
    pub fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "", b"")
    }

    /// Sends JSON.
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask(
            "POST",
            &format!("/api/v1{path}"),
            "Content-Type: application/json\r\n",
            body.to_string().as_bytes(),
        )
    }

    /// Uploads a file in pieces; its id.
    pub fn upload(&self, file: &Path, name: &str) -> String {
        let content = fs::read(file).unwrap();
        let id = self.begin_upload(content.len(), name);
        let mut at = 0;
        for piece in content.chunks(200_000) {
            at = self.piece(&id, at, piece).is(204).headers["upload-offset"].parse().unwrap();
        }
        assert_eq!(at, content.len());
        id
    }

    /// Begins an upload; its id.
    pub fn begin_upload(&self, length: usize, name: &str) -> String {
        let told = format!(
            "Tus-Resumable: 1.0.0\r\nUpload-Length: {length}\r\nUpload-Metadata: filename {name}\r\n"
        );
        let answer = self.ask("POST", "/api/v1/uploads", &told, b"").is(201);
        answer.headers["location"].rsplit('/').next().unwrap().to_owned()
    }

    /// Sends the next piece.
    pub fn piece(&self, id: &str, at: usize, piece: &[u8]) -> Answer {
        self.tried_piece(id, at, piece).expect("an answer to a piece")
    }

    /// The same of a server that may be killed meanwhile.
    pub fn tried_piece(&self, id: &str, at: usize, piece: &[u8]) -> Option<Answer> {
        let told = format!(
            "Tus-Resumable: 1.0.0\r\nUpload-Offset: {at}\r\nContent-Type: application/offset+octet-stream\r\n"
        );
        self.tried("PATCH", &format!("/api/v1/uploads/{id}"), &told, piece)
    }

    /// The demo's cells and gene sets as a dataset and a library, and a job's request about them.
    pub fn prepared(&self, parameters: Value) -> Value {
        let data = demo_data();
        // cells.h5ad and sets.gmt.gz, in base64
        let cells = self.upload(&data.join("cells.h5ad"), "Y2VsbHMuaDVhZA==");
        let sets = self.upload(&data.join("GO_Biological_Process.gmt.gz"), "c2V0cy5nbXQuZ3o=");
        let cells = self.post("/datasets", &json!({"upload": cells, "name": "cells"})).is(201).json();
        let sets = self.post("/gene-sets", &json!({"upload": sets, "name": "GO"})).is(201).json();
        let mut request = parameters;
        request["dataset"] = cells["id"].clone();
        request["gene_sets"] = json!([sets["id"]]);
        request["model"] = json!("scvi");
        request
    }

    /// Waits until a job has ended; how.
    pub fn ended(&self, job: &str) -> Value {
        let began = Instant::now();
        loop {
            let seen = self.get(&format!("/api/v1/jobs/{job}")).is(200).json();
            if ["succeeded", "failed", "cancelled"].contains(&seen["state"].as_str().unwrap()) {
                return seen;
            }
            assert!(began.elapsed() < Duration::from_secs(1200), "it does not end: {seen}");
            sleep(Duration::from_millis(100));
        }
    }

    /// The files of a bundle as its lists name them, but for those that say when and how fast.
    pub fn bundle(&self, name: &str) -> BTreeMap<String, Vec<u8>> {
        let base = format!("/bundles/{name}");
        let manifest = self.get(&format!("{base}/manifest.json")).is(200).json();
        let more = self.get(&format!("{base}/files.json")).is(200).json();
        let listed = manifest["files"].as_object().unwrap().keys().chain(more.as_object().unwrap().keys());
        listed
            .filter(|file| *file != "files.json")
            .map(|file| (file.clone(), self.get(&format!("{base}/{file}")).is(200).body))
            .collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What `cellprism run` writes of the same files, but for those that say when and how fast.
pub fn by_run(arguments: &[&str]) -> BTreeMap<String, Vec<u8>> {
    let work = tempfile::tempdir().unwrap();
    let (data, out) = (demo_data(), work.path().join("bundle"));
    let sets = work.path().join("sets.gmt.gz");
    fs::copy(data.join("GO_Biological_Process.gmt.gz"), &sets).unwrap();
    let done = Command::new(program())
        .args(["run", "--quiet", "--cells"])
        .arg(data.join("cells.h5ad"))
        .arg("--model")
        .arg(&*MODEL)
        .arg("--gene-sets")
        .arg(&sets)
        .arg("--out")
        .arg(&out)
        .args(arguments)
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let files = cellprism_tests::files_of(&out).into_iter();
    files
        .map(|(path, content)| {
            (path.strip_prefix(&out).unwrap_or(&path).to_string_lossy().into_owned(), content)
        })
        .filter(|(path, _)| path != "manifest.json" && path != "files.json")
        .collect()
}

/// Asserts that two bundles are equal, file by file.
pub fn assert_same(ours: &BTreeMap<String, Vec<u8>>, expected: &BTreeMap<String, Vec<u8>>) {
    assert!(ours.keys().eq(expected.keys()), "{:?}\n{:?}", ours.keys(), expected.keys());
    let other: Vec<&String> =
        ours.iter().filter(|(name, content)| expected[*name] != **content).map(|(name, _)| name).collect();
    assert!(other.is_empty(), "{} files differ: {other:?}", other.len());
}
