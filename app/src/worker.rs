//! Work that would stop the page, given to a worker; stopping it means ending the worker.

use std::{cell::RefCell, rc::Rc};

use cellprism_app::task::{Answer, Request};
use js_sys::{Array, Object, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{MessageEvent, Worker, WorkerOptions, WorkerType};

/// What the worker says.
pub enum Event {
    /// Share done, 0 to 1.
    Progress(f64),
    /// The answer.
    Done(Box<Answer>),
    /// It failed.
    Failed(String),
}

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

/// Starts a computation; `tell` hears how it goes. `files` in the order of [`cellprism_app::task::Files`].
pub fn start(
    request: &Request,
    files: &[Vec<u8>],
    mut tell: impl FnMut(Event) + 'static,
) -> Result<Running, String> {
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    let worker = Worker::new_with_options("./cellprism-worker_loader.js", &options)
        .map_err(|_| "this browser starts no module worker".to_owned())?;
    let message = Object::new();
    let request = serde_json::to_string(request).map_err(|e| e.to_string())?;
    let list = Array::new();
    for file in files {
        list.push(&Uint8Array::from(file.as_slice()));
    }
    let set = |key: &str, value: &JsValue| Reflect::set(&message, &key.into(), value);
    set("request", &request.into())
        .and_then(|_| set("files", &list))
        .map_err(|_| "a message could not be made")?;

    let running = Running(Rc::new(RefCell::new(Some(worker.clone()))));
    let (to, own) = (worker.clone(), running.clone());
    let listen = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let said = |key: &str| Reflect::get(&event.data(), &key.into()).ok().filter(|v| !v.is_undefined());
        if said("ready").is_some() {
            let _ = to.post_message(&message);
        } else if let Some(share) = said("progress").and_then(|v| v.as_f64()) {
            tell(Event::Progress(share));
        } else if let Some(json) = said("answer").and_then(|v| v.as_string()) {
            own.stop();
            tell(match serde_json::from_str(&json) {
                Ok(answer) => Event::Done(Box::new(answer)),
                Err(error) => Event::Failed(error.to_string()),
            });
        } else {
            own.stop();
            tell(Event::Failed(
                said("error").and_then(|v| v.as_string()).unwrap_or_else(|| "no reason was given".into()),
            ));
        }
    });
    worker.set_onmessage(Some(listen.as_ref().unchecked_ref()));
    listen.forget();
    Ok(running)
}
