//! Parts of the program that are files of their own, fetched when a page needs them.
//!
//! The program itself has what a visit begins with: frame, overview, lists. `cargo xtask build` cuts the rest off (the feature
//! `split`); a program that was not cut has its parts already. A part that is there is called like any other function.

use std::cell::Cell;

use futures::FutureExt;
use leptos::prelude::*;

use crate::{boot, browser, client::FetchError, components::states::Failed, page::Page, pages};

/// A part of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Pages of one thing: concept, neuron, gene, pathway.
    One,
    /// Pages for work: evaluation, comparison, study, own data.
    Work,
}

thread_local! {
    static THERE: [Cell<bool>; 2] = const { [Cell::new(!CUT), Cell::new(!CUT)] };
}

/// Whether this program was cut.
const CUT: bool = cfg!(feature = "split");
/// Milliseconds after the first view until the part of a next step is fetched: what is seen comes first.
const LATER: i32 = 800;

/// The part that a page is in; nothing for pages that are always there.
pub fn part_of(page: &Page) -> Option<Part> {
    match page {
        Page::Overview | Page::List(_) | Page::Unknown(_) => None,
        Page::One(..) | Page::Genes | Page::Gene(_) | Page::Search | Page::Pathway(..) => Some(Part::One),
        _ => Some(Part::Work),
    }
}

/// Fetches a part ahead of its use; whoever needs it is told if that fails.
pub fn fetch_ahead(part: Part) {
    leptos::task::spawn_local(async move {
        let _ = fetch(part).await;
    });
}

/// Fetches what a first step from the overview or a list leads to, once nothing else is on its way.
pub fn fetch_next_step() {
    leptos::task::spawn_local(async move {
        browser::pause(LATER).await;
        let _ = fetch(Part::One).await;
    });
}

/// A page of a part: at once where the part is there.
pub fn shown(part: Part, page: Page) -> AnyView {
    if let Some(view) = at_once(part, &page) {
        return view;
    }
    let failed = RwSignal::new(None::<bool>);
    leptos::task::spawn_local(async move {
        failed.try_set(Some(fetch(part).await.is_err()));
    });
    let view = move || match failed.get() {
        Some(false) => at_once(part, &page),
        Some(true) => {
            let error = FetchError {
                file: "A part of the program".to_owned(),
                what: "the connection failed, or the site was renewed since this page was opened".to_owned(),
            };
            Some(view! { <h1>{page.title()}</h1><Failed what="This page" error=error /> }.into_any())
        }
        // Without a heading: the focus waits for the page's own.
        None => Some(boot::waiting("the page")),
    };
    view.into_any()
}

fn at_once(part: Part, page: &Page) -> Option<AnyView> {
    if !THERE.with(|there| there[part as usize].get()) {
        return None;
    }
    let page = page.clone();
    match part {
        Part::One => cut::one(page).now_or_never()?.ok(),
        Part::Work => cut::work(page).now_or_never()?.ok(),
    }
}

async fn fetch(part: Part) -> Result<(), cut::Missing> {
    match part {
        Part::One => cut::fetch_one().await?,
        Part::Work => cut::fetch_work().await?,
    }
    THERE.with(|there| there[part as usize].set(true));
    Ok(())
}

/// The places where the program is cut. The cutter's macro makes each function one that fetches its part first, and declares
/// it as one that is linked later, which the language calls unsafe.
#[cfg(feature = "split")]
#[allow(
    unsafe_code,
    improper_ctypes,
    improper_ctypes_definitions,
    reason = "both sides of the cut are the same build"
)]
mod cut {
    use leptos::prelude::AnyView;
    pub use wasm_split_helpers::SplitLoaderError as Missing;
    use wasm_split_helpers::wasm_split;

    use super::Page;

    #[wasm_split(one, fallible, preload(fetch_one))]
    pub fn one(page: Page) -> Result<AnyView, Missing> {
        Ok(super::one(page))
    }

    #[wasm_split(work, fallible, preload(fetch_work))]
    pub fn work(page: Page) -> Result<AnyView, Missing> {
        Ok(super::work(page))
    }
}

/// Nothing is cut, and every part is there.
#[cfg(not(feature = "split"))]
mod cut {
    pub use std::convert::Infallible as Missing;
    use std::future::{Ready, ready};

    use leptos::prelude::AnyView;

    use super::Page;

    pub fn one(page: Page) -> Ready<Result<AnyView, Missing>> {
        ready(Ok(super::one(page)))
    }

    pub fn work(page: Page) -> Ready<Result<AnyView, Missing>> {
        ready(Ok(super::work(page)))
    }

    pub fn fetch_one() -> Ready<Result<(), Missing>> {
        ready(Ok(()))
    }

    pub fn fetch_work() -> Ready<Result<(), Missing>> {
        ready(Ok(()))
    }
}

fn one(page: Page) -> AnyView {
    match page {
        Page::One(subject, id) => view! { <pages::concept::ConceptPage subject=subject id=id /> }.into_any(),
        Page::Genes => view! { <pages::gene::Genes /> }.into_any(),
        Page::Gene(symbol) => view! { <pages::gene::Gene symbol=symbol /> }.into_any(),
        Page::Search => view! { <pages::search::Search /> }.into_any(),
        Page::Pathway(library, term) => {
            view! { <pages::pathway::Pathway library=library term=term /> }.into_any()
        }
        _ => ().into_any(),
    }
}

fn work(page: Page) -> AnyView {
    match page {
        Page::Evaluation => view! { <pages::evaluation::Evaluation /> }.into_any(),
        Page::Compare => view! { <pages::compare::Compare /> }.into_any(),
        Page::Labels => view! { <pages::labels::Labels /> }.into_any(),
        Page::Study => view! { <pages::study::Study /> }.into_any(),
        Page::Tasks => view! { <pages::tasks::Tasks /> }.into_any(),
        Page::YourData => view! { <pages::own::YourData /> }.into_any(),
        Page::Train => view! { <pages::train::Train /> }.into_any(),
        Page::Jobs => view! { <pages::jobs::Jobs /> }.into_any(),
        Page::About => view! { <pages::about::About /> }.into_any(),
        _ => ().into_any(),
    }
}
