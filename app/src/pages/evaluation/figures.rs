//! Published figures, in the page's colours; the table behind each has its name.

use std::sync::Arc;

use cellprism_core::bundle::{EvaluationFile, EvaluationIndex};
use leptos::prelude::*;

use crate::{
    bundle::{Bundle, table_named},
    client::FetchError,
    components::{
        drawing,
        figure_menu::{self, Behind, Source},
        states::{Failed, Load},
    },
};

/// Tables whose figures have other names.
const OTHER: [(&str, &str); 2] = [("accuracy", "classification"), ("labels_chance", "labels")];

/// All figures, each fetched on its own.
pub fn view(bundle: &Arc<Bundle>, index: &EvaluationIndex, files: Vec<EvaluationFile>) -> AnyView {
    if files.is_empty() {
        return ().into_any();
    }
    let links = files.iter().map(|file| {
        let (id, title) = (format!("figure-{}", stem(&file.file)), file.title.clone());
        let go = move |_| crate::browser::scroll_to(&id);
        view! { <button on:click=go>{title}</button> }
    });
    let links = links.collect_view();
    let shown = files.iter().map(|file| one(bundle, index, file)).collect_view();
    view! {
        <section class="section" id="figures">
            <header><h2>"Figures"</h2></header>
            <nav class="toc" aria-label="Figures">{links}</nav>
            <div class="stack-l figures">{shown}</div>
        </section>
    }
    .into_any()
}

/// A file's name without folder and end.
fn stem(file: &str) -> &str {
    let name = file.rsplit('/').next().unwrap_or(file);
    name.split('.').next().unwrap_or(name)
}

fn one(bundle: &Arc<Bundle>, index: &EvaluationIndex, file: &EvaluationFile) -> AnyView {
    let svg = RwSignal::new(Load::<String>::Waiting);
    let (fetched, name) = (bundle.clone(), file.file.clone());
    leptos::task::spawn_local(async move {
        svg.try_set(match fetched.evaluation_text(&name).await {
            Ok(found) => Load::Ready(found),
            Err(error) => Load::Failed(error),
        });
    });
    let own = stem(&file.file).to_owned();
    let table = OTHER.iter().find(|(figure, _)| *figure == own).map_or(own.as_str(), |(_, table)| table);
    let table = table_named(index, table);
    let (bundle, title, item) = (bundle.clone(), file.title.clone(), file.item.clone());
    let id = format!("figure-{own}");
    let heading = title.clone();
    let inside = move || match svg.get() {
        Load::Waiting => view! { <span class="sk" style="height:320px"></span> }.into_any(),
        Load::Failed(error) => view! { <Failed what=title.clone() error=error /> }.into_any(),
        Load::Ready(svg) => drawn(&bundle, &own, &title, svg, table.clone()),
    };
    view! {
        <figure class="fig" id=id>
            <h3>{heading}" "<span class="faint small">{item}</span></h3>
            {inside}
        </figure>
    }
    .into_any()
}

fn drawn(bundle: &Arc<Bundle>, own: &str, title: &str, svg: String, table: Option<String>) -> AnyView {
    let Some(picture) = drawing::published(svg) else {
        let error =
            FetchError { file: format!("figures/{own}.svg"), what: "it is no SVG with a size".into() };
        return view! { <Failed what=title.to_owned() error=error /> }.into_any();
    };
    let fetched = bundle.clone();
    let none = "this figure is drawn from several tables; they stand below";
    let coming = move || -> std::pin::Pin<Box<dyn Future<Output = _>>> {
        let (bundle, table) = (fetched.clone(), table.clone());
        Box::pin(async move {
            let table = table.ok_or_else(|| none.to_owned())?;
            bundle.evaluation_table(&table).await.map_err(|error| format!("{}: {}", error.file, error.what))
        })
    };
    let behind = Behind {
        file: format!("{}-{own}", bundle.manifest.name),
        title: title.to_owned(),
        table: Source::Later(Arc::new(coming)),
        csv: None,
        picture,
    };
    view! {
        <div class="row between" style="justify-content:flex-end">{figure_menu::view(behind.clone())}</div>
        {drawing::view(&behind, format!("{title}. The table behind it is in the menu."))}
    }
    .into_any()
}
