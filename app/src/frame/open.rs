//! A bundle of this computer, opened: dropped anywhere on the page, or chosen in a dialog.

use leptos::{ev, html, prelude::*};
use web_sys::{DragEvent, HtmlInputElement};

use super::{arrival, at::At};
use crate::{
    bundle,
    local::{self, Given},
    page::Page,
    route::{self, Route},
};

/// How far opening is.
#[derive(Clone, Debug, PartialEq)]
enum State {
    /// Nothing was given.
    Idle,
    /// This is being looked at.
    Reading(String),
    /// What is wrong with it.
    Failed(String),
    /// A file that is no bundle, which another page may read.
    Other(String),
}

/// What the whole page knows of opening.
#[derive(Clone, Copy)]
pub struct Open {
    at: RwSignal<At>,
    route: RwSignal<Route>,
    state: RwSignal<State>,
    dialog: RwSignal<bool>,
    /// Whether files are held over the page.
    over: RwSignal<bool>,
}

impl Open {
    /// For the bundle that is shown.
    pub fn new(at: RwSignal<At>) -> Self {
        Self {
            at,
            route: route::current(),
            state: RwSignal::new(State::Idle),
            dialog: RwSignal::new(false),
            over: RwSignal::new(false),
        }
    }

    /// Says something: in the dialog, or where the page itself is the form.
    fn say(self, state: State) {
        self.state.set(state);
        if self.at.with_untracked(|at| matches!(at, At::Shown(_))) {
            self.dialog.set(true);
        }
    }

    fn take(self, given: Given) {
        let (name, route) = (given.name(), self.route);
        let reading = State::Reading(name.clone());
        self.say(reading.clone());
        leptos::task::spawn_local(async move {
            let found = async {
                let base = given.open().await?;
                bundle::load(base).await.map_err(|error| format!("{}: {}", error.file, error.what))
            };
            let found = found.await;
            // Something else was given meanwhile.
            if self.state.with_untracked(|now| *now != reading) {
                return;
            }
            match found {
                Ok(bundle) => {
                    arrival::leave();
                    local::enter(&name);
                    self.state.set(State::Idle);
                    self.dialog.set(false);
                    route.set(Route::default());
                    self.at.set(At::Shown(bundle));
                    arrival::arrive();
                }
                Err(what) => self.say(State::Failed(format!("{name}: {what}"))),
            }
        });
    }
}

/// Hears what is dropped anywhere.
pub fn listen(open: Open) {
    let route = open.route;
    let has_files = |event: &DragEvent| {
        event.data_transfer().is_some_and(|data| data.types().iter().any(|kind| kind == "Files"))
    };
    let own = move || route.with_untracked(|route| Page::of(&route.path)) == Page::YourData;
    let over = window_event_listener(ev::dragover, move |event| {
        if has_files(&event) {
            // Without this the browser leaves the page for the file.
            event.prevent_default();
            open.over.set(!own());
        }
    });
    let left = window_event_listener(ev::dragleave, move |event| {
        // Only where the window itself is left.
        if event.related_target().is_none() {
            open.over.set(false);
        }
    });
    let drop = window_event_listener(ev::drop, move |event| {
        open.over.set(false);
        let Some(data) = event.data_transfer().filter(|_| has_files(&event)) else { return };
        event.prevent_default();
        match local::dropped(&data) {
            Some(given) => open.take(given),
            // There it is read as the reader's own data.
            None if own() => {}
            None => open.say(State::Other(local::name_of_other(&data).unwrap_or_default())),
        }
    });
    for listener in [over, left, drop] {
        on_cleanup(move || listener.remove());
    }
}

/// The button in the bar.
#[component]
pub fn OpenButton() -> impl IntoView {
    let open = expect_context::<Open>();
    let show = move |_| {
        open.state.set(State::Idle);
        open.dialog.set(true);
    };
    view! {
        <button class="iconbtn openbtn" aria-label="Open a bundle of this computer" title="Open a bundle of this computer" on:click=show>
            <svg viewBox="0 0 16 16" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.4" stroke-linejoin="round">
                <path d="M1.5 13V3.2h4.3l1.6 1.9h5.9v2M1.5 13h11l2.2-5.9H3.8Z" />
            </svg>
        </button>
    }
}

