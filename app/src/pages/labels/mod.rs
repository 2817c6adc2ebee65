//! The reader's own labels: all of them with their history, as files, and beside those of others.
//!
//! | file | idea |
//! |---|---|
//! | `merge` | labels of a file: read, compared, taken over |

mod merge;

use std::{collections::BTreeSet, sync::Arc};

use leptos::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::HtmlInputElement;

use crate::{
    browser,
    bundle::{self, Bundle, Subject},
    components::title,
    notes::{self, Key, Note},
};
use merge::{Theirs, agreement, same};

/// The page.
#[component]
pub fn Labels() -> impl IntoView {
    let bundle = bundle::current();
    let tag = bundle.manifest.tag.clone();
    let theirs = RwSignal::new(Vec::<Arc<Theirs>>::new());
    let problem = RwSignal::new(None::<String>);
    let (own_tag, shown_of) = (tag.clone(), bundle.clone());
    let table = move || {
        notes::follow();
        rows(&shown_of, &notes::with_history(&own_tag), &theirs.get())
    };
    let merged = tag.clone();
    let compared = move || theirs.get().iter().map(|theirs| beside(&merged, theirs)).collect_view();
    view! {
        <h1>"Your labels"</h1>
        <p class="lead">"What you called the concepts and neurons of this bundle. They are kept in this browser, each with what it was before; nothing is sent. Labels of others can be held beside them and taken over."</p>
        {files(&bundle, &tag, theirs, problem)}
        {compared}
        <section class="section" id="labels"><header><h2>"All of them"</h2></header>{table}</section>
    }
}

fn files(
    bundle: &Bundle,
    tag: &str,
    theirs: RwSignal<Vec<Arc<Theirs>>>,
    problem: RwSignal<Option<String>>,
) -> AnyView {
    let by = RwSignal::new(String::new());
    let (name, own) = (bundle.manifest.name.clone(), tag.to_owned());
    let json = move |_| {
        let labels = untrack(|| notes::with_history(&own));
        let all = serde_json::json!({ "bundle": name, "tag": own, "by": by.get_untracked().trim(), "labels": labels });
        browser::download(&format!("{name}-labels.json"), "application/json", &format!("{all:#}"));
    };
    let (name, own) = (bundle.manifest.name.clone(), tag.to_owned());
    let csv = move |_| {
        let rows = untrack(|| notes::all(&own)).into_iter().map(|n| vec![n.address(), n.label, n.at]);
        browser::download_csv(&format!("{name}-labels.csv"), &["concept", "label", "at"], rows);
    };
    let own = tag.to_owned();
    let chosen = move |event: leptos::ev::Event| {
        let input: HtmlInputElement = event_target(&event);
        let Some(files) = input.files() else { return };
        let own = own.clone();
        leptos::task::spawn_local(async move {
            for i in 0..files.length() {
                let Some(file) = files.get(i) else { continue };
                let name = file.name();
                let text = JsFuture::from(file.text()).await.ok().and_then(|text| text.as_string());
                let read = text
                    .ok_or_else(|| format!("{name} could not be read"))
                    .and_then(|text| merge::read(&name, &text));
                let read = read.and_then(|found| match found.tag.is_empty() || found.tag == own {
                    true => Ok(found),
                    false => Err(format!(
                        "{name} labels another bundle (tag {}, not {own}): its concepts are not these",
                        found.tag
                    )),
                });
                match read {
                    Ok(mut found) => {
                        if found.by.is_empty() {
                            found.by = name;
                        }
                        problem.try_set(None);
                        theirs.try_update(|all| all.push(Arc::new(found)));
                    }
                    Err(why) => {
                        problem.try_set(Some(why));
                    }
                }
            }
        });
    };
    view! {
        <section class="section" id="label-files">
            <div class="panel stack">
                <div class="row source">
                    <label class="field"><span>"Your name, for the file"</span>
                        <input type="text" maxlength="100" autocomplete="name" on:input=move |e| by.set(event_target_value(&e)) /></label>
                    <span class="row" style="align-self:end"><button class="btn" on:click=json>"JSON"</button><button class="btn" on:click=csv>"CSV"</button></span>
                    <label class="field"><span>"Labels of others (JSON or CSV)"</span>
                        <input type="file" multiple accept=".json,.csv" data-testid="import" on:change=chosen /></label>
                </div>
                {move || problem.get().map(|why| view! { <p class="notice bad" role="alert">{why}</p> })}
            </div>
        </section>
    }
    .into_any()
}

