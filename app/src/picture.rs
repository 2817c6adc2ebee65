//! Figures as files: the SVG that the figure functions draw in the page's colours, and the same as PNG.

use cellprism_figures::{Figure, Rgb, Theme, svg};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Blob, BlobPropertyBag, CanvasRenderingContext2d, HtmlCanvasElement, HtmlImageElement, Url};

use crate::browser;

/// Pixels of a PNG for one as shown: enough for print at the width of a column.
const SCALE: f64 = 3.0;

/// The colours of the page as it is shown now.
fn theme() -> Theme {
    if browser::is_dark() { Theme::dark() } else { Theme::light() }
}

/// A figure as SVG, in the page's colours.
pub fn drawn(figure: &impl Figure, title: &str) -> Result<String, String> {
    svg(figure, &theme(), title)
}

/// A published SVG, which is drawn in light colours, in those of the page.
pub fn in_theme(svg: &str) -> String {
    let mut svg = svg.to_owned();
    if browser::is_dark() {
        let hex = |c: &Rgb| format!("\"#{:02X}{:02X}{:02X}\"", c.0, c.1, c.2);
        // Through names that are no colours, so that none is replaced twice.
        let pairs = Theme::light().pairs(&Theme::dark());
        for (i, (light, _)) in pairs.iter().enumerate() {
            svg = svg.replace(&hex(light), &format!("\"@{i}\""));
        }
        for (i, (_, dark)) in pairs.iter().enumerate() {
            svg = svg.replace(&format!("\"@{i}\""), &hex(dark));
        }
    }
    svg
}

/// An SVG on the ground of the page, which in the light is not quite white as paper is.
pub fn on_page(svg: &str) -> String {
    svg.replacen("fill=\"#FFFFFF\"", "fill=\"none\"", 1).replacen("fill=\"#121215\"", "fill=\"none\"", 1)
}

/// Width and height that an SVG of ours says it has.
pub fn size_of(svg: &str) -> Option<(f64, f64)> {
    let head = &svg[..svg.find('>')?];
    let number = |name: &str| {
        let from = head.find(&format!(" {name}=\""))? + name.len() + 3;
        head[from..].split('"').next()?.parse::<f64>().ok()
    };
    number("width").zip(number("height")).filter(|(width, height)| *width > 0.0 && *height > 0.0)
}

/// An SVG as a picture of the page: what is in it cannot reach the page. The address is of no use once the view is gone.
pub fn address_of(svg: &str) -> Option<String> {
    let options = BlobPropertyBag::new();
    options.set_type("image/svg+xml");
    let parts = js_sys::Array::of1(&JsValue::from_str(svg));
    let blob = Blob::new_with_str_sequence_and_options(&parts, &options).ok()?;
    Url::create_object_url_with_blob(&blob).ok()
}

/// Offers an SVG of a size as PNG.
pub fn png_of_svg(
    name: &str,
    svg: &str,
    (width, height): (f64, f64),
    failed: impl Fn(String) + 'static,
) -> Result<(), String> {
    let refused = |_: JsValue| "this browser draws no picture of an SVG".to_owned();
    let url = address_of(svg).ok_or("this browser draws no picture of an SVG")?;
    let image = HtmlImageElement::new().map_err(refused)?;
    let (name, shown, address) = (name.to_owned(), image.clone(), url.clone());
    let failed = std::rc::Rc::new(failed);
    let again = failed.clone();
    let arrived = Closure::once_into_js(move || {
        let _ = Url::revoke_object_url(&address);
        if let Err(why) = offer_canvas(&name, &shown, (width, height)) {
            failed(why);
        }
    });
    let lost = Closure::once_into_js(move || again("this browser draws no picture of an SVG".to_owned()));
    image.set_onload(Some(arrived.unchecked_ref()));
    image.set_onerror(Some(lost.unchecked_ref()));
    image.set_src(&url);
    Ok(())
}

fn offer_canvas(name: &str, image: &HtmlImageElement, (width, height): (f64, f64)) -> Result<(), String> {
    let refused = |_: JsValue| "this browser allows no picture of this size".to_owned();
    let canvas = document().create_element("canvas").map_err(refused)?;
    let canvas: HtmlCanvasElement = canvas.unchecked_into();
    canvas.set_width((width * SCALE).ceil() as u32);
    canvas.set_height((height * SCALE).ceil() as u32);
    let context = canvas.get_context("2d").map_err(refused)?.ok_or("this browser has no canvas")?;
    let context: CanvasRenderingContext2d = context.unchecked_into();
    context
        .draw_image_with_html_image_element_and_dw_and_dh(
            image,
            0.0,
            0.0,
            f64::from(canvas.width()),
            f64::from(canvas.height()),
        )
        .map_err(refused)?;
    let name = name.to_owned();
    let ready = Closure::once_into_js(move |blob: JsValue| {
        if let Ok(blob) = blob.dyn_into::<Blob>() {
            browser::download_blob(&name, &blob);
        }
    });
    canvas.to_blob(ready.unchecked_ref()).map_err(refused)
}
