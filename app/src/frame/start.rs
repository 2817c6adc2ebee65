//! From an address to a bundle, and what is read where there is none.

use leptos::prelude::*;

use super::{at::At, bar::Bar, open, open::Open};
use crate::{
    boot,
    bundle::{self, Listed},
    client,
    components::states::Failed,
    local, origin,
    page::Page,
    parts::{self, Part},
};

/// Looks for the bundle that the address asks for.
pub async fn look(at: RwSignal<At>, listed: RwSignal<Vec<Listed>>) {
    let located = bundle::locate().await;
    if let Ok((list, _)) = &located {
        listed.set(list.clone());
    }
    let found = match (local::asked_for(), located) {
        (Some(name), _) => At::Left(name),
        (None, Ok((_, None))) => At::Nothing,
        (None, Ok((_, Some(base)))) => {
            match origin::other_origin(&base).filter(|origin| !origin::is_known(origin)) {
                Some(origin) => At::Asking(origin, base),
                None => At::of(bundle::load(base).await),
            }
        }
        (None, Err(error)) => At::Failed(error),
    };
    // Meanwhile the reader may have opened one of this computer.
    if at.with_untracked(|at| !matches!(at, At::Shown(_))) {
        at.set(found);
    }
}

/// The page while there is no bundle.
pub fn page(now: At, at: RwSignal<At>, open: Open, listed: &[Listed]) -> AnyView {
    let inside = match now {
        At::Looking => boot::waiting("the bundle"),
        // A server of jobs that has made no bundle yet.
        At::Nothing | At::Failed(_) if client::has_jobs() => parts::shown(Part::Work, Page::Jobs),
        At::Asking(origin, base) => {
            let go_on = move || {
                let base = base.clone();
                at.set(At::Looking);
                leptos::task::spawn_local(async move { at.set(At::of(bundle::load(base).await)) });
            };
            origin::ask(&origin, go_on)
        }
        At::Nothing => {
            let what = "This site has no bundle of its own. It shows yours:";
            without("Open a bundle", view! { <p class="lead">{what}</p> }.into_any(), open, listed)
        }
        At::Left(name) => {
            let what = format!(
                "{name} lay on the computer of whoever opened it. A reload or a link cannot keep it: open it again."
            );
            without("Open the bundle again", view! { <p class="lead">{what}</p> }.into_any(), open, listed)
        }
        At::Failed(error) => {
            let failed = view! { <Failed what="The bundle" error=error /> }.into_any();
            without("No bundle to show", failed, open, listed)
        }
        At::Shown(_) => ().into_any(),
    };
    view! {
        <Bar bundle=None listed=vec![] />
        <main id="main" class="wrap" tabindex="-1">{inside}</main>
    }
    .into_any()
}

fn without(title: &'static str, why: AnyView, open: Open, listed: &[Listed]) -> AnyView {
    view! {
        <h1>{title}</h1>
        {why}
        <section class="panel openhere" aria-label="Open a bundle of this computer">{open::form(open)}</section>
        {others(listed)}
        <p class="small muted">
            "A bundle is a folder that "<span class="mono">"cellprism run"</span>" writes. One at an address opens with "
            <span class="mono">"?bundle=URL"</span>" in the address of this page, one on a server with "
            <span class="mono">"cellprism serve --bundle DIR"</span>"."
        </p>
    }
    .into_any()
}

/// Links to the bundles that the site does have.
fn others(listed: &[Listed]) -> AnyView {
    if listed.is_empty() {
        return ().into_any();
    }
    let link = |l: &Listed| {
        let href = format!("?bundle={}", String::from(js_sys::encode_uri_component(&l.name)));
        let title = if l.title.is_empty() { l.name.clone() } else { l.title.clone() };
        view! { <li><a href=href>{title}</a></li> }
    };
    let links = listed.iter().map(link).collect::<Vec<_>>();
    view! { <p>"This site has:"</p><ul>{links}</ul> }.into_any()
}
