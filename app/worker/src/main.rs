//! The worker: computes off the page's thread, so that the page stays usable.

use cellprism_app::task::{Files, Request, run};
use js_sys::{Array, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

fn main() {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let answer_to = scope.clone();
    let listen = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let reply = match work(&answer_to, &event.data()) {
            Ok(json) => message("answer", &json.into()),
            Err(text) => message("error", &text.into()),
        };
        // Only a page that is gone cannot be told.
        let _ = answer_to.post_message(&reply);
    });
    scope.set_onmessage(Some(listen.as_ref().unchecked_ref()));
    listen.forget();
    let _ = scope.post_message(&message("ready", &JsValue::TRUE));
}

fn message(key: &str, value: &JsValue) -> JsValue {
    let object = js_sys::Object::new();
    let _ = Reflect::set(&object, &key.into(), value);
    object.into()
}

/// Reads `{request: JSON, files: [Uint8Array × 5]}` and answers with JSON.
fn work(scope: &DedicatedWorkerGlobalScope, data: &JsValue) -> Result<String, String> {
    let field = |key: &str| Reflect::get(data, &key.into()).map_err(|_| format!("no {key} in the message"));
    let request = field("request")?.as_string().ok_or("the request is no text")?;
    let request: Request = serde_json::from_str(&request).map_err(|e| e.to_string())?;
    let files: Array = field("files")?.dyn_into().map_err(|_| "no files in the message")?;
    let bytes: Vec<Vec<u8>> = files.iter().map(|file| Uint8Array::new(&file).to_vec()).collect();
    let [encoder, config, weights, samples, sets] = bytes.as_slice() else {
        return Err(format!("{} files instead of 5", bytes.len()));
    };
    let mut told = 0.0;
    let mut progress = |share: f64| {
        if share - told >= 0.01 {
            told = share;
            let _ = scope.post_message(&message("progress", &share.into()));
        }
    };
    let answer = run(&request, Files { encoder, config, weights, samples, sets }, &mut progress)?;
    serde_json::to_string(&answer).map_err(|e| e.to_string())
}
