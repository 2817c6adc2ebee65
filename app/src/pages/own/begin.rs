//! What a file is, and the worker that reads it.

use std::sync::Arc;

use cellprism_app::task::{
    Files, Job, Said,
    own::{
        Request, Step,
        kind::{HEAD, Kind, kind_of},
    },
};
use cellprism_core::bundle::path;
use leptos::prelude::*;

use super::{Chosen, Done, Found, Shown, State, why_no_cells};
use crate::{browser, bundle::Bundle, worker};

/// Largest table of genes or sets that is held in memory.
pub const LARGEST_TABLE: f64 = 128e6;

/// Looks at a file that was dropped or chosen, and begins.
pub fn choose(bundle: &Arc<Bundle>, shown: Shown, file: web_sys::File) {
    shown.running.stop();
    shown.opened.set(None);
    shown.chosen.set(None);
    shown.state.set(State::Opening);
    let bundle = bundle.clone();
    leptos::task::spawn_local(async move {
        let name = file.name();
        let head = match file.slice_with_f64_and_f64(0.0, HEAD as f64) {
            Ok(start) => browser::content(&start).await,
            Err(_) => Err("the browser could not read the file".into()),
        };
        match head.and_then(|head| kind_of(&name, &head)) {
            Ok(kind) => {
                shown.chosen.try_set(Some(Chosen { file, kind }));
                again(&bundle, shown);
            }
            Err(what) => shown.fail(what),
        }
    });
}

/// Reads the chosen file, from its start.
pub fn again(bundle: &Arc<Bundle>, shown: Shown) {
    let Some(chosen) = shown.chosen.get_untracked() else { return };
    shown.running.stop();
    shown.opened.set(None);
    shown.done.set(None);
    match chosen.kind {
        Kind::Ranking => return shown.state.set(State::Ranking),
        Kind::GeneSets => {
            let what = "these are gene sets: drop the ranking first, then choose them as sets of your own";
            return shown.fail(format!("{}: {what}", chosen.file.name()));
        }
        Kind::Cells => {
            if let Some(why) = why_no_cells(bundle) {
                let what = format!(
                    "{}: {why}. Embed the cells with cellprism embed, then drop the embeddings here",
                    chosen.file.name()
                );
                return shown.fail(what);
            }
        }
        Kind::Safetensors | Kind::Npy | Kind::Table => {}
    }
    shown.state.set(State::Opening);
    let request = Request {
        name: chosen.file.name(),
        kind: chosen.kind,
        symbols: bundle.genes.symbols.clone(),
        ensembl: bundle.genes.ensembl.clone(),
        bundle_cells: bundle.manifest.counts.cells,
        allow_non_integer: shown.any_number.get_untracked(),
    };
    let bundle = bundle.clone();
    leptos::task::spawn_local(async move {
        let names = request.files(bundle.entry(path::EMBEDDINGS).is_some());
        let fetched = futures::future::try_join_all(names.iter().map(|name| bundle.bytes(name))).await;
        let files: Files = match fetched {
            Ok(files) => names.into_iter().zip(files).collect(),
            Err(error) => return shown.fail(format!("{}: {}", error.file, error.what)),
        };
        // Another file may have been chosen meanwhile, or the page left.
        let same =
            shown.chosen.try_with_untracked(|now| now.as_ref().is_some_and(|now| now.file == chosen.file));
        if same != Some(true) {
            return;
        }
        let name = request.name.clone();
        let mut first = None::<f64>;
        let tell = move |said, _, written| match said {
            Said::Own(step) => match *step {
                Step::Opened(opened) => {
                    first = Some(js_sys::Date::now());
                    shown.opened.try_set(Some(*opened));
                    shown.state.try_set(State::Working);
                }
                Step::Cells { done, of, counts_share } => {
                    let began = *first.get_or_insert_with(js_sys::Date::now);
                    let elapsed = (js_sys::Date::now() - began).max(0.0);
                    shown.done.try_set(Some(Done { cells: done, of, counts_share, elapsed }));
                    if shown.state.try_with_untracked(|state| matches!(state, State::Opening)) == Some(true) {
                        shown.state.try_set(State::Working);
                    }
                }
            },
            Said::OwnRead(answer) => {
                let last = shown.done.try_get_untracked().flatten();
                let found = Found { name: name.clone(), answer: *answer, written, last };
                shown.state.try_set(State::Found(Arc::new(found)));
            }
            Said::Failed(what) => shown.fail(what),
            _ => {}
        };
        match worker::start_with(&Job::Own(Box::new(request)), &files, Some(&chosen.file), tell) {
            Ok(running) => shown.running.hold(running),
            Err(what) => shown.fail(what),
        }
    });
}
