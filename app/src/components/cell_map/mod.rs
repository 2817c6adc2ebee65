//! The map of cells.
//!
//! | file | idea |
//! |---|---|
//! | `colouring` | what colours the cells, which labels are shown, in which order cells are drawn |
//! | `key` | what the colours mean |
//! | `live` | what a reader does with a map: the state that an address holds |
//! | `overlay` | a second set of points over the bundle's cells |
//! | `view`, `area` | the part that is seen; what is selected |
//! | `surface` | wheel, fingers, mouse, keys |
//! | `nearest`, `tip` | the cell that somebody points at, and what is said of it |
//! | `tags` | names beside groups |
//! | `selected`, `here` | labels and concepts of the selected cells |
//! | `driver`, `stage` | when what is painted |
//! | `painter`, `batch`, `gl`, `flat`, `colour` | how: WebGL2, or a plain canvas |
//! | `tools`, `save` | buttons; pictures to keep |
//! | `redraw` | another theme, another size |

mod area;
mod batch;
mod colour;
mod colouring;
mod driver;
mod flat;
mod gl;
mod here;
mod key;
mod live;
mod nearest;
mod overlay;
mod painter;
mod redraw;
mod save;
mod selected;
mod stage;
mod surface;
mod tags;
mod tip;
mod tools;
mod view;

use std::sync::Arc;

use leptos::{html::Canvas, prelude::*};
use wasm_bindgen::{JsCast, closure::Closure};

pub use self::{
    colouring::{Amounts, Colouring, Filter, Span, codes_of},
    key::{Key, LabelKey, number_ramp, ramp},
    live::Live,
    overlay::Overlay,
    redraw::{Redraw, provide_redraw},
};
use self::{
    colouring::{Dot, dots},
    driver::Driver,
    stage::Stage,
    surface::Surface,
    tip::Lookup,
    view::View,
};
use crate::{
    bundle::{Bundle, Points},
    components::states::Failed,
};

/// The map. `dot` is the radius of a cell in CSS pixels on a map 600 wide. With `live` it is one that a reader can work in:
/// nearer and further, cells by pointer and keyboard, selections, names beside groups, pictures; without, a still picture.
#[component]
pub fn CellMap(
    bundle: Arc<Bundle>,
    /// The cells that are drawn.
    #[prop(into)]
    points: Signal<Arc<Points>>,
    #[prop(into)] colouring: Signal<Colouring>,
    #[prop(into)] label: String,
    #[prop(default = 2.4)] dot: f64,
    /// What the reader does with it.
    #[prop(optional, into)]
    live: Option<Live>,
) -> impl IntoView {
    if bundle.cells.umap.is_none() {
        let why = "These cells have no map: this bundle was made by an older release, which drew none of so many cells.";
        return view! { <p class="notice">{why}</p> }.into_any();
    }
    if let Some(error) = bundle.no_map.clone() {
        return match live {
            Some(_) => view! { <Failed what="The map of cells" error=error /> }.into_any(),
            None => view! { <p class="micro" role="status">"The map of cells could not be loaded."</p> }
                .into_any(),
        };
    }
    match live {
        Some(live) => working(&bundle, points, colouring, label, dot, live),
        None => still(bundle, points, colouring, label, dot),
    }
}

fn still(
    bundle: Arc<Bundle>,
    points: Signal<Arc<Points>>,
    colouring: Signal<Colouring>,
    label: String,
    dot: f64,
) -> AnyView {
    let canvas = NodeRef::<Canvas>::new();
    let redraw = expect_context::<Redraw>().0;
    let ratio = format!("--ratio:{:.3}", bundle.map_ratio);
    Effect::new(move || {
        redraw.track();
        let (points, colouring) = (points.get(), colouring.get());
        let Some(mut stage) = canvas.get().and_then(|canvas| Stage::new(canvas, false, dot)) else { return };
        stage.load(vec![dots(&bundle, &points, &colouring)]);
        if stage.aim(View::WHOLE) {
            stage.all();
        }
    });
    view! { <div class="umap" style=ratio><canvas node_ref=canvas role="img" aria-label=label></canvas></div> }.into_any()
}