/// What lies over the page: the dialog, and where to let go.
pub fn over_page(open: Open) -> AnyView {
    let let_go = move || {
        open.over.get().then(|| {
            view! {
                <div class="letgo" aria-hidden="true"><p><b>"Drop a bundle here"</b>", its folder or a zip file of it: it opens in this page, and nothing leaves it."</p></div>
            }
        })
    };
    let shown = move || open.dialog.get().then(|| dialog(open));
    view! { {let_go}{shown} }.into_any()
}

fn dialog(open: Open) -> AnyView {
    let place = NodeRef::<html::Dialog>::new();
    Effect::new(move || {
        if let Some(dialog) = place.get() {
            let _ = dialog.show_modal();
        }
    });
    let close = move |_| {
        if let Some(dialog) = place.get_untracked() {
            dialog.close();
        }
    };
    view! {
        <dialog class="tabledialog opening" node_ref=place aria-label="Open a bundle of this computer"
            on:close=move |_| open.dialog.set(false)>
            <header class="row between">
                <h2 class="h3">"Open a bundle of this computer"</h2>
                <button class="btn" on:click=close>"Close"</button>
            </header>
            {form(open)}
        </dialog>
    }
    .into_any()
}

/// Choosing, and what came of it.
pub fn form(open: Open) -> AnyView {
    let folder = NodeRef::<html::Input>::new();
    Effect::new(move || {
        if let Some(input) = folder.get() {
            let _ = input.set_attribute("webkitdirectory", "");
        }
    });
    let choose = move |event: ev::Event| {
        let input: HtmlInputElement = event_target(&event);
        if let Some(given) = input.files().and_then(Given::chosen) {
            open.take(given);
        }
    };
    // The same file may be chosen again.
    let forget = move |event: ev::MouseEvent| event_target::<HtmlInputElement>(&event).set_value("");
    let said = move || match open.state.get() {
        State::Idle => ().into_any(),
        State::Reading(name) => {
            view! { <p class="small muted" role="status">{format!("Reading {name} …")}</p> }.into_any()
        }
        State::Failed(what) => {
            view! { <p class="notice bad" role="alert" data-testid="not-opened">{what}</p> }.into_any()
        }
        State::Other(name) => {
            let close = move |_| open.dialog.set(false);
            let what = format!(
                "{name} is no bundle: a bundle is a folder, or a zip file of one. Cells, embeddings and rankings of genes are read on the page "
            );
            view! {
                <p class="notice bad" role="alert" data-testid="not-opened">
                    <span>{what}<a href="#/your-data" on:click=close>"Your data"</a>"."</span>
                </p>
            }
            .into_any()
        }
    };
    view! {
        <div class="stack openform">
            <p>"A bundle’s folder, or a zip file of it, opens here with everything that the explorer does. Drop it anywhere on this page, or:"</p>
            <p class="row">
                <label class="btn pick"><input class="vh" type="file" multiple node_ref=folder data-testid="open-folder"
                    on:click=forget on:change=choose />"Choose a folder"</label>
                <label class="btn pick"><input class="vh" type="file" accept=".zip,application/zip" data-testid="open-zip"
                    on:click=forget on:change=choose />"Choose a zip file"</label>
            </p>
            {said}
            <p class="small muted">"Nothing leaves this page: files are read when they are shown. A browser may call choosing a folder an upload; nothing is sent. A reload forgets it."</p>
        </div>
    }
    .into_any()
}

/// Whose bundle is shown, above every page.
pub fn note(base: &str, site_has_some: bool) -> Option<AnyView> {
    let name = local::name(base)?;
    let back = site_has_some.then(|| {
        let page = window().location().pathname().unwrap_or_default();
        // Without a fragment the browser loads the page.
        view! { <a href=page rel="external">"Back to this site’s own"</a> }
    });
    let what = format!(
        "Shows “{name}” of this computer; nothing of it leaves this page. A reload forgets it, and a link to it works nowhere else. "
    );
    Some(
        view! { <aside class="wrap small muted whose" aria-label="Whose bundle this is" data-testid="of-this-computer"><p>{what}{back}</p></aside> }
            .into_any(),
    )
}
