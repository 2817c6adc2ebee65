//! The map of cells: a canvas, the most telling cells drawn last, redrawn on theme change and resize.

use std::sync::Arc;

use leptos::{html::Canvas, prelude::*};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::CanvasRenderingContext2d;

use crate::{browser, bundle::Bundle};

/// What colours the cells.
#[derive(Clone, Debug, PartialEq)]
pub enum Colouring {
    /// Labels of a column, by its place; a label to bring forward, where one is.
    Column(usize, Option<u16>),
    /// Activations of a concept; all other cells are 0.
    Activation(Arc<Vec<(u32, f32)>>),
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
        let colouring = colouring.get();
        if let Some(canvas) = canvas.get() {
            draw(&canvas, &drawn, &colouring, dot);
        }
    });
    if bundle.map.is_empty() {
        let why = "These cells have no map: the file holds none, and they are too many to compute one here.";
        return view! { <p class="notice">{why}</p> }.into_any();
    }
    view! { <div class="umap" style=ratio><canvas node_ref=canvas role="img" aria-label=label></canvas>{names}</div> }.into_any()
}

fn draw(canvas: &web_sys::HtmlCanvasElement, bundle: &Bundle, colouring: &Colouring, dot: f64) {
    let scale = window().device_pixel_ratio().clamp(1.0, 2.0);
    let (width, height) = (f64::from(canvas.client_width()), f64::from(canvas.client_height()));
    if width < 2.0 {
        return;
    }
    canvas.set_width((width * scale) as u32);
    canvas.set_height((height * scale) as u32);
    let Some(context) = canvas.get_context("2d").ok().flatten() else { return };
    let context: CanvasRenderingContext2d = context.unchecked_into();
    let _ = context.scale(scale, scale);
    let radius = (dot * (width / 600.0).clamp(0.55, 1.15)).max(0.8);
    let margin = radius + 2.0;
    let at = |cell: usize| {
        let [x, y] = bundle.map[cell];
        (
            margin + f64::from(x) * (width - 2.0 * margin),
            margin + (1.0 - f64::from(y)) * (height - 2.0 * margin),
        )
    };
    let mark = |cell: usize| {
        let (x, y) = at(cell);
        context.begin_path();
        let _ = context.arc(x, y, radius, 0.0, std::f64::consts::TAU);
        context.fill();
    };
    match colouring {
        Colouring::Column(column, forward) => {
            let palette: Vec<String> =
                bundle.colours[*column].iter().map(|c| browser::resolved_colour(c)).collect();
            let none = browser::resolved_colour("var(--act-0)");
            let codes = &bundle.codes[*column];
            for pass in [false, true] {
                for (cell, &code) in codes.iter().enumerate().take(bundle.map.len()) {
                    let front = forward.is_none_or(|f| f == code);
                    if front == pass {
                        let colour =
                            if front { palette.get(usize::from(code)).unwrap_or(&none) } else { &none };
                        context.set_fill_style_str(colour);
                        mark(cell);
                    }
                }
            }
        }
        Colouring::Activation(active) => {
            context.set_fill_style_str(&browser::resolved_colour("var(--act-0)"));
            (0..bundle.map.len()).for_each(mark);
            let ramp: Vec<String> =
                (1..=5).map(|i| browser::resolved_colour(&format!("var(--act-{i})"))).collect();
            let max = active.iter().map(|a| a.1).fold(0.0f32, f32::max);
            let mut order: Vec<&(u32, f32)> =
                active.iter().filter(|a| (a.0 as usize) < bundle.map.len()).collect();
            order.sort_by(|a, b| a.1.total_cmp(&b.1));
            for (cell, value) in order {
                let step = ((value / max.max(f32::MIN_POSITIVE)) * 5.0) as usize;
                context.set_fill_style_str(&ramp[step.min(4)]);
                mark(*cell as usize);
            }
        }
    }
}

/// Names of the primary column's labels at the middle of their cells, the large groups only.
fn name_tags(bundle: &Bundle) -> Vec<AnyView> {
    let Some(column) = bundle.primary() else { return Vec::new() };
    let mut placed: Vec<(f32, f32)> = Vec::new();
    let labels = &bundle.cells.columns[column].labels;
    let mut order: Vec<usize> = (0..labels.len()).collect();
    order.sort_by_key(|&code| {
        std::cmp::Reverse(bundle.cells.columns[column].counts.get(code).copied().unwrap_or(0))
    });
    let mut tags = Vec::new();
    for code in order.into_iter().take(14) {
        let mut xs: Vec<[f32; 2]> = bundle.codes[column]
            .iter()
            .zip(&bundle.map)
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
