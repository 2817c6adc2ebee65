//! The first cells of a large bundle, or all of them: what is drawn, and the button that asks for the rest.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    bundle::{Bundle, Points},
    format::thousands,
};

/// The cells of one map, and why the rest could not be fetched.
#[derive(Clone, Copy)]
pub struct Drawn {
    /// The cells.
    pub points: RwSignal<Arc<Points>>,
    fetching: RwSignal<bool>,
    failed: RwSignal<Option<String>>,
}

impl Drawn {
    /// The first cells.
    pub fn new(bundle: &Bundle) -> Self {
        Self {
            points: RwSignal::new(bundle.points()),
            fetching: RwSignal::new(false),
            failed: RwSignal::new(None),
        }
    }

    /// Which cells are drawn, and a button for all of them; nothing where they are all there from the start.
    pub fn note(self, bundle: &Arc<Bundle>) -> AnyView {
        if bundle.points().are_all() {
            return ().into_any();
        }
        let all = bundle.cells.cells;
        let first = thousands(bundle.points().map.len() as u64);
        let bundle = bundle.clone();
        let ask = move |_| {
            let bundle = bundle.clone();
            self.fetching.set(true);
            self.failed.set(None);
            leptos::task::spawn_local(async move {
                match bundle.all_points().await {
                    Ok(points) => {
                        self.points.try_set(points);
                    }
                    Err(error) => {
                        self.failed.try_set(Some(format!("{}: {}", error.file, error.what)));
                    }
                }
                self.fetching.try_set(false);
            });
        };
        let said = move || {
            if self.points.with(|points| points.are_all()) {
                format!("All {} cells are drawn. ", thousands(all))
            } else {
                format!("{first} of {} cells are drawn, chosen at random along the file. ", thousands(all))
            }
        };
        let name = move || if self.fetching.get() { "Loading …" } else { "Draw all cells" };
        let problem = move || self.failed.get().map(|why| view! { <span role="alert">{why}</span> });
        let button = move || {
            let open = !self.points.with(|points| points.are_all());
            let ask = ask.clone();
            open.then(|| view! {
                <span class="tools"><button disabled=move || self.fetching.get() on:click=ask>{name}</button></span>
            })
        };
        view! {
            <span data-testid="drawn">{said}</span>
            {button}
            {problem}
        }
        .into_any()
    }
}
