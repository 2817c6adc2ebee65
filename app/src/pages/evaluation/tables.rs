//! Every table of the evaluation, fetched when it is opened.

use std::sync::Arc;

use cellprism_core::bundle::{EvaluationFile, EvaluationFileKind, EvaluationIndex};
use leptos::prelude::*;

use crate::{
    browser,
    bundle::Bundle,
    components::{
        figure_menu,
        states::{Failed, Load, Loading},
    },
    format::thousands,
    table::Table,
};

/// All of them, folded.
pub fn view(bundle: &Arc<Bundle>, index: &EvaluationIndex) -> AnyView {
    let tables = index.files.iter().filter(|file| file.kind == EvaluationFileKind::Table);
    let tables = tables.map(|file| one(bundle, file)).collect_view();
    view! {
        <section class="section" id="tables">
            <header>
                <h2>"Tables"</h2>
                <p>"What claims and figures are drawn from. A value that could not be computed is empty, and the last column says why."</p>
            </header>
            {tables}
        </section>
    }
    .into_any()
}

fn one(bundle: &Arc<Bundle>, file: &EvaluationFile) -> AnyView {
    let content = RwSignal::new(None::<Load<Arc<Table>>>);
    let (fetched, name) = (bundle.clone(), file.file.clone());
    let open = move |_| {
        if content.with_untracked(|content| matches!(content, Some(Load::Ready(_) | Load::Waiting))) {
            return;
        }
        content.set(Some(Load::Waiting));
        let (bundle, name) = (fetched.clone(), name.clone());
        leptos::task::spawn_local(async move {
            content.try_set(Some(match bundle.evaluation_table(&name).await {
                Ok(found) => Load::Ready(Arc::new(found)),
                Err(error) => Load::Failed(error),
            }));
        });
    };
    let saved = file.file.rsplit('/').next().unwrap_or(&file.file).to_owned();
    let inside = move || match content.get() {
        None => ().into_any(),
        Some(Load::Waiting) => view! { <Loading what="the table" /> }.into_any(),
        Some(Load::Failed(error)) => view! { <Failed what="The table" error=error /> }.into_any(),
        Some(Load::Ready(table)) => whole(&table, &saved),
    };
    let rows = file.rows.map_or_else(|| "0".to_owned(), thousands);
    let about = [format!("{rows} rows"), file.item.clone()];
    let about = about.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
    view! {
        <details class="evtable" on:toggle=open>
            <summary><b>{file.title.clone()}</b>" "<span class="faint small">{about}</span></summary>
            {inside}
        </details>
    }
    .into_any()
}

fn whole(table: &Arc<Table>, file: &str) -> AnyView {
    let (saved, file, name) = (table.clone(), file.to_owned(), file.to_owned());
    let csv = move |_| {
        let header: Vec<&str> = saved.columns.iter().map(String::as_str).collect();
        browser::download_csv(&file, &header, saved.rows.clone());
    };
    view! { <p><button class="btn" on:click=csv>"CSV"</button></p>{figure_menu::rows(table, &name)} }
        .into_any()
}
