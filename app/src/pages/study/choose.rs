//! Files of the study, and who rates.

use std::sync::Arc;

use leptos::prelude::*;
use web_sys::HtmlInputElement;

use super::{Shown, form, given, record::Record};
use crate::browser;

/// The files and the start of a rating.
pub fn view(shown: Shown) -> AnyView {
    let chosen = move |event: leptos::ev::Event| {
        let input: HtmlInputElement = event_target(&event);
        let Some(files) = input.files().filter(|files| files.length() > 0) else { return };
        leptos::task::spawn_local(async move {
            let taken = match given::files(files).await {
                Err(why) => Err(why),
                Ok(files) => {
                    let mut known = shown.given.get_untracked().as_ref().clone();
                    let taken = files.iter().try_for_each(|(name, text)| known.take(name, text));
                    shown.given.try_set(Arc::new(known));
                    taken
                }
            };
            shown.problem.try_set(taken.err());
        });
    };
    let folder = NodeRef::<leptos::html::Input>::new();
    Effect::new(move || {
        if let Some(input) = folder.get() {
            let _ = input.set_attribute("webkitdirectory", "");
        }
    });
    let there = move || {
        shown.given.with(|given| {
        let items = given.items().len();
        let study = given.study.as_ref().map(|study| match study.items.len() {
            all if all == items => format!("“{}”: {items} items.", study.title),
            all => format!("“{}”: {items} of {all} items; the files of the others (items/item-NNN.json) are missing.", study.title),
        });
        let parts = [
            study,
            given.key.as_ref().map(|key| format!("The key of bundle {}.", key.bundle)),
            (!given.answers.is_empty()).then(|| format!("Answers of {}.", given.answers.iter().map(|a| a.rater.as_str()).collect::<Vec<_>>().join(", "))),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    })
    };
    let ready = move || shown.given.with(|given| !given.items().is_empty());
    view! {
        <section class="section" id="files">
            <header>
                <h2>"Files of a study"</h2>
                <p>"What "<span class="mono">"cellprism study new BUNDLE --out rating"</span>" wrote: raters get the folder rating/study. To score, add rating/key.json and the files of answers."</p>
            </header>
            <div class="panel stack">
                <div class="row source">
                    <label class="field"><span>"The folder “study”"</span>
                        <input type="file" multiple node_ref=folder data-testid="study-folder" on:change=chosen /></label>
                    <label class="field"><span>"Single files: items, key.json, answers"</span>
                        <input type="file" multiple accept=".json,application/json" data-testid="study-files" on:change=chosen /></label>
                </div>
                <p class="small" role="status" data-testid="study-there">{there}</p>
                {move || shown.problem.get().map(|what| view! { <p class="notice bad" role="alert">{what}</p> })}
            </div>
        </section>
        {move || ready().then(|| who(shown))}
    }
    .into_any()
}

fn who(shown: Shown) -> AnyView {
    let name = RwSignal::new(shown.record.with_untracked(|record| record.rater.clone()));
    let study =
        move || shown.given.with(|given| given.study.as_ref().map(|s| s.study.clone()).unwrap_or_default());
    let known = Memo::new(move |_| {
        let name = name.get().trim().to_owned();
        // What was answered meanwhile counts, too.
        let _ = shown.record.with(|record| record.rater.len());
        if name.is_empty() { Record::default() } else { Record::load(&study(), &name) }
    });
    let saved = move || known.with(|record| record.saved(&shown.given.get()));
    let n = move || shown.given.with(|given| given.items().len());
    let begin = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let record = known.get_untracked();
        if record.rater.is_empty() {
            return;
        }
        let given = shown.given.get_untracked();
        let open =
            given.items().iter().position(|item| record.of(item).is_none_or(|entry| entry.saved.is_none()));
        shown.record.set(record);
        form::go(shown, Some(open.unwrap_or(0)));
    };
    let export = move |_| {
        let (record, given) = (known.get_untracked(), shown.given.get_untracked());
        let answers = record.answers(&given);
        let file = format!("answers-{}-{}.json", plain(&answers.rater), answers.study);
        if let Ok(json) = serde_json::to_string_pretty(&answers) {
            browser::download(&file, "application/json", &json);
        }
    };
    let csv = move |_| {
        let (record, given) = (known.get_untracked(), shown.given.get_untracked());
        let header = [
            "item",
            "cell_type",
            "which_cell_type",
            "tissue",
            "which_tissue",
            "process",
            "which_process",
            "confidence",
            "seconds",
            "at",
        ];
        let answers = record.answers(&given);
        let rows = answers.answers.iter().map(|a| {
            let text = |value: Option<String>| value.unwrap_or_default();
            vec![
                a.item.clone(),
                a.cell_type.answer.name().to_owned(),
                a.cell_type.which.clone(),
                a.tissue.answer.name().to_owned(),
                a.tissue.which.clone(),
                a.process.answer.name().to_owned(),
                a.process.text.clone(),
                text(a.confidence.map(|c| c.to_string())),
                text(a.seconds.map(|s| s.to_string())),
                text(a.at.clone()),
            ]
        });
        browser::download_csv(
            &format!("answers-{}-{}.csv", plain(&answers.rater), answers.study),
            &header,
            rows,
        );
    };
    let take_over = move |_| {
        let (mut record, given) = (known.get_untracked(), shown.given.get_untracked());
        let rater = record.rater.clone();
        for answers in
            given.answers.iter().filter(|answers| answers.rater == rater && answers.study == study())
        {
            record.add(&study(), answers);
        }
        shown.record.set(record);
        name.set(rater);
    };
    let others = move || {
        shown
            .given
            .with(|given| given.answers.iter().any(|a| a.rater == name.get().trim() && a.study == study()))
    };
    let word = move || match (saved(), n()) {
        (0, _) => "Start",
        (saved, n) if saved < n => "Go on",
        _ => "Look through",
    };
    let kept = move || match saved() {
        0 => String::new(),
        saved if saved == n() => {
            format!("All {saved} items are saved in this browser. Save them to a file and send it back.")
        }
        saved => format!("{saved} of {} items are saved in this browser.", n()),
    };
    view! {
        <section class="section" id="rate">
            <header><h2>"Rate"</h2><p>"Three questions an item. “No” is as useful an answer as “yes”. Looking up a gene is fine; please do not look the item up in the bundle."</p></header>
            <form class="panel stack" on:submit=begin>
                <label class="field" style="max-width:420px"><span>"Your name, or initials"</span>
                    <input type="text" maxlength="100" autocomplete="name" data-testid="rater" prop:value=move || name.get()
                        on:input=move |e| name.set(event_target_value(&e)) /></label>
                <p class="small muted" role="status">{kept}</p>
                <div class="row">
                    <button class="btn primary" type="submit" disabled=move || name.with(|name| name.trim().is_empty())>{word}</button>
                    <button class="btn" type="button" disabled=move || saved() == 0 on:click=export>"Save answers (JSON)"</button>
                    <button class="btn" type="button" disabled=move || saved() == 0 on:click=csv>"CSV"</button>
                    {move || others().then(|| view! { <button class="btn" type="button" on:click=take_over>"Go on with the answers of the file"</button> })}
                </div>
                <p class="keys small faint"><span><kbd>"1"</kbd>"–"<kbd>"7"</kbd>" answer"</span><span><kbd>"Shift"</kbd>" "<kbd>"1"</kbd>"–"<kbd>"5"</kbd>" how sure"</span><span><kbd>"Ctrl"</kbd>" "<kbd>"Enter"</kbd>" save"</span><span><kbd>"["</kbd>" "<kbd>"]"</kbd>" previous, next"</span></p>
            </form>
        </section>
    }
    .into_any()
}

/// A name that may stand in a file's.
fn plain(name: &str) -> String {
    name.chars().map(|c| if c.is_alphanumeric() || c == '-' { c } else { '-' }).collect()
}