/// How somebody's labels compare, and ways to take them over.
fn beside(tag: &str, theirs: &Arc<Theirs>) -> AnyView {
    let (own, known) = (tag.to_owned(), theirs.clone());
    let said = move || {
        notes::follow();
        let found = agreement(&notes::all(&own), &known);
        format!(
            "{}: of {} concepts that you both labelled, {} have the same words. {} only you labelled, {} only they.",
            known.by, found.both, found.same, found.mine, found.theirs
        )
    };
    let take = |all: bool| {
        let (own, known) = (tag.to_owned(), theirs.clone());
        move |_| {
            let labelled: BTreeSet<Key> =
                untrack(|| notes::all(&own)).into_iter().map(|note| note.key()).collect();
            let wanted = known.labels.iter().filter(|(key, _)| all || !labelled.contains(key));
            let labels: Vec<(Key, String)> = wanted.map(|(key, label)| (*key, label.clone())).collect();
            notes::keep_all(&own, &labels);
        }
    };
    view! {
        <div class="notice" style="display:block" data-testid="agreement">
            <p>{said}</p>
            <p class="row" style="margin-top:var(--s3)">
                <button class="btn" on:click=take(false)>"Take those that I have not labelled"</button>
                <button class="btn" on:click=take(true)>"Take all; mine stay in the history"</button>
            </p>
        </div>
    }
    .into_any()
}

fn rows(bundle: &Bundle, own: &[Note], theirs: &[Arc<Theirs>]) -> AnyView {
    let keys: BTreeSet<Key> =
        own.iter().map(Note::key).chain(theirs.iter().flat_map(|t| t.labels.keys().copied())).collect();
    if keys.is_empty() {
        return view! { <p class="notice">"No concept has a label yet. Each concept’s page asks for one at D."</p> }.into_any();
    }
    let heads = theirs.iter().map(|theirs| view! { <th>{theirs.by.clone()}</th> }).collect_view();
    let dimensions = bundle.manifest.counts.embedding;
    let row = |key: Key| {
        let (subject, id) = key;
        let note = own.iter().find(|note| note.key() == key);
        let label = note.map(|note| note.label.clone()).unwrap_or_default();
        let at = note.map(|note| note.at.chars().take(10).collect::<String>()).unwrap_or_default();
        let before = note.filter(|note| !note.before.is_empty()).map(|note| {
            let line = |earlier: &notes::Earlier| {
                let at: String = earlier.at.chars().take(10).collect();
                view! { <li>{earlier.label.clone()}" "<span class="faint">{at}</span></li> }
            };
            view! { <details class="small"><summary>{format!("{} before", note.before.len())}</summary><ul>{note.before.iter().map(line).collect_view()}</ul></details> }
        });
        let others = theirs.iter().map(|theirs| {
            let other = theirs.labels.get(&key).cloned();
            let agrees = other.as_ref().is_some_and(|other| same(other, &label));
            view! { <td class:agree=agrees>{other.unwrap_or_else(|| "–".to_owned())}</td> }
        });
        // Neurons' rows are fetched when their page is opened only.
        let known = bundle.known_listing(subject);
        let what = match subject {
            Subject::Concepts => bundle.row(id).map(title::view),
            Subject::Neurons => known.and_then(|listing| listing.row(id).map(title::view)),
        };
        view! {
            <tr>
                <td><a class="mono idl" href=subject.link(id)>{subject.name(id, dimensions)}</a></td>
                <td><b>{if label.is_empty() { "–".to_owned() } else { label.clone() }}</b>{before}</td>
                <td class="small faint">{at}</td>{others.collect_view()}<td class="small">{what}</td>
            </tr>
        }
    };
    let lines = keys.into_iter().map(row).collect_view();
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label="Labels"><table data-testid="labels">
            <thead><tr><th>"Concept"</th><th>"Yours"</th><th>"Since"</th>{heads}<th>"What it is"</th></tr></thead><tbody>{lines}</tbody>
        </table></div>
    }
    .into_any()
}
