//! The work while it runs: how far it is, how fast, and a way to stop it.

use leptos::prelude::*;

use super::{Done, Shown, State};
use crate::format::thousands;

/// Progress and a button.
pub fn view(shown: Shown) -> AnyView {
    let cancel = move |_| {
        shown.running.stop();
        shown.state.set(State::Cancelled);
    };
    let words = move || {
        shown.done.get().map_or_else(|| "Opening the file and fetching the model …".to_owned(), in_words)
    };
    let width = move || {
        shown
            .done
            .get()
            .filter(|done| done.of > 0)
            .map_or(0.0, |done| done.cells as f64 / done.of as f64 * 100.0)
    };
    let bar = move || format!("width:{:.1}%", width());
    view! {
        <div class="panel" data-testid="own-progress">
            <p class="small" role="status">{words}</p>
            <div class="prog"><i style=bar></i></div>
            <p style="margin-top:var(--s3)"><button class="btn" type="button" on:click=cancel>"Cancel"</button></p>
        </div>
    }
    .into_any()
}

fn in_words(done: Done) -> String {
    let rate = done.cells as f64 / (done.elapsed / 1000.0).max(0.001);
    let of = if done.of > 0 { format!(" of {}", thousands(done.of)) } else { String::new() };
    let left = done.of.saturating_sub(done.cells) as f64 / rate.max(1.0);
    let left = if done.of > 0 && left >= 1.0 { format!(", about {left:.0} s left") } else { String::new() };
    format!("{}{of} cells, {} a second{left}", thousands(done.cells), thousands(rate as u64))
}
