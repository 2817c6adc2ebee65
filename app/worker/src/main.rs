//! The worker: computes off the page's thread, so that the page stays usable.
//!
//! | file | idea |
//! |---|---|
//! | `dropped` | the reader's file, read by slices |
//! | `written` | files that are written piece by piece |

mod dropped;
mod written;

use std::cell::RefCell;

use cellprism_app::task::{Files, Job, Place, Said, place::Slices, run};
use js_sys::{Array, Object, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use written::Written;

fn main() {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let to = scope.clone();
    tell_of_panics(&scope);
    let listen = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let mut here =
            Here { scope: to.clone(), own: dropped::of(&event.data()), written: Written::default() };
        let (said, files) = match job(&event.data()) {
            Ok((job, files)) => run(&job, &files, &mut here),
            Err(why) => (Said::Failed(why), Files::default()),
        };
        say(&to, &said, &files, &here.written.finish());
    });
    scope.set_onmessage(Some(listen.as_ref().unchecked_ref()));
    listen.forget();
    let _ = scope.post_message(&JsValue::NULL);
}

/// The worker as a job sees it.
struct Here {
    scope: DedicatedWorkerGlobalScope,
    own: Option<Slices>,
    written: Written,
}

impl Place for Here {
    fn say(&mut self, said: Said) {
        say(&self.scope, &said, &Files::default(), &Object::new());
    }

    fn own(&self) -> Result<Slices, String> {
        self.own.clone().ok_or_else(|| "no file was sent along".into())
    }

    fn write(&mut self, file: &str, text: &str) {
        self.written.add(file, text);
    }

    fn memory(&self) -> u64 {
        // It never gets smaller: what there is was the most.
        let memory: js_sys::WebAssembly::Memory = wasm_bindgen::memory().unchecked_into();
        let bytes = Reflect::get(&memory.buffer(), &"byteLength".into()).ok().and_then(|n| n.as_f64());
        bytes.unwrap_or(0.0) as u64
    }
}

thread_local! {
    static SCOPE: RefCell<Option<DedicatedWorkerGlobalScope>> = const { RefCell::new(None) };
}

/// A panic ends this worker: what it was goes to the page, which stays usable.
fn tell_of_panics(scope: &DedicatedWorkerGlobalScope) {
    SCOPE.set(Some(scope.clone()));
    std::panic::set_hook(Box::new(|info| {
        let what = format!(
            "this is damaged in a way that its reader cannot follow ({}): copy the file again, or save it again with a current \
             version of its program",
            info.payload_as_str().unwrap_or("unknown")
        );
        if let Some(scope) = SCOPE.take() {
            say(&scope, &Said::Failed(what), &Files::default(), &Object::new());
        }
    }));
}

/// Reads `{job: JSON, files: {name: Uint8Array}, own: File or nothing}`.
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

/// Posts `{said: JSON, files: {name: Uint8Array}, written: {name: Blob}}`.
fn say(scope: &DedicatedWorkerGlobalScope, said: &Said, files: &Files, written: &Object) {
    let text = serde_json::to_string(said)
        .or_else(|e| serde_json::to_string(&Said::Failed(e.to_string())))
        .unwrap_or_default();
    let (message, named) = (Object::new(), Object::new());
    for (name, bytes) in files.iter() {
        let _ = Reflect::set(&named, &name.into(), &Uint8Array::from(bytes));
    }
    let _ = Reflect::set(&message, &"said".into(), &text.into());
    let _ = Reflect::set(&message, &"files".into(), &named);
    let _ = Reflect::set(&message, &"written".into(), written);
    // Only a page that is gone cannot be told.
    let _ = scope.post_message(&message);
}
