//! The bundle and its sources, under every page.

use leptos::prelude::*;

use crate::{bundle::Bundle, format::capital};

/// The footer.
pub fn footer(bundle: &Bundle) -> impl IntoView + use<> {
    let sources = bundle
        .manifest
        .sources
        .iter()
        .map(|s| format!("{}: {}{}", capital(&s.part), s.source, licence(&s.licence)))
        .map(|text| view! { <span>{text}</span> })
        .collect::<Vec<_>>();
    view! {
        <footer class="foot"><div class="wrap">
            <span>
                "Bundle "<b>{bundle.manifest.name.clone()}</b>" "
                <span class="mono faint">{bundle.manifest.tag.clone()}</span>
            </span>
            {sources}
            <span style="margin-left:auto"><a href="#/about">"Methods, glossary, limits"</a></span>
        </div></footer>
    }
}

fn licence(text: &str) -> String {
    if text == "not stated" { String::new() } else { format!(" ({text})") }
}
