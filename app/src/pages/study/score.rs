//! What answers say, once the key is there: the tables of `cellprism study score`.

use std::sync::Arc;

use cellprism_core::study::{
    Answers, Joined, Kind, RatingCount, agreement, agreement_csv, annotations, contrast, contrast_csv,
    ratings, ratings_csv,
};
use cellprism_figures::{Colour, Dots, Mark, Panel, Row, Series};
use leptos::prelude::*;

use super::{given::Given, record::Record};
use crate::{
    browser,
    components::{
        drawing,
        figure_menu::{self, Behind},
    },
    table::Table,
};

/// Files of the score, by name.
struct Scored {
    ratings: String,
    agreement: String,
    contrast: String,
    cas: String,
    shares: Vec<RatingCount>,
    raters: Vec<String>,
}

/// Answers of files, and those of this browser where no file has them.
fn all_answers(given: &Given, record: &Record) -> Vec<Answers> {
    let mut all = given.answers.clone();
    let own = record.answers(given);
    if !own.answers.is_empty() && all.iter().all(|known| known.rater != own.rater) {
        all.push(own);
    }
    all
}

fn scored(given: &Given, answers: &[Answers]) -> Option<Result<Scored, String>> {
    let (study, key) = (given.study.as_ref()?, given.key.as_ref()?);
    if answers.is_empty() {
        return None;
    }
    let joined = match Joined::new(study, key, answers) {
        Ok(joined) => joined,
        Err(misfit) => return Some(Err(misfit.to_string())),
    };
    let raters: Vec<String> = joined.raters().map(str::to_owned).collect();
    let author = raters.first().map_or("", String::as_str);
    let cas = serde_json::to_string_pretty(&annotations(&joined, &given.sheets, &study.study, author));
    let shares = ratings(&joined);
    Some(cas.map_err(|e| e.to_string()).map(|cas| Scored {
        ratings: ratings_csv(&shares),
        agreement: agreement_csv(&agreement(&joined)),
        contrast: contrast_csv(&contrast(&joined)),
        cas: cas + "\n",
        shares,
        raters,
    }))
}

/// The section; nothing until there are a study, its key and answers.
pub fn view(given: &Arc<Given>, record: &Record) -> AnyView {
    let answers = all_answers(given, record);
    let inside = match scored(given, &answers) {
        None => {
            let what = match (&given.key, answers.is_empty()) {
                (None, _) => "Add key.json, which raters must not have, and the answers that they sent back.",
                (Some(_), true) => "Add the answers that raters sent back.",
                (Some(_), false) => "Add the folder of the study that this key opens.",
            };
            view! { <p class="small muted" data-testid="not-scored">{what}</p> }.into_any()
        }
        Some(Err(why)) => view! { <p class="notice bad" role="alert">{why}</p> }.into_any(),
        Some(Ok(scored)) => results(&scored),
    };
    view! {
        <section class="section" id="score">
            <header><h2>"Score"</h2><p>"Ratings, and agreement between raters, use first presentations only. Several raters of one item are not independent: test with the rows of single raters, show those of all together."</p></header>
            {inside}
        </section>
    }
    .into_any()
}

fn results(scored: &Scored) -> AnyView {
    let save = |name: &'static str, kind: &'static str, content: &String| {
        let content = content.clone();
        view! { <button class="btn" on:click=move |_| browser::download(name, kind, &content)>{name}</button> }
    };
    let table = |title: &'static str, csv: &String| {
        let inside = match Table::parse(csv) {
            Ok(table) => figure_menu::rows(&table, title),
            Err(why) => view! { <p class="notice bad" role="alert">{why}</p> }.into_any(),
        };
        view! { <figure class="fig"><h3>{title}</h3>{inside}</figure> }
    };
    view! {
        <p class="lead" data-testid="scored">{format!("Answers of {}.", crate::format::list(&scored.raters))}</p>
        <div class="row" style="margin:var(--s4) 0">
            {save("ratings.csv", "text/csv", &scored.ratings)}{save("agreement.csv", "text/csv", &scored.agreement)}
            {save("contrast.csv", "text/csv", &scored.contrast)}{save("annotations.cas.json", "application/json", &scored.cas)}
        </div>
        <div class="stack-l">
            {shares(&scored.shares, &scored.ratings)}
            {table("Concepts against neurons", &scored.contrast)}
            {table("Agreement", &scored.agreement)}
            {table("Ratings", &scored.ratings)}
        </div>
    }
    .into_any()
}

/// "Yes" of both kinds with their intervals.
fn shares(found: &[RatingCount], csv: &str) -> AnyView {
    let words = [
        ("cell_type", "yes", "a cell type"),
        ("tissue", "yes", "a tissue"),
        ("process", "yes", "a process"),
        ("process", "unclear", "an unclear signal"),
    ];
    let mark = |kind: Kind, question: &str, answer: &str| {
        let row =
            found.iter().find(|row| row.kind == kind && row.question == question && row.answer == answer)?;
        let share = row.share?;
        let series = usize::from(kind == Kind::Neuron);
        Some(Mark { series, value: share.share, interval: Some((share.low, share.high)) })
    };
    let rows: Vec<Row> = words
        .iter()
        .map(|(question, answer, label)| Row {
            label: (*label).to_owned(),
            marks: [Kind::Concept, Kind::Neuron]
                .into_iter()
                .filter_map(|kind| mark(kind, question, answer))
                .collect(),
        })
        .collect();
    let chart = move || {
        Panel::Dots(Dots {
            x_title: "Share of items to which raters said so (Wilson’s 95 % interval)".into(),
            series: vec![Series::coloured("concepts", Colour::Accent), Series::named("neurons", 0)],
            rows: rows.clone(),
            range: Some((0.0, 1.0)),
            references: Vec::new(),
        })
    };
    let table = Table::parse(csv).unwrap_or_default();
    let header: Vec<&str> = table.columns.iter().map(String::as_str).collect();
    let listed = table.rows.clone();
    let behind = Behind::new(
        "study-ratings".into(),
        "What the genes suggest to raters",
        &header,
        move || listed.clone(),
        chart,
    );
    view! {
        <figure class="fig">
            <header><h3>"What the genes suggest to raters"</h3>{figure_menu::view(behind.clone())}</header>
            {drawing::view(&behind, "Shares of concepts and of neurons for which raters named a cell type, a tissue, a process, or an unclear signal.".into())}
        </figure>
    }
    .into_any()
}
