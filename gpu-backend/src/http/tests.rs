use std::{collections::BTreeMap, fs, io::Read, path::Path};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode, header},
};
use cellprism_core::bundle::FileEntry;
use cellprism_onnx::folder::sha256;
use tower::ServiceExt;

use super::*;
use crate::site::tests::{app, manifest};

const TAG: &str = "0123456789ab";

/// A folder with a manifest of the given files.
fn bundle(folder: &Path, name: &str, files: &[(&str, &str)]) {
    let entry = |content: &str| FileEntry { bytes: content.len() as u64, sha256: sha256(content.as_bytes()) };
    let mut manifest = manifest(name, TAG);
    manifest.files = files.iter().map(|(name, content)| ((*name).to_owned(), entry(content))).collect();
    for (name, content) in files {
        let file = folder.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
    }
    let late = [("concepts/0000.json".to_owned(), entry("{}"))];
    fs::create_dir_all(folder.join("concepts")).unwrap();
    fs::write(folder.join("concepts/0000.json"), "{}").unwrap();
    fs::write(folder.join("files.json"), serde_json::to_vec(&BTreeMap::from(late)).unwrap()).unwrap();
    fs::write(folder.join("manifest.json"), serde_json::to_vec(&manifest).unwrap()).unwrap();
}

fn shown(folder: &Path, access: Access) -> Router {
    let shelf = Shelf::open(&[folder.to_owned()]).unwrap();
    let runtime = OnnxRuntime::Problem("not here".into());
    router(Content { app: app(), shelf: std::sync::Arc::new(shelf), runtime, api: None }, access)
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: impl header::AsHeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

async fn ask(router: &Router, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::get(path);
    if !headers.iter().any(|(name, _)| *name == "host") {
        request = request.header("host", "127.0.0.1:8080");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, 1 << 24).await.unwrap().to_vec();
    Answer { status: parts.status, headers: parts.headers, body }
}

#[tokio::test]
async fn the_app_and_its_program_come_with_the_right_types() {
    let folder = tempfile::tempdir().unwrap();
    bundle(folder.path(), "pbmc", &[]);
    let router = shown(folder.path(), Access::default());
    let page = ask(&router, "/", &[]).await;
    assert_eq!(
        (page.status, page.header(header::CONTENT_TYPE)),
        (StatusCode::OK, "text/html; charset=utf-8")
    );
    assert!(String::from_utf8(page.body.clone()).unwrap().contains("./start.js"));
    assert!(page.header("content-security-policy").contains("script-src 'self' 'wasm-unsafe-eval'"));
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    let program = ask(&router, "/x_bg.wasm", &[]).await;
    assert_eq!(program.header(header::CONTENT_TYPE), "application/wasm");
    let tag = program.header(header::ETAG).to_owned();
    let again = ask(&router, "/x_bg.wasm", &[("if-none-match", &format!("\"other\", {tag}"))]).await;
    assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0));
    let nothing = ask(&router, "/nothing.js", &[]).await;
    assert_eq!(nothing.status, StatusCode::NOT_FOUND);
    assert_eq!(nothing.header(header::CONTENT_TYPE), "application/problem+json");
}

#[tokio::test]
async fn bundles_are_listed_and_read_by_name_and_by_tag() {
    let folder = tempfile::tempdir().unwrap();
    bundle(folder.path(), "pbmc", &[("cells/ids.json", "[\"a\"]")]);
    let router = shown(folder.path(), Access::default());
    let list: serde_json::Value =
        serde_json::from_slice(&ask(&router, "/bundles/index.json", &[]).await.body).unwrap();
    assert_eq!(
        list,
        serde_json::json!([{"name": "pbmc", "title": "About pbmc", "path": "bundles/pbmc/", "tag": TAG}])
    );
    let by_name = ask(&router, "/bundles/pbmc/cells/ids.json", &[]).await;
    assert_eq!((by_name.status, &by_name.body[..]), (StatusCode::OK, &b"[\"a\"]"[..]));
    assert_eq!(by_name.header(header::CACHE_CONTROL), "no-cache");
    let known = [("if-none-match", by_name.header(header::ETAG))];
    assert_eq!(ask(&router, "/bundles/pbmc/cells/ids.json", &known).await.status, StatusCode::NOT_MODIFIED);
    let by_tag = ask(&router, &format!("/bundles/{TAG}/cells/ids.json"), &[]).await;
    assert!(by_tag.header(header::CACHE_CONTROL).contains("immutable"));
    let manifest = ask(&router, &format!("/bundles/{TAG}/manifest.json"), &[]).await;
    assert_eq!((manifest.status, manifest.header(header::CACHE_CONTROL)), (StatusCode::OK, "no-cache"));
    assert_eq!(ask(&router, "/bundles/pbmc/concepts/0000.json", &[]).await.body, b"{}");
}

