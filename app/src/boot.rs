//! What index.html shows before the program runs stays on the page until the first page has words of its own: a title that is
//! being read does not go away and come again.

use std::cell::RefCell;

use leptos::prelude::*;

use crate::components::states::Loading;

thread_local! {
    /// The address that the page was opened with, and the words for it.
    static KEPT: RefCell<Option<(String, String)>> = const { RefCell::new(None) };
}

/// Takes index.html's words off the page, and keeps them.
pub fn keep() {
    let document = document();
    let Some(boot) = document.get_element_by_id("boot") else { return };
    if let Ok(Some(main)) = boot.query_selector("main") {
        KEPT.set(Some((address(), main.inner_html())));
    }
    boot.remove();
}

/// While something is on its way: the words, if the address is still theirs, else that it is being loaded.
pub fn waiting(what: &'static str) -> AnyView {
    let kept = KEPT.with_borrow(|kept| kept.clone()).filter(|(opened, _)| *opened == address());
    match kept {
        Some((_, words)) => view! { <div class="boot" inner_html=words></div> }.into_any(),
        None => view! { <Loading what=what /> }.into_any(),
    }
}

fn address() -> String {
    window().location().hash().unwrap_or_default()
}
