//! The questions of an item, answered with mouse or keys.

use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::{
    Shown,
    record::{Draft, Said},
};
use crate::{browser, route};

/// What a question is.
struct Question {
    name: &'static str,
    title: &'static str,
    asks: &'static str,
    names: &'static str,
    /// Answer, words, key.
    choices: &'static [(&'static str, &'static str, &'static str)],
    of: fn(&mut Draft) -> &mut Said,
}

const QUESTIONS: [Question; 3] = [
    Question {
        name: "cell_type",
        title: "Cell type",
        asks: "Do these genes suggest a specific cell type?",
        names: "Which cell type?",
        choices: &[("no", "No", "1"), ("yes", "Yes", "2")],
        of: |draft| &mut draft.cell_type,
    },
    Question {
        name: "tissue",
        title: "Tissue",
        asks: "Do these genes suggest a specific tissue?",
        names: "Which tissue?",
        choices: &[("no", "No", "3"), ("yes", "Yes", "4")],
        of: |draft| &mut draft.tissue,
    },
    Question {
        name: "process",
        title: "Biological process",
        asks: "Do these genes suggest a specific biological process?",
        names: "Which process or signal?",
        choices: &[("no", "No", "5"), ("unclear", "Signal but unclear", "6"), ("yes", "Yes", "7")],
        of: |draft| &mut draft.process,
    },
];

/// Shows an item, or the overview.
pub fn go(shown: Shown, place: Option<usize>) {
    let item = shown.given.with_untracked(|given| place.and_then(|place| given.items().get(place).cloned()));
    route::set(shown.route, "item", &item.unwrap_or_default());
    leptos::task::spawn_local(async move {
        browser::pause(30).await;
        window().scroll_to_with_x_and_y(0.0, 0.0);
        focus("#item-title, main h1");
    });
}

fn focus(what: &str) {
    if let Some(found) = document().query_selector(what).ok().flatten() {
        let _ = found.unchecked_into::<HtmlElement>().focus();
    }
}

fn item_at(shown: Shown, place: usize) -> (String, String) {
    shown.given.with_untracked(|given| {
        let study = given.study.as_ref().map(|study| study.study.clone()).unwrap_or_default();
        (study, given.items().get(place).cloned().unwrap_or_default())
    })
}

/// What is answered of an item now: a draft, else what was saved.
fn draft_of(shown: Shown, item: &str) -> Draft {
    shown.record.with(|record| {
        let entry = record.of(item);
        entry.and_then(|entry| entry.draft.clone().or_else(|| entry.saved.clone())).unwrap_or_default()
    })
}

fn change(shown: Shown, place: usize, change: impl FnOnce(&mut Draft)) {
    let (study, item) = item_at(shown, place);
    let mut draft = untrack(|| draft_of(shown, &item));
    change(&mut draft);
    shown.record.update(|record| record.change(&study, &item, |entry| entry.draft = Some(draft)));
}

/// Saves an item and goes on; where something is missing, to the first field of it.
fn save(shown: Shown, place: usize) {
    let (study, item) = item_at(shown, place);
    let mut draft = untrack(|| draft_of(shown, &item));
    if let Some(first) = draft.missing().first() {
        let at = match *first {
            "answer question 1" => "input[name=cell_type]",
            "answer question 2" => "input[name=tissue]",
            "answer question 3" => "input[name=process]",
            "name the cell type" => "#which-cell_type",
            "name the tissue" => "#which-tissue",
            "name the process" => "#which-process",
            _ => "input[name=confidence]",
        };
        focus(at);
        return;
    }
    draft.at = String::from(js_sys::Date::new_0().to_iso_string());
    shown.record.update(|record| {
        record.change(&study, &item, |entry| (entry.saved, entry.draft) = (Some(draft), None));
    });
    let n = shown.given.with_untracked(|given| given.items().len());
    go(shown, (place + 1 < n).then_some(place + 1));
}

/// Adds the time that the item was looked at when it is left.
fn count_time(shown: Shown, place: usize) {
    let since = js_sys::Date::now();
    on_cleanup(move || {
        let (study, item) = item_at(shown, place);
        let seconds = (js_sys::Date::now() - since).max(0.0) / 1000.0;
        shown
            .record
            .try_update_untracked(|record| record.change(&study, &item, |entry| entry.seconds += seconds));
    });
}

