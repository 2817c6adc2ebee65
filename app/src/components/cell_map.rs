//! The map of cells: a canvas, the most telling cells drawn last, redrawn on theme change and resize.

use std::sync::Arc;

use leptos::{html::Canvas, prelude::*};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::CanvasRenderingContext2d;

use super::map_pixels as pixels;
use crate::{
    browser,
    bundle::{Bundle, Codes, Points},
};

/// Most cells that are drawn as circles; more are drawn by pixels.
const MOST_CIRCLES: usize = 5_000;

/// What colours the cells.
#[derive(Clone, Debug, PartialEq)]
pub enum Colouring {
    /// Not there yet, or it could not be loaded: nothing is said of any cell.
    Unknown,
    /// A column, by its place; its codes for the cells of the map; a label to bring forward, where one is.
    Column(usize, Codes, Option<u16>),
    /// Activations of a concept, by the cells' rows; all other cells are 0.
    Activation(Arc<Vec<(u32, f32)>>),
}

/// Codes of a column for the cells of a map, as soon as they are there.
pub fn codes_of(
    bundle: &Arc<Bundle>,
    points: Signal<Arc<Points>>,
    column: Signal<Option<usize>>,
) -> Signal<Option<(usize, Codes)>> {
    let found = RwSignal::new(None::<(usize, Codes)>);
    let bundle = bundle.clone();
    Effect::new(move || {
        let (points, Some(column)) = (points.get(), column.get()) else { return };
        if let Some(codes) = bundle.known_codes(column, &points) {
            found.set(Some((column, codes)));
            return;
        }
        found.set(None);
        let bundle = bundle.clone();
        leptos::task::spawn_local(async move {
            if let Ok(codes) = bundle.codes(column, &points).await {
                found.try_set(Some((column, codes)));
            }
        });
    });
    found.into()
}

/// Told when the theme changed or the window was resized.
#[derive(Clone, Copy)]
pub struct Redraw(pub RwSignal<u32>);

/// Redraws on resize and on a change of the system's theme.
pub fn provide_redraw() {
    let tick = RwSignal::new(0u32);
    provide_context(Redraw(tick));
    let again = Closure::<dyn FnMut()>::new(move || tick.update(|n| *n = n.wrapping_add(1)));
    window().set_onresize(Some(again.as_ref().unchecked_ref()));
    if let Ok(Some(query)) = window().match_media("(prefers-color-scheme: dark)") {
        query.set_onchange(Some(again.as_ref().unchecked_ref()));
    }
    again.forget();
}

/// The map. `dot` is the radius of a cell in CSS pixels on a map 600 wide.
#[component]
pub fn CellMap(
    bundle: Arc<Bundle>,
    /// The cells that are drawn.
    #[prop(into)]
    points: Signal<Arc<Points>>,
    #[prop(into)] colouring: Signal<Colouring>,
    #[prop(into)] label: String,
    #[prop(default = 2.4)] dot: f64,
    #[prop(default = false)] tags: bool,
) -> impl IntoView {
    let canvas = NodeRef::<Canvas>::new();
    let redraw = expect_context::<Redraw>().0;
    let ratio = format!("--ratio:{:.3}", bundle.map_ratio);
    let names = tags.then(|| name_tags(&bundle));
    let drawn = bundle.clone();
    Effect::new(move || {
        redraw.track();
        let (points, colouring) = (points.get(), colouring.get());
        if let Some(canvas) = canvas.get() {
            draw(&canvas, &drawn, &points, &colouring, dot);
        }
    });
    if bundle.cells.umap.is_none() {
        let why = "These cells have no map: this bundle was made by an older release, which drew none of so many cells.";
        return view! { <p class="notice">{why}</p> }.into_any();
    }
    view! { <div class="umap" style=ratio><canvas node_ref=canvas role="img" aria-label=label></canvas>{names}</div> }.into_any()
}

fn draw(
    canvas: &web_sys::HtmlCanvasElement,
    bundle: &Bundle,
    points: &Points,
    colouring: &Colouring,
    dot: f64,
) {
    let scale = window().device_pixel_ratio().clamp(1.0, 2.0);
    let (width, height) = (f64::from(canvas.client_width()), f64::from(canvas.client_height()));
    if width < 2.0 {
        return;
    }
    canvas.set_width((width * scale) as u32);
    canvas.set_height((height * scale) as u32);
    let Some(context) = canvas.get_context("2d").ok().flatten() else { return };
    let context: CanvasRenderingContext2d = context.unchecked_into();
    let shown = points.map.len() as f64;
    // Many cells get smaller dots, so that they do not cover each other.
    let crowd = (8000.0 / shown.max(1.0)).powf(0.25).clamp(0.35, 1.0);
    let radius = (dot * (width / 600.0).clamp(0.55, 1.15) * crowd).max(0.8);
    let (layers, colours) = layers(bundle, points, colouring);
    let frame = Frame { width: width * scale, height: height * scale, margin: (radius + 2.0) * scale };
    if points.map.len() > MOST_CIRCLES {
        pixels::draw(&context, &frame, points, &layers, &colours, radius * scale);
    } else {
        circles(&context, &frame, points, &layers, &colours, radius * scale);
    }
}

