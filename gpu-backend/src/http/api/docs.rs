//! `/api/openapi.json` and, for people, `/docs`: the same document as a page without scripts.

use std::{fmt::Write as _, sync::Arc};

use axum::{
    Extension, Json,
    http::header,
    response::{IntoResponse, Response},
};
use serde_json::Value;

/// The OpenAPI document, made once.
#[derive(Clone, Debug)]
pub struct Document(pub Arc<Value>);

/// This document
#[utoipa::path(get, path = "/api/openapi.json", tag = "server", responses((status = 200, body = Object)))]
pub async fn openapi(Extension(document): Extension<Document>) -> Json<Value> {
    Json((*document.0).clone())
}

/// This document, for people
#[utoipa::path(get, path = "/docs", tag = "server",
    responses((status = 200, body = String, content_type = "text/html")))]
pub async fn docs(Extension(document): Extension<Document>) -> Response {
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], page(&document.0)).into_response()
}

const HEAD: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
<title>cellprism API</title><style>body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;\
color-scheme:light dark}code{font-family:ui-monospace,monospace}h3{margin-bottom:.2rem}b{display:inline-block;min-width:4.5rem}\
table{border-collapse:collapse;width:100%}td{border-top:1px solid #8884;padding:.2rem .6rem .2rem 0;vertical-align:top}\
td:first-child{white-space:nowrap}</style><h1>cellprism API</h1>";

fn page(document: &Value) -> String {
    let mut out = String::from(HEAD);
    let text = |value: &Value| escaped(value.as_str().unwrap_or_default());
    let _ = write!(
        out,
        "<p>{}</p><p>As OpenAPI: <a href=\"api/openapi.json\">api/openapi.json</a>. Errors are \
         <code>application/problem+json</code>.</p>",
        text(&document["info"]["description"])
    );
    for (path, methods) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            let _ = write!(
                out,
                "<h3><code><b>{}</b> {}</code></h3><div>{}</div>",
                method.to_uppercase(),
                escaped(path),
                text(&operation["summary"])
            );
            let _ = write!(out, "<div>{}</div>", text(&operation["description"]));
            let sent = &operation["requestBody"]["content"];
            for (kind, body) in sent.as_object().into_iter().flatten() {
                let name = name_of(&body["schema"]);
                let _ = write!(out, "<div>Body: <code>{}</code> {}</div>", escaped(kind), link(&name));
            }
            for (status, answer) in operation["responses"].as_object().into_iter().flatten() {
                if status != "default" {
                    let body = answer["content"].as_object().and_then(|kinds| kinds.values().next());
                    let name = body.map(|body| name_of(&body["schema"])).unwrap_or_default();
                    let _ =
                        write!(out, "<div>{status}: {} {}</div>", text(&answer["description"]), link(&name));
                }
            }
        }
    }
    out.push_str("<h2>Types</h2>");
    for (name, schema) in document["components"]["schemas"].as_object().into_iter().flatten() {
        let name = escaped(name);
        let _ =
            write!(out, "<h3 id=\"{name}\">{name}</h3><div>{}</div><table>", text(&schema["description"]));
        for (field, about) in schema["properties"].as_object().into_iter().flatten() {
            let _ = write!(out, "<tr><td><code>{}</code><td>{}", escaped(field), text(&about["description"]));
            if let Some(default) = about.get("default") {
                let _ = write!(out, " (<code>{}</code>)", escaped(&default.to_string()));
            }
        }
        out.push_str("</table>");
    }
    out
}

fn name_of(schema: &Value) -> String {
    let reference = schema["$ref"].as_str().or_else(|| schema["items"]["$ref"].as_str()).unwrap_or_default();
    reference.rsplit('/').next().unwrap_or_default().to_owned()
}

fn link(name: &str) -> String {
    if name.is_empty() { String::new() } else { format!("<a href=\"#{0}\">{0}</a>", escaped(name)) }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