#[tokio::test]
async fn long_answers_are_packed() {
    let folder = tempfile::tempdir().unwrap();
    let long = format!("[{}0]", "0,".repeat(5000));
    bundle(folder.path(), "pbmc", &[("cells/ids.json", &long)]);
    let router = shown(folder.path(), Access::default());
    let packed = ask(&router, "/bundles/pbmc/cells/ids.json", &[("accept-encoding", "gzip")]).await;
    assert_eq!(packed.header(header::CONTENT_ENCODING), "gzip");
    assert!(packed.body.len() < 500);
    let mut text = String::new();
    flate2::read::GzDecoder::new(&packed.body[..]).read_to_string(&mut text).unwrap();
    assert_eq!(text, long);
}

#[tokio::test]
async fn files_that_are_packed_already_are_sent_so() {
    let folder = tempfile::tempdir().unwrap();
    bundle(folder.path(), "pbmc", &[("genes/index.json", "the genes")]);
    let router = shown(folder.path(), Access::default());
    let path = "/bundles/pbmc/genes/index.json";
    assert_eq!(ask(&router, path, &[("accept-encoding", "br")]).await.body, b"the genes");
    fs::write(folder.path().join("genes/index.json.br"), "packed").unwrap();
    let packed = ask(&router, path, &[("accept-encoding", "gzip, br")]).await;
    assert_eq!((packed.body.as_slice(), packed.header(header::CONTENT_ENCODING)), (&b"packed"[..], "br"));
    assert_eq!(
        (packed.header(header::CONTENT_TYPE), packed.header(header::VARY)),
        ("application/json", "accept-encoding")
    );
    let plain = ask(&router, path, &[]).await;
    assert_eq!((plain.body.as_slice(), plain.header(header::CONTENT_ENCODING)), (&b"the genes"[..], ""));
    // The packed file is no file of the bundle by itself, and a link is not followed.
    assert_eq!(ask(&router, &format!("{path}.br"), &[]).await.status, StatusCode::NOT_FOUND);
    #[cfg(unix)]
    {
        fs::remove_file(folder.path().join("genes/index.json.br")).unwrap();
        std::os::unix::fs::symlink("/etc/hostname", folder.path().join("genes/index.json.br")).unwrap();
        assert_eq!(ask(&router, path, &[("accept-encoding", "br")]).await.body, b"the genes");
    }
}