fn working(
    bundle: &Arc<Bundle>,
    points: Signal<Arc<Points>>,
    colouring: Signal<Colouring>,
    label: String,
    dot: f64,
    live: Live,
) -> AnyView {
    surface::watch_scrolling();
    let surface = Surface::new(live);
    let primary = codes_of(bundle, points, Signal::stored(bundle.primary()));
    let lookup = Lookup { points, colouring, primary };
    let rested = RwSignal::new(0u32);
    let driver = StoredValue::new_local(Driver::new(live.view, surface.seen, rested));
    let layers = StoredValue::new_local(Vec::<Vec<Dot>>::new());
    let canvas = painted(bundle, surface, lookup, dot, driver, layers);
    let tags = names(bundle, surface, lookup, rested);
    let hit = tip::hit(surface, lookup);
    let (ring, tip, spoken) = tip::view(bundle, surface, lookup, hit);
    let lines = move || {
        let frame = surface.seen.get();
        tags.get().iter().map(|tag| leader(&frame, tag)).collect_view()
    };
    let words = move || {
        let frame = surface.seen.get();
        let word = |tag: &tags::Tag| {
            let (x, y) = frame.at(tag.at);
            view! { <span class="tag" style=format!("left:{x:.1}px;top:{y:.1}px")>{tag.text.clone()}</span> }
        };
        tags.get().iter().map(word).collect_view()
    };
    let (keyed, known) = (Signal::derive(move || colouring.get()), bundle.clone());
    let key = move || {
        let over = live.over.with_untracked(|over| over.as_ref().map(|over| over.key.clone()));
        over.unwrap_or_else(|| Key::of(&known, &keyed.get_untracked()))
    };
    let (svg_key, title) = (key.clone(), label.clone());
    let svg = move || {
        let drawn = layers.get_value();
        driver.with_value(|d| {
            d.with(|stage| save::svg(stage, &drawn, &tags.get_untracked(), &svg_key(), &title))
        });
    };
    let png = move || {
        driver.with_value(|d| d.with(|stage| save::png(stage, &tags.get_untracked(), &key())));
    };
    let chosen = selected::cells(surface, lookup);
    let near = move || live.view.get().zoom > 1.0;
    let tool = move || if live.tool.get() == live::Tool::Move { "umap live" } else { "umap live lining" };
    let ratio = format!("--ratio:{:.3}", bundle.map_ratio);
    let keys = "Arrow keys go from place to place, plus and minus enlarge, 0 shows the whole map, Enter asks for a cell’s name, Escape clears a selection.";
    view! {
        <div class=tool class:near=near style=ratio role="application" tabindex="0" aria-label=label aria-description=keys
            on:wheel=move |e| surface.wheel(&e) on:pointerdown=move |e| surface.down(&e)
            on:pointermove=move |e| surface.moved(&e) on:pointerup=move |e| surface.up(&e)
            on:pointercancel=move |e| surface.cancelled(&e)
            on:pointerleave=move |_| surface.pointed.set(None)
            on:dblclick=move |e| surface.twice(&e) on:keydown=move |e| surface.key(&e)
            on:focus=move |_| surface.focused() on:blur=move |_| surface.pointed.set(None)>
            {canvas}
            <svg class="mapover" aria-hidden="true">{lines}{tip::outline(surface)}{ring}</svg>
            {words}
            {tip}
        </div>
        {spoken}
        {tools::bar(surface, svg, png)}
        {selected::view(bundle, surface, lookup, chosen)}
    }
    .into_any()
}

fn leader(frame: &view::Frame, tag: &tags::Tag) -> AnyView {
    let ((x, y), (u, v)) = save::line_of(frame, tag);
    view! { <path class="leader" d=format!("M{x:.1} {y:.1}L{u:.1} {v:.1}") /> }.into_any()
}

