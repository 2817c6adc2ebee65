//! Arriving at a page: its heading gets the focus; coming back, the page lies where it was, with the link that was followed.

use std::{cell::RefCell, collections::BTreeMap};

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Element, FocusOptions, HtmlElement, ScrollRestoration};

use crate::browser;

/// Where places are kept while the page is loaded again.
const KEPT: &str = "cellprism-places";
/// How long is waited for a page that is still being filled, in steps of [`STEP`].
const TRIES: u32 = 240;
/// Milliseconds.
const STEP: i32 = 50;

/// Where an entry of the history was left.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
struct Place {
    /// Pixels above the window.
    top: f64,
    /// Address of the link that had the focus.
    link: String,
}

thread_local! {
    /// Places by the number of the entry, and the entry that is shown.
    static PLACES: RefCell<(BTreeMap<u64, Place>, u64)> = const { RefCell::new((BTreeMap::new(), 0)) };
    /// Counts arrivals, so that one that is waited for ends with the next.
    static ARRIVALS: RefCell<u32> = const { RefCell::new(0) };
}

/// Takes the browser's own scrolling over, for pages that fill later than it waits.
pub fn begin() {
    if let Ok(history) = window().history() {
        let _ = history.set_scroll_restoration(ScrollRestoration::Manual);
    }
    let kept = session().and_then(|kept| kept.get_item(KEPT).ok().flatten());
    let places: BTreeMap<u64, Place> =
        kept.and_then(|kept| serde_json::from_slice(kept.as_bytes()).ok()).unwrap_or_default();
    let known = number_of_entry();
    let entry = known.unwrap_or_else(|| name_entry(&places));
    let place = known.and_then(|entry| places.get(&entry).cloned());
    PLACES.with_borrow_mut(|all| *all = (places, entry));
    if let Some(place) = place {
        settle(Some(place), false);
    }
    let leave = Closure::<dyn FnMut()>::new(move || {
        remember();
        let kept = PLACES.with_borrow(|all| serde_json::to_string(&all.0));
        if let (Some(session), Ok(kept)) = (session(), kept) {
            let _ = session.set_item(KEPT, &kept);
        }
    });
    let _ = window().add_event_listener_with_callback("pagehide", leave.as_ref().unchecked_ref());
    leave.forget();
    // Whoever scrolls does not want to be scrolled.
    let moved = Closure::<dyn FnMut()>::new(|| ARRIVALS.with_borrow_mut(|n| *n += 1));
    for event in ["wheel", "touchmove", "pointerdown"] {
        let _ = window().add_event_listener_with_callback(event, moved.as_ref().unchecked_ref());
    }
    moved.forget();
}

/// Keeps where the page that is left lies. Before anything of it changes.
pub fn leave() {
    remember();
}

/// Arrives at the entry that the address names now, after the page was changed.
pub fn arrive() {
    let known = number_of_entry();
    let place = PLACES.with_borrow_mut(|(places, shown)| {
        *shown = known.unwrap_or_else(|| name_entry(places));
        known.and_then(|entry| places.get(&entry).cloned())
    });
    if place.is_none() {
        window().scroll_to_with_x_and_y(0.0, 0.0);
    }
    settle(place, true);
}

fn session() -> Option<web_sys::Storage> {
    window().session_storage().ok().flatten()
}

fn number_of_entry() -> Option<u64> {
    let state = window().history().ok()?.state().ok()?;
    state.as_f64().map(|number| number as u64)
}

/// Numbers an entry that has none.
fn name_entry(places: &BTreeMap<u64, Place>) -> u64 {
    let number = (js_sys::Date::now() as u64).max(places.last_key_value().map_or(0, |(last, _)| last + 1));
    if let Ok(history) = window().history() {
        let _ = history.replace_state(&JsValue::from_f64(number as f64), "");
    }
    number
}

fn remember() {
    let top = window().scroll_y().unwrap_or(0.0);
    let link =
        document().active_element().and_then(|focused| focused.get_attribute("href")).unwrap_or_default();
    PLACES.with_borrow_mut(|(places, shown)| {
        places.insert(*shown, Place { top, link });
    });
}

/// Scrolls and focuses, again until the page is long enough and its heading stands.
fn settle(place: Option<Place>, focus: bool) {
    let own = ARRIVALS.with_borrow_mut(|n| {
        *n += 1;
        *n
    });
    leptos::task::spawn_local(async move {
        let mut scrolled = place.is_none();
        for _ in 0..TRIES {
            browser::pause(STEP).await;
            if ARRIVALS.with_borrow(|n| *n != own) {
                return;
            }
            if let Some(place) = &place {
                scrolled = scrolled || scroll(place.top);
            }
            let focused = !focus || focus_on(place.as_ref());
            if scrolled && focused {
                return;
            }
        }
    });
}

/// Whether the page was long enough.
fn scroll(top: f64) -> bool {
    let Some(root) = document().document_element() else { return true };
    let height = window().inner_height().ok().and_then(|height| height.as_f64()).unwrap_or(0.0);
    let enough = f64::from(root.scroll_height()) - height >= top - 1.0;
    if enough {
        window().scroll_to_with_x_and_y(0.0, top);
    }
    enough
}

/// Whether something of the page has the focus now: the link that was followed from here, else the heading.
fn focus_on(place: Option<&Place>) -> bool {
    let busy = document().active_element().is_some_and(|focused| {
        focused.tag_name() != "BODY" && focused.closest("main").ok().flatten().is_some()
    });
    if busy {
        return true;
    }
    let link = place.filter(|place| !place.link.is_empty()).and_then(|place| {
        let links = document().query_selector_all("main a[href]").ok()?;
        (0..links.length())
            .filter_map(|i| links.item(i)?.dyn_into::<Element>().ok())
            .find(|a| a.get_attribute("href").as_deref() == Some(&place.link))
    });
    let heading = || document().query_selector("main h1").ok().flatten();
    let Some(found) = link.or_else(heading) else { return false };
    if found.tag_name() == "H1" {
        let _ = found.set_attribute("tabindex", "-1");
    }
    let options = FocusOptions::new();
    options.set_prevent_scroll(true);
    let _ = found.unchecked_into::<HtmlElement>().focus_with_options(&options);
    true
}
