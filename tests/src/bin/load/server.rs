//! The server, with a bundle, cells and gene sets.

use std::{
    fs::{self, File},
    io,
    path::Path,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use cellprism_gpu_backend::work::https;
use cellprism_tests::{cellprism, demo_data, program};
use serde_json::{Value, json};
use tempfile::TempDir;

/// What goes wrong before the load begins.
type Failed = Box<dyn std::error::Error>;

/// A server in a folder of its own.
pub struct Server {
    process: Child,
    root: String,
    _work: TempDir,
}

/// What clients know of it.
pub struct Scene {
    /// Where it is.
    pub root: String,
    /// Speaks to it.
    pub http: reqwest::blocking::Client,
    /// A bundle that is there.
    pub bundle: String,
    /// Its files.
    pub files: Vec<String>,
    /// Genes of the model.
    pub genes: Vec<String>,
    /// A library of gene sets.
    pub library: String,
    /// A job that takes some seconds.
    pub job: Value,
}

impl Server {
    /// Starts it.
    pub fn start() -> Result<Self, Failed> {
        let work = TempDir::new()?;
        let model = work.path().join("models/scvi");
        cellprism(&[&"import", &"scvi", &demo_data().join("scvi"), &"--out", &model]).succeeded();
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let address = format!("127.0.0.1:{port}");
        let log = File::create(work.path().join("log.txt"))?;
        let process = Command::new(program())
            .env("RUST_LOG", "warn")
            .args(["serve", "--bind", &address, "--data-dir"])
            .arg(work.path().join("data"))
            .arg("--models")
            .arg(work.path().join("models"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()?;
        Ok(Self { process, root: format!("http://{address}"), _work: work })
    }

    /// Number of its process.
    pub fn number(&self) -> u32 {
        self.process.id()
    }

    /// Brings cells and gene sets, and waits for a bundle of them.
    pub fn scene(&self) -> Result<Scene, Failed> {
        let http = https::client().timeout(Duration::from_secs(180)).build()?;
        let began = Instant::now();
        while http.get(format!("{}/health/ready", self.root)).send().is_err() {
            if began.elapsed() > Duration::from_secs(60) {
                return Err("the server does not answer".into());
            }
            sleep(Duration::from_millis(50));
        }
        let api = Api { http: &http, root: &self.root };
        let cells = api.upload(&demo_data().join("cells.h5ad"), "Y2VsbHMuaDVhZA==")?;
        let sets = api.upload(&demo_data().join("GO_Biological_Process.gmt.gz"), "c2V0cy5nbXQuZ3o=")?;
        let cells = api.post("datasets", &json!({"upload": cells, "name": "cells"}))?;
        let sets = api.post("gene-sets", &json!({"upload": sets, "name": "GO"}))?;
        let job = json!({
            "dataset": cells["id"], "model": "scvi", "gene_sets": [sets["id"]],
            "concepts": 40, "active": 4, "epochs": 60, "min_size": 5,
        });
        let made = api.post("jobs", &job)?;
        let bundle = made["id"].as_str().unwrap_or_default().to_owned();
        let ended = loop {
            let now = api.get(&format!("api/v1/jobs/{bundle}"))?;
            if now["finished"].is_string() {
                break now;
            }
            sleep(Duration::from_millis(100));
        };
        if ended["state"] != "succeeded" {
            return Err(format!("the first job failed: {ended}").into());
        }
        let manifest = api.get(&format!("bundles/{bundle}/manifest.json"))?;
        let more = api.get(&format!("bundles/{bundle}/files.json"))?;
        let names = |list: &Value| list.as_object().map(|all| all.keys().cloned().collect::<Vec<_>>());
        let mut files = names(&manifest["files"]).unwrap_or_default();
        files.extend(names(&more).unwrap_or_default());
        let index = api.get(&format!("bundles/{bundle}/genes/index.json"))?;
        let genes: Vec<String> = serde_json::from_value(index["symbols"].clone())?;
        let library = sets["id"].as_str().unwrap_or_default().to_owned();
        Ok(Scene { root: self.root.clone(), http, bundle, files, genes, library, job })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Requests that must succeed.
struct Api<'a> {
    http: &'a reqwest::blocking::Client,
    root: &'a str,
}

impl Api<'_> {
    fn get(&self, path: &str) -> Result<Value, Failed> {
        let answer = self.http.get(format!("{}/{path}", self.root)).send()?.error_for_status()?;
        Ok(serde_json::from_slice(&answer.bytes()?)?)
    }

    fn post(&self, path: &str, body: &Value) -> Result<Value, Failed> {
        let request = self.http.post(format!("{}/api/v1/{path}", self.root));
        let answer = request.header("content-type", "application/json").body(body.to_string()).send()?;
        Ok(serde_json::from_slice(&answer.error_for_status()?.bytes()?)?)
    }

    /// Sends a file in one piece; the id of the upload.
    fn upload(&self, file: &Path, name: &str) -> Result<String, Failed> {
        let content = fs::read(file)?;
        let begun = self.http.post(format!("{}/api/v1/uploads", self.root)).header("tus-resumable", "1.0.0");
        let begun = begun
            .header("upload-length", content.len())
            .header("upload-metadata", format!("filename {name}"));
        let begun = begun.send()?.error_for_status()?;
        let location = begun.headers().get("location").and_then(|value| value.to_str().ok());
        let location = location.ok_or_else(|| io::Error::other("an upload without an address"))?.to_owned();
        let piece = self.http.patch(format!("{}{location}", self.root)).header("tus-resumable", "1.0.0");
        let piece =
            piece.header("upload-offset", 0).header("content-type", "application/offset+octet-stream");
        piece.body(content).send()?.error_for_status()?;
        Ok(location.rsplit('/').next().unwrap_or_default().to_owned())
    }
}
