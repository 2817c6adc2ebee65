//! The few things asked of the browser itself.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    Blob, BlobPropertyBag, HtmlAnchorElement, HtmlElement, ScrollBehavior, ScrollIntoViewOptions, Storage,
    Url,
};

/// Offers a text as a file.
pub fn download(name: &str, kind: &str, text: &str) {
    offer(name, kind, &JsValue::from_str(text));
}

/// Offers bytes as a file.
pub fn download_bytes(name: &str, bytes: &[u8]) {
    offer(name, "application/octet-stream", &js_sys::Uint8Array::from(bytes));
}

fn offer(name: &str, kind: &str, content: &JsValue) {
    let parts = js_sys::Array::of1(content);
    let options = BlobPropertyBag::new();
    options.set_type(kind);
    if let Ok(blob) = Blob::new_with_blob_sequence_and_options(&parts, &options) {
        download_blob(name, &blob);
    }
}

/// Offers what the browser holds as a file.
pub fn download_blob(name: &str, blob: &Blob) {
    let Ok(url) = Url::create_object_url_with_blob(blob) else { return };
    if let Ok(link) = document().create_element("a") {
        let link: HtmlAnchorElement = link.unchecked_into();
        link.set_href(&url);
        link.set_download(name);
        link.click();
    }
    let _ = Url::revoke_object_url(&url);
}

/// The bytes of a file, or of a part of it.
pub async fn content(file: &Blob) -> Result<Vec<u8>, String> {
    let failed = |_| "the browser could not read the file: was it moved, or is it a folder?".to_owned();
    let buffer = wasm_bindgen_futures::JsFuture::from(file.array_buffer()).await.map_err(failed)?;
    Ok(js_sys::Uint8Array::new(buffer.unchecked_ref()).to_vec())
}

/// A table as CSV.
pub fn download_csv(name: &str, header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) {
    let quoted = |field: &str| {
        if field.contains([',', '"', '\n']) {
            format!("\"{}\"", field.replace('"', "\"\""))
        } else {
            field.to_owned()
        }
    };
    let line = |fields: Vec<String>| fields.iter().map(|f| quoted(f)).collect::<Vec<_>>().join(",") + "\n";
    let mut text = line(header.iter().map(|&h| h.to_owned()).collect());
    for row in rows {
        text += &line(row);
    }
    download(name, "text/csv", &text);
}

/// A p for a file: 0 of `permutations` is what they can tell, never 0.
pub fn csv_p(p: f64, permutations: u32) -> String {
    if p == 0.0 { format!("<{}", 1.0 / f64::from(permutations.max(1))) } else { p.to_string() }
}

/// Scrolls to an element, quietly where it is not there.
pub fn scroll_to(id: &str) {
    if let Some(element) = document().get_element_by_id(id) {
        let options = ScrollIntoViewOptions::new();
        options.set_behavior(ScrollBehavior::Auto);
        element.scroll_into_view_with_scroll_into_view_options(&options);
    }
}

/// Storage of this browser, where it is allowed.
pub fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

/// Whether the window is as narrow as a phone.
pub fn is_narrow() -> bool {
    window().match_media("(max-width: 720px)").ok().flatten().is_some_and(|query| query.matches())
}

/// Whether dark colours are in force.
pub fn is_dark() -> bool {
    let chosen = document().document_element().and_then(|root| root.get_attribute("data-theme"));
    match chosen.as_deref() {
        Some("dark") => true,
        Some("light") => false,
        _ => window()
            .match_media("(prefers-color-scheme: dark)")
            .ok()
            .flatten()
            .is_some_and(|query| query.matches()),
    }
}

/// Switches between light and dark, and remembers it.
pub fn switch_theme() {
    let next = if is_dark() { "light" } else { "dark" };
    if let Some(root) = document().document_element() {
        let _ = root.set_attribute("data-theme", next);
    }
    if let Some(storage) = storage() {
        let _ = storage.set_item("theme", next);
    }
}

/// The colour that a CSS value has here and now, for a canvas.
pub fn resolved_colour(value: &str) -> String {
    let Ok(probe) = document().create_element("span") else { return "gray".into() };
    let probe: HtmlElement = probe.unchecked_into();
    let _ = probe.style().set_property("color", value);
    // Where a reader's colours are forced on text, those of data stay what the key says.
    let _ = probe.style().set_property("forced-color-adjust", "none");
    let Some(body) = document().body() else { return "gray".into() };
    let _ = body.append_child(&probe);
    let colour = window()
        .get_computed_style(&probe)
        .ok()
        .flatten()
        .and_then(|style| style.get_property_value("color").ok())
        .unwrap_or_else(|| "gray".into());
    probe.remove();
    colour
}

/// Waits for some milliseconds.
pub async fn pause(milliseconds: i32) {
    let waited = js_sys::Promise::new(&mut |done, _| {
        let _ = window().set_timeout_with_callback_and_timeout_and_arguments_0(&done, milliseconds);
    });
    let _ = wasm_bindgen_futures::JsFuture::from(waited).await;
}

/// Whether the reader is typing.
pub fn in_field() -> bool {
    let element = document().active_element();
    element.is_some_and(|e| ["INPUT", "TEXTAREA", "SELECT"].contains(&e.tag_name().as_str()))
}
