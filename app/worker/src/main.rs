//! The worker: computes off the page's thread, so that the page stays usable.

use cellprism_app::task::{Job, Said, run};
use js_sys::{Array, Object, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

fn main() {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let to = scope.clone();
    let listen = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let (said, files) = match job(&event.data()) {
            Ok((job, files)) => run(&job, &files, &mut |said| say(&to, &said, &[])),
            Err(why) => (Said::Failed(why), Vec::new()),
        };
        say(&to, &said, &files);
    });
    scope.set_onmessage(Some(listen.as_ref().unchecked_ref()));
    listen.forget();
    let _ = scope.post_message(&JsValue::NULL);
}

/// Reads `{job: JSON, files: [Uint8Array]}`.
fn job(message: &JsValue) -> Result<(Job, Vec<Vec<u8>>), String> {
    let field =
        |key: &str| Reflect::get(message, &key.into()).map_err(|_| format!("no {key} in the message"));
    let job = field("job")?.as_string().ok_or("the job is no text")?;
    let job = serde_json::from_str(&job).map_err(|e| e.to_string())?;
    let files: Array = field("files")?.dyn_into().map_err(|_| "no files in the message")?;
    Ok((job, files.iter().map(|file| Uint8Array::new(&file).to_vec()).collect()))
}

/// Posts `{said: JSON, files: [Uint8Array]}`.
fn say(scope: &DedicatedWorkerGlobalScope, said: &Said, files: &[Vec<u8>]) {
    let text = serde_json::to_string(said)
        .or_else(|e| serde_json::to_string(&Said::Failed(e.to_string())))
        .unwrap_or_default();
    let message = Object::new();
    let list: Array = files.iter().map(|file| Uint8Array::from(file.as_slice())).collect();
    let _ = Reflect::set(&message, &"said".into(), &text.into());
    let _ = Reflect::set(&message, &"files".into(), &list);
    // Only a page that is gone cannot be told.
    let _ = scope.post_message(&message);
}