/// The form.
pub fn view(shown: Shown, place: usize) -> AnyView {
    count_time(shown, place);
    let (_, item) = item_at(shown, place);
    let draft = Memo::new(move |_| draft_of(shown, &item));
    let questions = QUESTIONS.iter().map(|question| fieldset(shown, place, question, draft)).collect_view();
    let confidence = (1..=5u8)
        .map(|n| {
            let checked = move || draft.with(|draft| draft.confidence == Some(n));
            let choose = move |_| change(shown, place, |draft| draft.confidence = Some(n));
            view! { <label><input type="radio" name="confidence" value=n prop:checked=checked on:change=choose /><span>{n}</span></label> }
        })
        .collect_view();
    let missing = move || {
        let missing = draft.with(Draft::missing);
        let begun = draft.with(|draft| *draft != Draft::default());
        if begun && !missing.is_empty() { format!("To save: {}", missing.join(", ")) } else { String::new() }
    };
    let n = shown.given.with_untracked(|given| given.items().len());
    let word =
        if place + 1 < n { format!("Save and go to {}", place + 2) } else { "Save and finish".to_owned() };
    let (_, own) = item_at(shown, place);
    let state = move || {
        shown.record.with(|record| match record.of(&own) {
            Some(_) if !record.kept => {
                "This browser keeps nothing: save the answers to a file before you leave"
            }
            Some(entry) if entry.draft.is_some() => "Draft kept in this browser",
            Some(entry) if entry.saved.is_some() => "Saved",
            _ => "",
        })
    };
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        save(shown, place);
    };
    view! {
        <form class="c5 sform" aria-label="Rating of this item" on:submit=submit>
            <div class="panel">
                {questions}
                <fieldset><legend>"How sure are you?"</legend><p>"From 1, a guess, to 5, certain."</p><div class="choice five">{confidence}</div></fieldset>
                <p class="small missing" role="status" data-testid="missing">{missing}</p>
                <div class="row between"><button class="btn primary" type="submit">{word}</button><span class="small muted" role="status">{state}</span></div>
            </div>
            <p class="keys small faint"><span><kbd>"1"</kbd>"–"<kbd>"7"</kbd>" answer"</span><span><kbd>"Shift"</kbd>" "<kbd>"1"</kbd>"–"<kbd>"5"</kbd>" how sure"</span><span><kbd>"Ctrl"</kbd>" "<kbd>"Enter"</kbd>" save"</span><span><kbd>"["</kbd>" "<kbd>"]"</kbd>" previous, next"</span></p>
        </form>
    }
    .into_any()
}

fn fieldset(shown: Shown, place: usize, question: &'static Question, draft: Memo<Draft>) -> AnyView {
    let said = move || draft.with(|draft| (question.of)(&mut draft.clone()).clone());
    let choices = question.choices.iter().map(|&(answer, words, key)| {
        let checked = move || said().answer == answer;
        let choose = move |_| change(shown, place, |draft| (question.of)(draft).answer = answer.to_owned());
        view! {
            <label><input type="radio" name=question.name value=answer prop:checked=checked on:change=choose />
                <span>{words}</span><kbd aria-hidden="true">{key}</kbd></label>
        }
    });
    let typed = move |event| {
        let text = event_target_value(&event);
        change(shown, place, |draft| (question.of)(draft).which = text);
    };
    let id = format!("which-{}", question.name);
    view! {
        <fieldset>
            <legend>{question.title}</legend><p>{question.asks}</p>
            <div class="choice">{choices.collect_view()}</div>
            <label class="field" hidden=move || !said().wants_name()><span>{question.names}</span>
                <input type="text" id=id maxlength="500" prop:value=move || said().which on:input=typed /></label>
        </fieldset>
    }
    .into_any()
}

/// Keys, while an item is shown.
pub fn listen(shown: Shown, at: Memo<Option<usize>>) {
    let handle = window_event_listener(ev::keydown, move |event| {
        let Some(place) = at.try_get_untracked().flatten() else { return };
        if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
            event.prevent_default();
            save(shown, place);
            return;
        }
        let typing = document()
            .active_element()
            .is_some_and(|field| field.matches("textarea, select, input:not([type=radio])").unwrap_or(false));
        if typing {
            if event.key() == "Escape" {
                focus("#item-title");
            }
            return;
        }
        if event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        let code = event.code();
        let digit = code.strip_prefix("Digit").or_else(|| code.strip_prefix("Numpad"));
        let n = shown.given.with_untracked(|given| given.items().len());
        match (digit.and_then(|digit| digit.parse::<u8>().ok()), event.key().as_str()) {
            (Some(digit @ 1..=5), _) if event.shift_key() => {
                change(shown, place, |draft| draft.confidence = Some(digit));
            }
            (Some(digit @ 1..=7), _) if !event.shift_key() => answer(shown, place, digit),
            (_, "[") if place > 0 => go(shown, Some(place - 1)),
            (_, "]") if place + 1 < n => go(shown, Some(place + 1)),
            _ => return,
        }
        event.prevent_default();
    });
    on_cleanup(move || handle.remove());
}

fn answer(shown: Shown, place: usize, digit: u8) {
    let key = digit.to_string();
    for question in &QUESTIONS {
        let Some(&(answer, ..)) = question.choices.iter().find(|choice| choice.2 == key) else { continue };
        change(shown, place, |draft| (question.of)(draft).answer = answer.to_owned());
        let (_, item) = item_at(shown, place);
        let unnamed = untrack(|| (question.of)(&mut draft_of(shown, &item)).which.trim().is_empty());
        if answer != "no" && unnamed {
            let field = format!("#which-{}", question.name);
            leptos::task::spawn_local(async move {
                // The field shows first.
                browser::pause(20).await;
                focus(&field);
            });
        }
    }
}
