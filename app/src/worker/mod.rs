//! Work that would stop the page, given to a worker; stopping it means ending the worker.
//!
//! | file | idea |
//! |---|---|
//! | `standing` | a worker that stays for short questions |

mod standing;

use std::{cell::RefCell, rc::Rc, sync::Arc};

use cellprism_app::task::{Files, Job, Said};
use js_sys::{Array, Object, Reflect, Uint8Array};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Blob, MessageEvent, Worker, WorkerOptions, WorkerType};

use crate::{bundle::Bundle, client::FetchError};

pub use standing::Standing;

/// A running computation.
#[derive(Clone)]
pub struct Running(Rc<RefCell<Option<Worker>>>);

impl Running {
    /// Ends it.
    pub fn stop(&self) {
        if let Some(worker) = self.0.borrow_mut().take() {
            worker.terminate();
        }
    }
}

/// The computation that a view has started, if any: at most one, ended with the view.
#[derive(Clone, Copy)]
pub struct Slot(StoredValue<Option<Running>, LocalStorage>);

impl Slot {
    /// An empty one, for the view that is being built.
    pub fn new() -> Self {
        let slot = Self(StoredValue::new_local(None));
        on_cleanup(move || slot.stop());
        slot
    }

    /// Ends what is running.
    pub fn stop(self) {
        self.0.try_update_value(|running| {
            if let Some(running) = running.take() {
                running.stop();
            }
        });
    }

    /// Keeps a computation that has started; ends it at once where the view is gone.
    pub fn hold(self, running: Running) {
        self.stop();
        if let Some(refused) = self.0.try_set_value(Some(running)).flatten() {
            refused.stop();
        }
    }
}

/// Files that the worker wrote piece by piece: held by the browser, not in memory.
pub type Written = std::collections::BTreeMap<String, Blob>;

/// Starts a computation; `tell` hears what it says, with the files that come with it.
pub fn start(
    job: &Job,
    files: &Files,
    mut tell: impl FnMut(Said, Files) + 'static,
) -> Result<Running, String> {
    start_with(job, files, None, move |said, files, _| tell(said, files))
}

/// Starts a computation on a file of the reader's, which the worker reads by slices.
pub fn start_with(
    job: &Job,
    files: &Files,
    own: Option<&web_sys::File>,
    tell: impl FnMut(Said, Files, Written) + 'static,
) -> Result<Running, String> {
    let worker = open()?;
    let message = posted(job, files, own)?;
    let running = Running(Rc::new(RefCell::new(Some(worker.clone()))));
    let tell = Rc::new(RefCell::new(tell));
    let (to, own, heard) = (worker.clone(), running.clone(), tell.clone());
    let listen = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        // The first message, without content, says that the worker is ready.
        if event.data().is_null() {
            let _ = to.post_message(&message);
            return;
        }
        let (said, files, written) = read(&event.data())
            .unwrap_or_else(|why| (Said::Failed(why), Files::default(), Written::default()));
        if !said.is_on_the_way() {
            own.stop();
        }
        heard.borrow_mut()(said, files, written);
    });
    let own = running.clone();
    let died = Closure::<dyn FnMut()>::new(move || {
        own.stop();
        let why = "the worker stopped without an answer; the browser may have too little memory for this";
        tell.borrow_mut()(Said::Failed(why.into()), Files::default(), Written::default());
    });
    worker.set_onerror(Some(died.as_ref().unchecked_ref()));
    died.forget();
    worker.set_onmessage(Some(listen.as_ref().unchecked_ref()));
    listen.forget();
    Ok(running)
}

/// A worker without work yet.
fn open() -> Result<Worker, String> {
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    Worker::new_with_options("./cellprism-worker_loader.js", &options)
        .map_err(|_| "this browser starts no module worker".to_owned())
}

/// What a worker is sent: `{job: JSON, files: {name: Uint8Array}, own: File or nothing}`.
fn posted(job: &Job, files: &Files, own: Option<&web_sys::File>) -> Result<JsValue, String> {
    let (message, named) = (Object::new(), Object::new());
    let job = serde_json::to_string(job).map_err(|e| e.to_string())?;
    let set = |to: &Object, key: &str, value: &JsValue| {
        Reflect::set(to, &key.into(), value).map_err(|_| "a message could not be made".to_owned())
    };
    for (name, bytes) in files.iter() {
        set(&named, name, &Uint8Array::from(bytes))?;
    }
    set(&message, "job", &job.into())?;
    set(&message, "files", &named)?;
    if let Some(own) = own {
        set(&message, "own", own)?;
    }
    Ok(message.into())
}

/// Files of the bundle, by their names.
pub async fn files_of(bundle: &Bundle, names: Vec<String>) -> Result<Files, FetchError> {
    let files = futures::future::try_join_all(names.iter().map(|name| bundle.bytes(name))).await?;
    Ok(names.into_iter().zip(files).collect())
}

/// Fetches files of the bundle, adds others, and starts a computation on them, held by `slot`. `tell` hears of no share done
/// when it starts, then what it says, or why it could not start.
pub fn start_on(
    bundle: Arc<Bundle>,
    names: Vec<String>,
    more: Files,
    job: Job,
    slot: Slot,
    tell: impl FnMut(Said) + 'static,
) {
    leptos::task::spawn_local(async move {
        let tell = Rc::new(RefCell::new(tell));
        let heard = tell.clone();
        let say = |said| tell.borrow_mut()(said);
        let started = files_of(&bundle, names)
            .await
            .map_err(|error| format!("{}: {}", error.file, error.what))
            .and_then(|mut files| {
                more.iter().for_each(|(name, bytes)| files.insert(name, bytes.to_vec()));
                start(&job, &files, move |said, _| heard.borrow_mut()(said))
            });
        match started {
            Ok(running) => {
                say(Said::Progress(0.0));
                slot.hold(running);
            }
            Err(what) => say(Said::Failed(what)),
        }
    });
}

/// Reads `{said: JSON, files: {name: Uint8Array}, written: {name: Blob}}`.
fn read(message: &JsValue) -> Result<(Said, Files, Written), String> {
    let field =
        |key: &str| Reflect::get(message, &key.into()).map_err(|_| format!("the worker sent no {key}"));
    let said = field("said")?.as_string().ok_or("the worker sent no text")?;
    let said = serde_json::from_slice(said.as_bytes()).map_err(|e| e.to_string())?;
    let files: Object = field("files")?.dyn_into().map_err(|_| "the worker sent no files")?;
    let file = |entry: JsValue| {
        let entry: Array = entry.unchecked_into();
        Some((entry.get(0).as_string()?, Uint8Array::new(&entry.get(1)).to_vec()))
    };
    let written: Object = field("written")?.dyn_into().map_err(|_| "the worker sent no written files")?;
    let blob = |entry: JsValue| {
        let entry: Array = entry.unchecked_into();
        Some((entry.get(0).as_string()?, entry.get(1).dyn_into().ok()?))
    };
    let files = Object::entries(&files).iter().filter_map(file).collect();
    Ok((said, files, Object::entries(&written).iter().filter_map(blob).collect()))
}
