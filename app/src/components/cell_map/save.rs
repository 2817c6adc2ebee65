//! The map as a picture to keep: what is seen, with its names and its key, as SVG or PNG.

use std::fmt::Write as _;

use leptos::prelude::*;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use super::{
    colour::{SHADES, bytes, hex, ramp},
    colouring::Dot,
    key::{Key, ends},
    stage::Stage,
    tags::Tag,
    view::Frame,
};
use crate::{
    browser,
    format::{significant, thousands},
};

/// Most dots of an SVG; more are a picture inside it.
const MOST_DOTS: usize = 20_000;
/// Width of the key beside the map.
const KEY: f64 = 210.0;
/// Pixels of a PNG for one CSS pixel.
const SHARP: f64 = 2.0;
const LINE: f64 = 17.0;

/// What is drawn, in order: both kinds of picture are made of it.
enum Mark {
    /// A disc: middle, radius, colour.
    Disc(f64, f64, f64, String),
    /// A line.
    Line((f64, f64), (f64, f64)),
    /// A text from its left edge, or around its middle; bold or not.
    Text(f64, f64, String, bool, bool),
    /// A rectangle: left, top, width, height, colour.
    Bar(f64, f64, f64, f64, String),
}

/// Names, lines to their groups and the key.
fn marks(frame: &Frame, tags: &[Tag], key: &Key) -> Vec<Mark> {
    let mut marks = Vec::new();
    for tag in tags {
        let (from, to) = line_of(frame, tag);
        marks.push(Mark::Line(from, to));
        let (x, y) = frame.at(tag.at);
        marks.push(Mark::Text(x, y + 4.0, tag.text.clone(), true, true));
    }
    let left = frame.width + 18.0;
    match key {
        Key::None => {}
        Key::Labels(labels) => {
            let room = (frame.height / LINE) as usize;
            for (i, (_, name, colour, cells)) in labels.iter().take(room.saturating_sub(1)).enumerate() {
                let y = 16.0 + LINE * i as f64;
                marks.push(Mark::Disc(left, y - 4.0, 5.0, hex(bytes(colour))));
                marks.push(Mark::Text(
                    left + 12.0,
                    y,
                    format!("{name} ({})", thousands(*cells)),
                    false,
                    false,
                ));
            }
        }
        Key::Numbers { title, low, high, missing } => {
            marks.push(Mark::Text(left, 16.0, title.clone(), true, false));
            for (place, &shade) in ramp().iter().step_by(SHADES / 32).enumerate() {
                marks.push(Mark::Bar(left + 4.0 * place as f64, 28.0, 4.0, 8.0, hex(shade)));
            }
            let [low, high] = ends(*low, *high);
            marks.push(Mark::Text(left, 52.0, format!("{low} to {high}"), false, false));
            if *missing > 0 {
                marks.push(Mark::Disc(left + 5.0, 67.0, 5.0, hex(bytes("var(--act-0)"))));
                marks.push(Mark::Text(left + 14.0, 71.0, "no value".into(), false, false));
            }
        }
        Key::Ramp { title, least, most } => {
            marks.push(Mark::Text(left, 16.0, title.clone(), true, false));
            marks.push(Mark::Disc(left + 5.0, 31.0, 5.0, hex(bytes("var(--act-0)"))));
            marks.push(Mark::Text(left + 14.0, 35.0, "0".into(), false, false));
            for step in 0..5 {
                let colour = hex(bytes(&format!("var(--act-{})", step + 1)));
                marks.push(Mark::Bar(left + 24.0 * f64::from(step), 44.0, 24.0, 8.0, colour));
            }
            let number = |value: f32| significant(f64::from(value));
            marks.push(Mark::Text(
                left,
                68.0,
                format!("{} to {}", number(*least), number(*most)),
                false,
                false,
            ));
        }
    }
    marks
}

/// The line from a name to its group, both in pixels: it begins at the text's edge.
pub fn line_of(frame: &Frame, tag: &Tag) -> ((f64, f64), (f64, f64)) {
    let ((x, y), to) = (frame.at(tag.at), frame.at(tag.to));
    let near = |middle: f64, half: f64, to: f64| to.clamp(middle - half, middle + half);
    ((near(x, tag.width / 2.0, to.0), near(y, 7.0, to.1)), to)
}

