//! What a figure offers besides being looked at, in one small menu: its table, CSV, SVG, PNG.

use std::{pin::Pin, sync::Arc};

use cellprism_figures::{Figure, Panel, Panels};
use leptos::{ev, html::Dialog, prelude::*};

use crate::{browser, format::thousands, picture, table::Table};

/// Rows of a table that the page shows; the file has all.
const SHOWN: usize = 500;

/// What a table comes as, later.
type Coming = Pin<Box<dyn Future<Output = Result<Table, String>>>>;

/// The table behind a figure.
#[derive(Clone)]
pub enum Source {
    /// Made when it is asked for.
    Here(Arc<dyn Fn() -> Table + Send + Sync>),
    /// Fetched when it is asked for.
    Later(Arc<dyn Fn() -> Coming + Send + Sync>),
}

/// The picture.
#[derive(Clone)]
pub enum Picture {
    /// Drawn when it is asked for.
    Drawn(Arc<dyn Fn() -> Panel + Send + Sync>),
    /// An SVG, with its width and height.
    Svg(Arc<str>, (f64, f64)),
}

/// What stands behind a figure.
#[derive(Clone)]
pub struct Behind {
    /// Name of its files, without what follows the point.
    pub file: String,
    /// What it shows: title of the table and of the pictures.
    pub title: String,
    /// The table.
    pub table: Source,
    /// A file with more than the table, where there is one.
    pub csv: Option<Callback<()>>,
    /// The picture.
    pub picture: Picture,
}

impl Behind {
    /// A figure whose file is its table.
    pub fn new(
        file: String,
        title: impl Into<String>,
        header: &[&str],
        rows: impl Fn() -> Vec<Vec<String>> + Send + Sync + 'static,
        chart: impl Fn() -> Panel + Send + Sync + 'static,
    ) -> Self {
        let columns: Vec<String> = header.iter().map(|&name| name.to_owned()).collect();
        let table = move || Table { columns: columns.clone(), rows: rows() };
        let (table, picture) = (Source::Here(Arc::new(table)), Picture::Drawn(Arc::new(chart)));
        Self { file, title: title.into(), table, csv: None, picture }
    }

    /// With a file that holds more than the table.
    pub fn with_csv(self, csv: impl Fn() + Send + Sync + 'static) -> Self {
        Self { csv: Some(Callback::new(move |()| csv())), ..self }
    }

    async fn table(&self) -> Result<Table, String> {
        match &self.table {
            Source::Here(make) => Ok(make()),
            Source::Later(fetch) => fetch().await,
        }
    }

    fn csv(&self, failed: RwSignal<Option<String>>) {
        if let Some(csv) = self.csv {
            csv.run(());
            return;
        }
        let behind = self.clone();
        leptos::task::spawn_local(async move {
            failed.try_set(match behind.table().await {
                Err(why) => Some(why),
                Ok(table) => {
                    let header: Vec<&str> = table.columns.iter().map(String::as_str).collect();
                    browser::download_csv(&format!("{}.csv", behind.file), &header, table.rows);
                    None
                }
            });
        });
    }

    /// The picture as the page shows it, below a title of its own and on the page's ground.
    pub fn shown(&self) -> Result<(String, (f64, f64)), String> {
        match &self.picture {
            Picture::Svg(svg, size) => Ok((picture::on_page(&picture::in_theme(svg)), *size)),
            Picture::Drawn(chart) => {
                let panels = Panels(vec![(String::new(), chart())]);
                Ok((picture::on_page(&picture::drawn(&panels, &self.title)?), panels.size()))
            }
        }
    }

    /// The picture as SVG in the colours of the page, with its size.
    pub fn svg(&self) -> Result<(String, (f64, f64)), String> {
        match &self.picture {
            Picture::Svg(svg, size) => Ok((picture::in_theme(svg), *size)),
            Picture::Drawn(chart) => {
                // On its own ground, with its title.
                let panels = Panels(vec![(self.title.clone(), chart())]);
                Ok((picture::drawn(&panels, &self.title)?, panels.size()))
            }
        }
    }
}