/// The canvas: one of WebGL2 first; where there is none, or it was taken away, a plain one in its place.
fn painted(
    bundle: &Arc<Bundle>,
    surface: Surface,
    lookup: Lookup,
    dot: f64,
    driver: StoredValue<Driver, LocalStorage>,
    layers: StoredValue<Vec<Vec<Dot>>, LocalStorage>,
) -> AnyView {
    let redraw = expect_context::<Redraw>().0;
    let by_gl = RwSignal::new(true);
    let canvas = NodeRef::<Canvas>::new();
    let ready = RwSignal::new(0u32);
    Effect::new(move || {
        let gl = by_gl.get();
        let Some(canvas) = canvas.get() else { return };
        if gl {
            let lost = Closure::<dyn FnMut()>::new(move || {
                by_gl.try_set(false);
            });
            let _ =
                canvas.add_event_listener_with_callback("webglcontextlost", lost.as_ref().unchecked_ref());
            lost.forget();
        }
        match Stage::new(canvas.clone().unchecked_into(), gl, dot) {
            Some(stage) => {
                let _ = canvas.set_attribute("data-painter", if gl { "webgl2" } else { "canvas" });
                driver.with_value(|d| d.take(stage));
                ready.update(|n| *n += 1);
            }
            None if gl => by_gl.set(false),
            None => {}
        }
    });
    let drawn = bundle.clone();
    Effect::new(move || {
        redraw.track();
        if ready.get() == 0 {
            return;
        }
        let (points, colouring) = (lookup.points.get(), lookup.colouring.get());
        let mut found = vec![dots(&drawn, &points, &colouring)];
        surface.live.over.with(|over| found.extend(over.as_ref().map(|over| laid_over(over))));
        layers.set_value(found.clone());
        driver.with_value(|d| {
            d.with(|stage| stage.load(found));
            d.refresh();
        });
    });
    Effect::new(move || {
        surface.live.view.track();
        driver.with_value(Driver::request);
    });
    on_cleanup(move || {
        driver.try_with_value(|d| d.with(|stage| stage.release()));
    });
    let one = move || {
        // Another element for each kind: a canvas keeps the kind that it was first asked for.
        if by_gl.get() {
            view! { <canvas node_ref=canvas aria-hidden="true"></canvas> }.into_any()
        } else {
            view! { <div><canvas node_ref=canvas aria-hidden="true"></canvas></div> }.into_any()
        }
    };
    view! { {one} }.into_any()
}

fn laid_over(over: &Overlay) -> Vec<Dot> {
    let colours: Vec<[u8; 4]> = over.colours.iter().map(|c| colour::bytes(c)).collect();
    let grey = [128, 128, 128, 255];
    let of = |code: &u16| colours.get(usize::from(*code)).copied().unwrap_or(grey);
    over.places.iter().zip(&over.codes).map(|(&at, code)| Dot::new(at, of(code))).collect()
}

/// How wide a name is on the page.
fn text_width() -> impl Fn(&str) -> f64 {
    let context = document().create_element("canvas").ok().and_then(|canvas| {
        let canvas: web_sys::HtmlCanvasElement = canvas.unchecked_into();
        canvas.get_context("2d").ok().flatten()?.dyn_into::<web_sys::CanvasRenderingContext2d>().ok()
    });
    let family = document().body().and_then(|body| {
        let style = window().get_computed_style(&body).ok().flatten()?;
        style.get_property_value("font-family").ok()
    });
    if let (Some(context), Some(family)) = (&context, family) {
        context.set_font(&format!("650 12px {family}"));
    }
    move |text| {
        let measured = context.as_ref().and_then(|context| context.measure_text(text).ok());
        measured.map_or(8.0 * text.chars().count() as f64, |measured| measured.width())
    }
}

/// Names beside groups, found again whenever the map rests: those of the column on show, else of the primary one.
fn names(
    bundle: &Arc<Bundle>,
    surface: Surface,
    lookup: Lookup,
    rested: RwSignal<u32>,
) -> Signal<Vec<tags::Tag>> {
    let placed = RwSignal::new((0.0, Vec::new()));
    let bundle = bundle.clone();
    let column = Signal::derive(move || match lookup.colouring.get() {
        Colouring::Column(column, codes, filter) => Some((column, codes, filter)),
        _ => lookup.primary.get().map(|(column, codes)| (column, codes, Filter::All)),
    });
    Effect::new(move || {
        if rested.get() == 0 {
            return;
        }
        let frame = surface.seen.get_untracked();
        let points = lookup.points.get_untracked();
        let found = column.get().filter(|(_, codes, _)| codes.len() == points.map.len());
        let tags = found.map_or_else(Vec::new, |(column, codes, filter)| {
            tags::place(
                &bundle.cells.columns[column].labels,
                &codes,
                &points.map,
                &filter,
                &frame,
                &text_width(),
            )
        });
        placed.set((frame.view.zoom, tags));
    });
    // While one zooms, what was beside a group may come to lie on it.
    Signal::derive(move || {
        let zoom = surface.seen.get().view.zoom;
        placed.with(|(at, tags)| if *at == zoom { tags.clone() } else { Vec::new() })
    })
}
