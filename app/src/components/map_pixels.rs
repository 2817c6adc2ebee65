//! Many cells at once: written into the picture's pixels, which takes milliseconds where circles take seconds.

use std::f64::consts::FRAC_PI_4;

use wasm_bindgen::{Clamped, JsCast, JsValue, prelude::wasm_bindgen};
use web_sys::CanvasRenderingContext2d;

use super::cell_map::Frame;
use crate::bundle::Points;

#[wasm_bindgen]
extern "C" {
    /// Pixels, four bytes each.
    type ImageData;

    #[wasm_bindgen(constructor, catch)]
    fn new(bytes: Clamped<&[u8]>, width: u32, height: u32) -> Result<ImageData, JsValue>;

    /// A canvas that takes pixels.
    type Picture;

    #[wasm_bindgen(method, js_name = putImageData)]
    fn put(this: &Picture, pixels: &ImageData, x: f64, y: f64);
}

/// Draws cells in their order, each as a disc without a soft edge.
pub(super) fn draw(
    context: &CanvasRenderingContext2d,
    frame: &Frame,
    points: &Points,
    layers: &[(usize, usize)],
    colours: &[String],
    radius: f64,
) {
    let (width, height) = (frame.width as usize, frame.height as usize);
    let colours: Vec<[u8; 4]> = colours.iter().map(|colour| rgba(context, colour)).collect();
    let mut picture = vec![0u8; width * height * 4];
    let disc = disc(radius);
    for &(cell, colour) in layers {
        let (x, y) = frame.at(points.map[cell]);
        for &(dx, dy) in &disc {
            let (x, y) = (x as isize + dx, y as isize + dy);
            if x >= 0 && y >= 0 && (x as usize) < width && (y as usize) < height {
                let at = (y as usize * width + x as usize) * 4;
                picture[at..at + 4].copy_from_slice(&colours[colour]);
            }
        }
    }
    if let Ok(pixels) = ImageData::new(Clamped(&picture), width as u32, height as u32) {
        context.unchecked_ref::<Picture>().put(&pixels, 0.0, 0.0);
    }
}

/// Pixels of a disc around its middle; at least one.
fn disc(radius: f64) -> Vec<(isize, isize)> {
    let reach = radius.ceil() as isize;
    let within = |x: isize, y: isize| {
        let squared = (x * x + y * y) as f64;
        // A disc of pixels has the area of the circle where its edge is moved out by the missing corners.
        squared <= radius * radius * FRAC_PI_4.recip()
    };
    let square = (-reach..=reach).flat_map(|y| (-reach..=reach).map(move |x| (x, y)));
    let found: Vec<_> = square.filter(|&(x, y)| within(x, y)).collect();
    if found.is_empty() { vec![(0, 0)] } else { found }
}

/// Red, green, blue and opacity of a colour of the style sheet, as the canvas writes it: `#rrggbb`, or `rgba(…)`.
fn rgba(context: &CanvasRenderingContext2d, colour: &str) -> [u8; 4] {
    context.set_fill_style_str(colour);
    let written = context.fill_style().as_string().unwrap_or_default();
    parse(&written).unwrap_or([128, 128, 128, 255])
}

fn parse(written: &str) -> Option<[u8; 4]> {
    if let Some(digits) = written.strip_prefix('#').filter(|digits| digits.len() == 6) {
        let [_, red, green, blue] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
        return Some([red, green, blue, 255]);
    }
    // Mixed colours are written with shares of 1.
    if let Some(inside) = written.strip_prefix("color(srgb ").and_then(|rest| rest.strip_suffix(')')) {
        let shares: Vec<f64> = inside.split([' ', '/']).filter_map(|share| share.parse().ok()).collect();
        let byte = |share: f64| (share.clamp(0.0, 1.0) * 255.0).round() as u8;
        let opacity = shares.get(3).copied().unwrap_or(1.0);
        return Some([byte(*shares.first()?), byte(*shares.get(1)?), byte(*shares.get(2)?), byte(opacity)]);
    }
    let inside = written.strip_prefix("rgba(").or_else(|| written.strip_prefix("rgb("))?.strip_suffix(')')?;
    let numbers: Vec<f64> = inside.split(',').map(|n| n.trim().parse().ok()).collect::<Option<Vec<f64>>>()?;
    let opacity = numbers.get(3).copied().unwrap_or(1.0);
    Some([*numbers.first()? as u8, *numbers.get(1)? as u8, *numbers.get(2)? as u8, (opacity * 255.0) as u8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn discs_grow_and_colours_are_read() {
        assert_eq!((disc(0.3).len(), disc(1.0).len()), (1, 5));
        assert!(disc(2.4).len() > 15);
        assert_eq!(parse("#e69f00"), Some([230, 159, 0, 255]));
        assert_eq!(parse("rgba(1, 2, 3, 0.5)"), Some([1, 2, 3, 127]));
        assert_eq!(parse("color(srgb 1 0.5 0)"), Some([255, 128, 0, 255]));
        assert_eq!(parse("red"), None);
    }
}