/// The menu.
pub fn view(behind: Behind) -> AnyView {
    let open = RwSignal::new(false);
    let table = RwSignal::new(false);
    let failed = RwSignal::new(None::<String>);
    let place = NodeRef::<leptos::html::Span>::new();
    let close = window_event_listener(ev::click, move |event| {
        let outside = place
            .get_untracked()
            .is_some_and(|menu| !menu.contains(Some(&event_target::<web_sys::Node>(&event))));
        if outside && open.try_get_untracked() == Some(true) {
            open.set(false);
        }
    });
    on_cleanup(move || close.remove());
    let escape = move |event: ev::KeyboardEvent| {
        if event.key() == "Escape" && open.get_untracked() {
            event.stop_propagation();
            open.set(false);
            focus_first(place);
        }
    };
    let name = format!("Save the figure: {}", behind.title);
    let (csv_of, svg_of, png_of, table_of) = (behind.clone(), behind.clone(), behind.clone(), behind);
    let done = move || {
        open.set(false);
        focus_first(place);
    };
    let csv = move |_| {
        csv_of.csv(failed);
        done();
    };
    let svg = move |_| {
        let svg = svg_of.svg();
        if let Ok((svg, _)) = &svg {
            browser::download(&format!("{}.svg", svg_of.file), "image/svg+xml", svg);
        }
        failed.set(svg.err());
        done();
    };
    let png = move |_| {
        let tell = move |why| {
            failed.try_set(Some(why));
        };
        let file = format!("{}.png", png_of.file);
        let drawn = png_of.svg().and_then(|(svg, size)| picture::png_of_svg(&file, &svg, size, tell));
        failed.set(drawn.err());
        done();
    };
    let show = move |_| {
        open.set(false);
        table.set(true);
    };
    let menu = move || {
        let (csv, svg, png) = (csv.clone(), svg.clone(), png.clone());
        open.get().then(|| {
            view! {
                <span class="figmenu pop" role="group" aria-label="Save as">
                    <button on:click=show>"Table"</button><button on:click=csv>"CSV"</button>
                    <button on:click=svg>"SVG"</button><button on:click=png>"PNG"</button>
                </span>
            }
        })
    };
    let shown = move || table.get().then(|| dialog(&table_of, table));
    view! {
        <span class="tools" node_ref=place on:keydown=escape>
            <button aria-label=name aria-expanded=move || open.get().to_string()
                on:click=move |_| open.update(|open| *open = !*open)>"Save"<span aria-hidden="true">" ▾"</span></button>
            {menu}{shown}
            {move || failed.get().map(|why| view! { <span role="alert" class="micro">{why}</span> })}
        </span>
    }
    .into_any()
}

/// The keyboard stays where it was.
fn focus_first(place: NodeRef<leptos::html::Span>) {
    use wasm_bindgen::JsCast;
    let button = place.get_untracked().and_then(|menu| menu.query_selector("button").ok().flatten());
    if let Some(button) = button {
        let _ = button.unchecked_into::<web_sys::HtmlElement>().focus();
    }
}

fn dialog(behind: &Behind, open: RwSignal<bool>) -> AnyView {
    let place = NodeRef::<Dialog>::new();
    Effect::new(move || {
        if let Some(dialog) = place.get() {
            let _ = dialog.show_modal();
        }
    });
    let content = RwSignal::new(None::<Result<Arc<Table>, String>>);
    let fetched = behind.clone();
    leptos::task::spawn_local(async move {
        content.try_set(Some(fetched.table().await.map(Arc::new)));
    });
    let titled = behind.title.clone();
    let inside = move || match content.get() {
        None => view! { <p class="small muted" role="status">"Loading the table …"</p> }.into_any(),
        Some(Err(why)) => view! { <p class="notice bad" role="alert">{why}</p> }.into_any(),
        Some(Ok(table)) => rows(&table, &titled),
    };
    let title = behind.title.clone();
    let csv_of = behind.clone();
    let failed = RwSignal::new(None::<String>);
    let close = move |_| {
        if let Some(dialog) = place.get_untracked() {
            dialog.close();
        }
    };
    view! {
        <dialog class="tabledialog" node_ref=place aria-label=title.clone() on:close=move |_| open.set(false)>
            <header class="row between">
                <h2 class="h3">{title.clone()}</h2>
                <span class="row">
                    <button class="btn" on:click=move |_| csv_of.csv(failed)>"CSV"</button>
                    <button class="btn" on:click=close>"Close"</button>
                </span>
            </header>
            {move || failed.get().map(|why| view! { <p class="notice bad" role="alert">{why}</p> })}
            {inside}
        </dialog>
    }
    .into_any()
}

/// The first rows of a table; its name is unique on the page.
pub fn rows(table: &Table, name: &str) -> AnyView {
    let n = table.rows.len();
    let more = (n > SHOWN).then(|| {
        let text = format!(
            "The first {} of {} rows; CSV has all of them.",
            thousands(SHOWN as u64),
            thousands(n as u64)
        );
        view! { <p class="caption">{text}</p> }
    });
    let head = table.columns.iter().map(|name| view! { <th>{name.replace('_', " ")}</th> }).collect_view();
    let line = |row: &Vec<String>| {
        let cell = |text: &String| {
            let class = if text.parse::<f64>().is_ok() { "n" } else { "" };
            view! { <td class=class>{text.clone()}</td> }
        };
        view! { <tr>{row.iter().map(cell).collect_view()}</tr> }
    };
    let body = table.rows.iter().take(SHOWN).map(line).collect_view();
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label=format!("Rows: {name}")>
            <table class="tight"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>
        </div>
        {more}
    }
    .into_any()
}