/// Where cells lie on the canvas, in its pixels.
pub(super) struct Frame {
    pub(super) width: f64,
    pub(super) height: f64,
    margin: f64,
}

impl Frame {
    pub(super) fn at(&self, [x, y]: [f32; 2]) -> (f64, f64) {
        let along = |share: f64, length: f64| self.margin + share * (length - 2.0 * self.margin);
        (along(f64::from(x), self.width), along(1.0 - f64::from(y), self.height))
    }
}

/// Cells in the order in which they are drawn, with the place of their colour, and the colours.
type Layers = (Vec<(usize, usize)>, Vec<String>);

fn layers(bundle: &Bundle, points: &Points, colouring: &Colouring) -> Layers {
    let all = 0..points.map.len();
    let none = browser::resolved_colour("var(--act-0)");
    match colouring {
        Colouring::Unknown => (all.map(|cell| (cell, 0)).collect(), vec![none]),
        Colouring::Column(column, codes, forward) => {
            let mut colours: Vec<String> =
                bundle.colours[*column].iter().map(|c| browser::resolved_colour(c)).collect();
            let grey = colours.len();
            colours.push(none);
            let is_front = |code: u16| forward.is_none_or(|f| f == code);
            let of = |(cell, &code): (usize, &u16)| {
                (cell, if is_front(code) { usize::from(code).min(grey) } else { grey })
            };
            let cells = codes.iter().enumerate().take(points.map.len());
            let behind = cells.clone().filter(|(_, code)| !is_front(**code)).map(of);
            (behind.chain(cells.clone().filter(|(_, code)| is_front(**code)).map(of)).collect(), colours)
        }
        Colouring::Activation(active) => {
            let mut colours = vec![none];
            colours.extend((1..=5).map(|i| browser::resolved_colour(&format!("var(--act-{i})"))));
            let max = active.iter().map(|a| a.1).fold(f32::MIN_POSITIVE, f32::max);
            let mut found: Vec<(usize, f32)> =
                active.iter().filter_map(|&(row, value)| Some((points.place(row)?, value))).collect();
            found.retain(|&(cell, _)| cell < points.map.len());
            found.sort_by(|a, b| a.1.total_cmp(&b.1));
            let strong =
                found.into_iter().map(|(cell, value)| (cell, 1 + ((value / max * 5.0) as usize).min(4)));
            (all.map(|cell| (cell, 0)).chain(strong).collect(), colours)
        }
    }
}

fn circles(
    context: &CanvasRenderingContext2d,
    frame: &Frame,
    points: &Points,
    layers: &[(usize, usize)],
    colours: &[String],
    radius: f64,
) {
    let mut last = usize::MAX;
    for &(cell, colour) in layers {
        if colour != last {
            context.set_fill_style_str(&colours[colour]);
            last = colour;
        }
        let (x, y) = frame.at(points.map[cell]);
        context.begin_path();
        let _ = context.arc(x, y, radius, 0.0, std::f64::consts::TAU);
        context.fill();
    }
}

/// Names of the primary column's labels at the middle of their cells, the large groups only.
fn name_tags(bundle: &Bundle) -> Vec<AnyView> {
    let points = bundle.points();
    let Some((column, codes)) = bundle.primary().and_then(|c| Some((c, bundle.known_codes(c, &points)?)))
    else {
        return Vec::new();
    };
    let mut placed: Vec<(f32, f32)> = Vec::new();
    let labels = &bundle.cells.columns[column].labels;
    let mut order: Vec<usize> = (0..labels.len()).collect();
    order.sort_by_key(|&code| {
        std::cmp::Reverse(bundle.cells.columns[column].counts.get(code).copied().unwrap_or(0))
    });
    let mut tags = Vec::new();
    for code in order.into_iter().take(14) {
        let mut xs: Vec<[f32; 2]> = codes
            .iter()
            .zip(&points.map)
            .filter(|(c, _)| usize::from(**c) == code)
            .map(|(_, p)| *p)
            .collect();
        if xs.is_empty() {
            continue;
        }
        let middle = |axis: usize, xs: &mut Vec<[f32; 2]>| {
            xs.sort_by(|a, b| a[axis].total_cmp(&b[axis]));
            xs[xs.len() / 2][axis]
        };
        let (x, middle_y) = (middle(0, &mut xs), middle(1, &mut xs));
        // Names may not lie on each other; one without room is in the legend only.
        let free = |at: f32| !placed.iter().any(|&(px, py)| (px - x).abs() < 0.3 && (py - at).abs() < 0.04);
        let Some(room) = [0.0, -0.042, 0.042].into_iter().map(|shift| middle_y + shift).find(|&at| free(at))
        else {
            continue;
        };
        placed.push((x, room));
        let anchor = if x < 0.12 {
            "tag l"
        } else if x > 0.86 {
            "tag r"
        } else {
            "tag"
        };
        let style = format!("left:{:.1}%;top:{:.1}%", x * 100.0, (1.0 - room) * 100.0);
        tags.push(view! { <span class=anchor style=style>{labels[code].clone()}</span> }.into_any());
    }
    tags
}
