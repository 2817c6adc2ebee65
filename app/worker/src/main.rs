//! The worker: computes off the page's thread, so that the page stays usable.

use cellprism_app::task::{Files, Job, Said, run};
use js_sys::{Array, Object, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

fn main() {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let to = scope.clone();
    let listen = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let (said, files) = match job(&event.data()) {
            Ok((job, files)) => run(&job, &files, &mut |said| say(&to, &said, &Files::default())),
            Err(why) => (Said::Failed(why), Files::default()),
        };
        say(&to, &said, &files);
    });
    scope.set_onmessage(Some(listen.as_ref().unchecked_ref()));
    listen.forget();
    let _ = scope.post_message(&JsValue::NULL);
}

/// Reads `{job: JSON, files: {name: Uint8Array}}`.
fn job(message: &JsValue) -> Result<(Job, Files), String> {
    let field =
        |key: &str| Reflect::get(message, &key.into()).map_err(|_| format!("no {key} in the message"));
    let job = field("job")?.as_string().ok_or("the job is no text")?;
    let job = serde_json::from_str(&job).map_err(|e| e.to_string())?;
    let files: Object = field("files")?.dyn_into().map_err(|_| "no files in the message")?;
    Ok((job, files_of(&files)?))
}

/// Files of an object of byte arrays.
fn files_of(object: &Object) -> Result<Files, String> {
    let file = |entry: JsValue| {
        let entry: Array = entry.unchecked_into();
        let name = entry.get(0).as_string().ok_or("a file without a name")?;
        Ok((name, Uint8Array::new(&entry.get(1)).to_vec()))
    };
    Object::entries(object).iter().map(file).collect()
}

/// Posts `{said: JSON, files: {name: Uint8Array}}`.
fn say(scope: &DedicatedWorkerGlobalScope, said: &Said, files: &Files) {
    let text = serde_json::to_string(said)
        .or_else(|e| serde_json::to_string(&Said::Failed(e.to_string())))
        .unwrap_or_default();
    let (message, named) = (Object::new(), Object::new());
    for (name, bytes) in files.iter() {
        let _ = Reflect::set(&named, &name.into(), &Uint8Array::from(bytes));
    }
    let _ = Reflect::set(&message, &"said".into(), &text.into());
    let _ = Reflect::set(&message, &"files".into(), &named);
    // Only a page that is gone cannot be told.
    let _ = scope.post_message(&message);
}