/// Saves an SVG; of few cells every dot is a dot.
pub fn svg(stage: &mut Stage, dots: &[Vec<Dot>], tags: &[Tag], key: &Key, name: &str) {
    stage.all();
    let frame = stage.frame;
    let (width, height) = (frame.width + KEY, frame.height);
    let ink = hex(bytes("var(--ink)"));
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" font-family=\"sans-serif\" font-size=\"12\" fill=\"{ink}\">\n<rect width=\"100%\" height=\"100%\" fill=\"{}\"/>\n",
        hex(bytes("var(--page)"))
    );
    let _ = writeln!(text, "<title>{}</title>", escaped(name));
    let seen = |dot: &Dot| {
        let (x, y) = frame.at(dot.at.map(|code| f32::from(code) / 65535.0));
        (x > -5.0 && y > -5.0 && x < frame.width + 5.0 && y < height + 5.0).then_some((x, y))
    };
    let n = dots.iter().flatten().filter(|dot| seen(dot).is_some()).count();
    if n <= MOST_DOTS {
        let _ = writeln!(
            text,
            "<clipPath id=\"m\"><rect width=\"{:.0}\" height=\"{height:.0}\"/></clipPath>",
            frame.width
        );
        let width = 2.0 * stage.radius();
        let _ = writeln!(
            text,
            "<g clip-path=\"url(#m)\" fill=\"none\" stroke-linecap=\"round\" stroke-width=\"{width:.2}\">"
        );
        let mut last = None;
        for (dot, (x, y)) in dots.iter().flatten().filter_map(|dot| Some((dot, seen(dot)?))) {
            if last != Some(dot.colour) {
                text.push_str(if last.is_some() { "\"/>\n" } else { "" });
                let _ = write!(text, "<path stroke=\"{}\" d=\"", hex(dot.colour));
                last = Some(dot.colour);
            }
            let _ = write!(text, "M{x:.1} {y:.1}h0");
        }
        text.push_str(if last.is_some() { "\"/>\n</g>\n" } else { "</g>\n" });
    } else if let Ok(picture) = stage.canvas.to_data_url() {
        let _ =
            writeln!(text, "<image width=\"{:.0}\" height=\"{height:.0}\" href=\"{picture}\"/>", frame.width);
    }
    for mark in marks(&frame, tags, key) {
        let _ = match mark {
            Mark::Disc(x, y, r, colour) => {
                writeln!(text, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{r}\" fill=\"{colour}\"/>")
            }
            Mark::Line((x, y), (u, v)) => {
                writeln!(
                    text,
                    "<path d=\"M{x:.1} {y:.1}L{u:.1} {v:.1}\" stroke=\"{ink}\" stroke-width=\".8\" opacity=\".6\"/>"
                )
            }
            Mark::Bar(x, y, w, h, colour) => {
                writeln!(
                    text,
                    "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{w}\" height=\"{h}\" fill=\"{colour}\"/>"
                )
            }
            Mark::Text(x, y, words, bold, middle) => {
                let weight = if bold { " font-weight=\"600\"" } else { "" };
                let anchor = if middle { " text-anchor=\"middle\"" } else { "" };
                writeln!(text, "<text x=\"{x:.1}\" y=\"{y:.1}\"{weight}{anchor}>{}</text>", escaped(&words))
            }
        };
    }
    text.push_str("</svg>\n");
    browser::download("map.svg", "image/svg+xml", &text);
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Saves a PNG, twice as sharp as the page.
pub fn png(stage: &mut Stage, tags: &[Tag], key: &Key) -> Option<()> {
    stage.all();
    let frame = stage.frame;
    let canvas: HtmlCanvasElement = document().create_element("canvas").ok()?.unchecked_into();
    canvas.set_width(((frame.width + KEY) * SHARP) as u32);
    canvas.set_height((frame.height * SHARP) as u32);
    let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.unchecked_into();
    context.scale(SHARP, SHARP).ok()?;
    context.set_fill_style_str(&hex(bytes("var(--page)")));
    context.fill_rect(0.0, 0.0, frame.width + KEY, frame.height);
    context
        .draw_image_with_html_canvas_element_and_dw_and_dh(&stage.canvas, 0.0, 0.0, frame.width, frame.height)
        .ok()?;
    let ink = hex(bytes("var(--ink)"));
    for mark in marks(&frame, tags, key) {
        match mark {
            Mark::Disc(x, y, r, colour) => {
                context.set_fill_style_str(&colour);
                context.begin_path();
                context.arc(x, y, r, 0.0, std::f64::consts::TAU).ok()?;
                context.fill();
            }
            Mark::Line((x, y), (u, v)) => {
                context.set_stroke_style_str(&ink);
                context.set_line_width(0.8);
                context.begin_path();
                context.move_to(x, y);
                context.line_to(u, v);
                context.stroke();
            }
            Mark::Bar(x, y, w, h, colour) => {
                context.set_fill_style_str(&colour);
                context.fill_rect(x, y, w, h);
            }
            Mark::Text(x, y, words, bold, middle) => {
                context.set_fill_style_str(&ink);
                context.set_font(if bold { "600 12px sans-serif" } else { "12px sans-serif" });
                context.set_text_align(if middle { "center" } else { "left" });
                context.fill_text(&words, x, y).ok()?;
            }
        }
    }
    let offer = Closure::once_into_js(move |blob: web_sys::Blob| browser::download_blob("map.png", &blob));
    canvas.to_blob(offer.unchecked_ref()).ok()
}
