//! A worker that stays for short questions, one after the other: it is started once, and of those that wait only the last is
//! asked, since the reader has moved on.

use std::{cell::RefCell, rc::Rc};

use cellprism_app::task::{Files, Job, Said};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{MessageEvent, Worker};

use super::{open, posted, read};

/// What is known of it.
#[derive(Default)]
struct Now {
    worker: Option<Worker>,
    /// Whether it has answered what it was asked.
    free: bool,
    waiting: Option<JsValue>,
}

impl Now {
    fn go_on(&mut self) {
        if let (true, Some(worker), Some(_)) = (self.free, &self.worker, &self.waiting) {
            self.free = false;
            if let Some(message) = self.waiting.take() {
                let _ = worker.post_message(&message);
            }
        }
    }
}

/// The worker of a view, started with its first question and ended with the view.
#[derive(Clone, Copy)]
pub struct Standing(StoredValue<Rc<RefCell<Now>>, LocalStorage>);

impl Standing {
    /// None has started yet.
    pub fn new() -> Self {
        let standing = Self(StoredValue::new_local(Rc::default()));
        on_cleanup(move || standing.stop());
        standing
    }

    /// Ends it; the next question starts another one.
    pub fn stop(self) {
        if let Some(now) = self.0.try_get_value() {
            let now = now.take();
            if let Some(worker) = now.worker {
                worker.terminate();
            }
        }
    }

    /// Asks it; `tell` of the first question since it was started hears all answers.
    ///
    /// # Errors
    /// In words, if the browser starts no worker.
    pub fn ask(self, job: &Job, files: &Files, tell: impl FnMut(Said) + 'static) -> Result<(), String> {
        let Some(now) = self.0.try_get_value() else { return Ok(()) };
        let message = posted(job, files, None)?;
        if now.borrow().worker.is_none() {
            let worker = open()?;
            listen(&worker, &now, tell);
            now.borrow_mut().worker = Some(worker);
        }
        let mut now = now.borrow_mut();
        now.waiting = Some(message);
        now.go_on();
        Ok(())
    }
}

fn listen(worker: &Worker, now: &Rc<RefCell<Now>>, tell: impl FnMut(Said) + 'static) {
    let tell = Rc::new(RefCell::new(tell));
    let (state, heard) = (now.clone(), tell.clone());
    let listen = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        // The first message, without content, says that the worker is ready.
        if !event.data().is_null() {
            let said = read(&event.data()).map_or_else(Said::Failed, |(said, ..)| said);
            let over = !said.is_on_the_way();
            heard.borrow_mut()(said);
            if !over {
                return;
            }
        }
        let mut now = state.borrow_mut();
        now.free = true;
        now.go_on();
    });
    let state = now.clone();
    let died = Closure::<dyn FnMut()>::new(move || {
        state.take();
        tell.borrow_mut()(Said::Failed("the worker stopped without an answer".into()));
    });
    worker.set_onerror(Some(died.as_ref().unchecked_ref()));
    died.forget();
    worker.set_onmessage(Some(listen.as_ref().unchecked_ref()));
    listen.forget();
}
