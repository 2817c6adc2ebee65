//! `cellprism serve` as a process of its own.
#![allow(clippy::unwrap_used)] // all of this file is tests

use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::LazyLock,
    thread,
    time::{Duration, Instant},
};

use cellprism_tests::{cellprism, demo_data, program};

/// A server that ends with its test.
struct Server {
    process: Child,
    address: String,
}

impl Server {
    fn start(bundle: &Path) -> Self {
        // a port that was free a moment ago
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address = format!("127.0.0.1:{port}");
        let process = Command::new(program())
            .arg("serve")
            .arg("--bundle")
            .arg(bundle)
            .args(["--bind", &address])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self { process, address };
        let began = Instant::now();
        while TcpStream::connect(&server.address).is_err() {
            assert!(began.elapsed() < Duration::from_secs(30), "the server doesn't answer");
            thread::sleep(Duration::from_millis(50));
        }
        server
    }

    /// Status, head and body of the answer to a request.
    fn ask(&self, method: &str, path: &str, headers: &str) -> (u16, String, Vec<u8>) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{headers}\r\n",
            self.address
        )
        .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("an HTTP answer");
        let head = String::from_utf8(answer[..end].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        // names of headers know no case, their values do
        let line = |line: &str| match line.split_once(": ") {
            Some((name, value)) => format!("{}: {value}\n", name.to_lowercase()),
            None => format!("{line}\n"),
        };
        (status, head.lines().map(line).collect(), answer[end + 4..].to_vec())
    }

    fn get(&self, path: &str) -> (u16, String, Vec<u8>) {
        self.ask("GET", path, "")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// One bundle for all tests here, in the build folder.
static BUNDLE: LazyLock<PathBuf> = LazyLock::new(|| {
    let work = Path::new(env!("CARGO_TARGET_TMPDIR")).join("serve");
    let _ = fs::remove_dir_all(&work);
    fs::create_dir_all(&work).unwrap();
    let (model, out, data) = (work.join("model"), work.join("bundle"), demo_data());
    cellprism(&[&"import", &"scvi", &data.join("scvi"), &"--out", &model]).succeeded();
    let (cells, sets) = (data.join("cells.h5ad"), data.join("GO_Biological_Process.gmt.gz"));
    cellprism(&[&"run", &"--cells", &cells, &"--model", &model, &"--gene-sets", &sets, &"--out", &out])
        .succeeded();
    out
});

#[test]
fn a_bundle_is_served_and_nothing_else() {
    let server = Server::start(&BUNDLE);

    assert_eq!(server.get("/health").0, 200);
    let manifest: serde_json::Value =
        serde_json::from_slice(&fs::read(BUNDLE.join("manifest.json")).unwrap()).unwrap();
    let tag = manifest["tag"].as_str().unwrap();
    let path = format!("/bundles/{tag}/manifest.json");
    let (status, head, body) = server.get(&path);
    assert_eq!(status, 200, "{head}");
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&body).unwrap(), manifest);

    // a second visit costs nothing
    let etag = head.lines().find_map(|line| line.strip_prefix("etag: ")).expect("an ETag").to_owned();
    assert_eq!(server.ask("GET", &path, &format!("If-None-Match: {etag}\r\n")).0, 304);

    // paths out of the bundle, in every spelling
    for path in ["/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fetc%2fpasswd", "//etc/passwd"]
    {
        for start in [String::new(), format!("/bundles/{tag}")] {
            let (status, _, body) = server.get(&format!("{start}{path}"));
            assert!(!String::from_utf8_lossy(&body).contains("root:"), "{start}{path}");
            assert!(status != 200 || body.starts_with(b"<!"), "{start}{path} gives {status}");
        }
    }
    assert_eq!(server.get("/bundles/no-such-bundle/manifest.json").0, 404);
    assert!(matches!(server.ask("DELETE", &path, "").0, 404 | 405));
}

#[test]
fn a_place_that_is_taken_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    cellprism(&[&"serve", &"--bundle", &*BUNDLE, &"--bind", &address])
        .refused(&[&address], Path::new("/nowhere"));
}