#[tokio::test]
async fn nothing_outside_a_bundle_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("bundle");
    fs::write(folder.path().join("secret.txt"), "secret").unwrap();
    bundle(&root, "pbmc", &[("cells/ids.json", "[]"), ("../secret.txt", "secret")]);
    fs::write(root.join("unlisted.json"), "secret").unwrap();
    let router = shown(&root, Access::default());
    for path in [
        "/bundles/pbmc/../../secret.txt",
        "/bundles/pbmc/..%2Fsecret.txt",
        "/bundles/pbmc/%2e%2e/secret.txt",
        "/bundles/pbmc/cells/..%2f..%2fsecret.txt",
        "/bundles/pbmc//etc/passwd",
        "/bundles/pbmc/unlisted.json",
        "/bundles/../secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e%5csecret.txt",
        "/bundles/pbmc/cells/ids.json%00.txt",
        "/bundles/pbmc/",
        "/bundles/pbmc",
        "/bundles/other/manifest.json",
    ] {
        let answer = ask(&router, path, &[]).await;
        assert!(
            answer.status.is_client_error() || answer.status == StatusCode::SERVICE_UNAVAILABLE,
            "{path}: {}",
            answer.status
        );
        assert!(!String::from_utf8_lossy(&answer.body).eq("secret"), "{path}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_out_of_a_bundle_is_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("bundle");
    bundle(&root, "pbmc", &[("cells/ids.json", "secret")]);
    fs::write(folder.path().join("secret.txt"), "secret").unwrap();
    fs::remove_file(root.join("cells/ids.json")).unwrap();
    std::os::unix::fs::symlink(folder.path().join("secret.txt"), root.join("cells/ids.json")).unwrap();
    let answer = ask(&shown(&root, Access::default()), "/bundles/pbmc/cells/ids.json", &[]).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_damaged_file_is_an_error_and_a_new_manifest_is_read() {
    let folder = tempfile::tempdir().unwrap();
    bundle(folder.path(), "pbmc", &[("cells/ids.json", "[]")]);
    let router = shown(folder.path(), Access::default());
    fs::write(folder.path().join("cells/ids.json"), "[1]").unwrap();
    let damaged = ask(&router, "/bundles/pbmc/cells/ids.json", &[]).await;
    assert_eq!(damaged.status, StatusCode::SERVICE_UNAVAILABLE);
    bundle(folder.path(), "pbmc", &[("cells/ids.json", "[1]"), ("genes/index.json", "{}")]);
    assert_eq!(ask(&router, "/bundles/pbmc/cells/ids.json", &[]).await.body, b"[1]");
}

#[tokio::test]
async fn a_token_is_asked_for_where_there_is_one() {
    let folder = tempfile::tempdir().unwrap();
    bundle(folder.path(), "pbmc", &[]);
    let token = Token::new("correct-horse-battery").unwrap();
    let router = shown(folder.path(), Access { tokens: Tokens::of(token), hosts: Vec::new() });
    let status = async |value: &str| {
        let headers = [("host", "lab.example"), ("authorization", value)];
        ask(&router, "/bundles/pbmc/manifest.json", &headers).await.status
    };
    assert_eq!(status("Bearer correct-horse-battery").await, StatusCode::OK);
    // base64 of "anyone:correct-horse-battery"
    assert_eq!(status("Basic YW55b25lOmNvcnJlY3QtaG9yc2UtYmF0dGVyeQ==").await, StatusCode::OK);
    for wrong in ["Bearer wrong-horse-battery", "Bearer", "", "Basic !!", "Digest x"] {
        assert_eq!(status(wrong).await, StatusCode::UNAUTHORIZED, "{wrong}");
    }
    let kept = async |path: &str| {
        let headers = [("host", "lab.example"), ("authorization", "Bearer correct-horse-battery")];
        ask(&router, path, &headers).await.header(header::CACHE_CONTROL).to_owned()
    };
    assert_eq!(
        kept(&format!("/bundles/{TAG}/concepts/0000.json")).await,
        "private, max-age=31536000, immutable"
    );
    assert_eq!(kept("/bundles/pbmc/manifest.json").await, "private, no-cache");
    assert_eq!(kept("/info").await, "private, no-store");
    let without = ask(&router, "/", &[]).await;
    assert_eq!(without.status, StatusCode::UNAUTHORIZED);
    assert!(without.header(header::WWW_AUTHENTICATE).contains("Basic"));
    assert_eq!(ask(&router, "/health", &[]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn other_host_names_are_refused_without_a_token() {
    let folder = tempfile::tempdir().unwrap();
    bundle(folder.path(), "pbmc", &[]);
    let router = shown(folder.path(), Access::default());
    let answer = ask(&router, "/", &[("host", "evil.example:8080")]).await;
    assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST);
    assert_eq!(ask(&router, "/", &[("host", "localhost:8080")]).await.status, StatusCode::OK);
    let router =
        shown(folder.path(), Access { tokens: Tokens::default(), hosts: vec!["evil.example".into()] });
    assert_eq!(ask(&router, "/", &[("host", "evil.example:8080")]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn health_and_info_answer() {
    let folder = tempfile::tempdir().unwrap();
    bundle(folder.path(), "pbmc", &[]);
    let router = shown(folder.path(), Access::default());
    assert_eq!(ask(&router, "/health", &[]).await.body, br#"{"status":"ok"}"#);
    let info: serde_json::Value = serde_json::from_slice(&ask(&router, "/info", &[]).await.body).unwrap();
    assert_eq!(info["bundles"][0]["tag"], TAG);
    assert_eq!(info["onnxruntime"]["problem"], "not here");
    let request = Request::post("/health").header("host", "localhost").body(Body::empty()).unwrap();
    let posted = router.oneshot(request).await.unwrap();
    assert_eq!(posted.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(posted.headers()[header::CONTENT_TYPE], "application/problem+json");
}
