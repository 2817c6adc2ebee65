//! The map on a plain canvas: few cells as circles, many written into the picture's pixels, which takes milliseconds where
//! circles take seconds. For small still maps, and where there is no WebGL2.

use wasm_bindgen::{Clamped, JsCast, JsValue, prelude::wasm_bindgen};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use super::{batch::Batch, colour, colouring::Dot, view::Frame};

/// Most cells that are drawn as circles.
const MOST_CIRCLES: usize = 5_000;

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

/// The painter.
#[derive(Debug)]
pub struct FlatPainter {
    context: CanvasRenderingContext2d,
    layers: Vec<Vec<Dot>>,
    pixels: Vec<u8>,
    size: [usize; 2],
    circles: bool,
}

impl FlatPainter {
    /// On a canvas; none where it has a context of another kind.
    pub fn new(canvas: &HtmlCanvasElement) -> Option<Self> {
        let context = canvas.get_context("2d").ok()??.unchecked_into();
        Some(Self { context, layers: Vec::new(), pixels: Vec::new(), size: [0, 0], circles: true })
    }

    /// Keeps the cells.
    pub fn load(&mut self, layers: Vec<Vec<Dot>>) {
        self.circles = layers.iter().map(Vec::len).sum::<usize>() <= MOST_CIRCLES;
        self.layers = layers;
    }

    /// An empty picture.
    pub fn begin(&mut self, width: u32, height: u32) {
        self.size = [width as usize, height as usize];
        if self.circles {
            self.context.clear_rect(0.0, 0.0, f64::from(width), f64::from(height));
        } else {
            self.pixels.clear();
            self.pixels.resize(self.size[0] * self.size[1] * 4, 0);
        }
    }

    /// Draws some cells over what is there.
    pub fn add(&mut self, frame: &Frame, scale: f64, batch: &Batch) {
        let Some(dots) = self.layers.get(batch.layer) else { return };
        let dots = dots[batch.cells.clone()].iter().step_by(batch.step);
        let place = |dot: &Dot| {
            let (x, y) = frame.at(dot.at.map(|code| f32::from(code) / 65535.0));
            (x * scale, y * scale)
        };
        let radius = batch.radius * scale;
        if self.circles {
            let mut last = None;
            for dot in dots {
                if last != Some(dot.colour) {
                    self.context.set_fill_style_str(&colour::hex(dot.colour));
                    last = Some(dot.colour);
                }
                let (x, y) = place(dot);
                self.context.begin_path();
                let _ = self.context.arc(x, y, radius, 0.0, std::f64::consts::TAU);
                self.context.fill();
            }
            return;
        }
        let (disc, [width, height]) = (disc(radius), self.size);
        for dot in dots {
            let (x, y) = place(dot);
            for &(dx, dy) in &disc {
                let (x, y) = (x as isize + dx, y as isize + dy);
                if x >= 0 && y >= 0 && (x as usize) < width && (y as usize) < height {
                    let at = (y as usize * width + x as usize) * 4;
                    over(&mut self.pixels[at..at + 4], dot.colour, batch.opacity);
                }
            }
        }
    }

    /// Shows the picture.
    pub fn show(&self) {
        if self.circles {
            return;
        }
        let [width, height] = self.size.map(|length| length as u32);
        if let Ok(pixels) = ImageData::new(Clamped(&self.pixels), width, height) {
            self.context.unchecked_ref::<Picture>().put(&pixels, 0.0, 0.0);
        }
    }
}

/// A colour over a pixel, neither multiplied by its opacity.
fn over(pixel: &mut [u8], [red, green, blue, own]: [u8; 4], opacity: f64) {
    let a = opacity * f64::from(own) / 255.0;
    let under = f64::from(pixel[3]) / 255.0 * (1.0 - a);
    let whole = a + under;
    for (below, colour) in pixel.iter_mut().zip([red, green, blue]) {
        *below = ((f64::from(colour) * a + f64::from(*below) * under) / whole.max(1e-9)).round() as u8;
    }
    pixel[3] = (whole * 255.0).round() as u8;
}

/// Pixels of a disc around its middle; at least one.
fn disc(radius: f64) -> Vec<(isize, isize)> {
    let reach = radius.ceil() as isize;
    let within = |x: isize, y: isize| {
        let squared = (x * x + y * y) as f64;
        // A disc of pixels has the area of the circle where its edge is moved out by the missing corners.
        squared <= radius * radius * std::f64::consts::FRAC_PI_4.recip()
    };
    let square = (-reach..=reach).flat_map(|y| (-reach..=reach).map(move |x| (x, y)));
    let found: Vec<_> = square.filter(|&(x, y)| within(x, y)).collect();
    if found.is_empty() { vec![(0, 0)] } else { found }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn discs_grow() {
        assert_eq!((disc(0.3).len(), disc(1.0).len()), (1, 5));
        assert!(disc(2.4).len() > 15);
    }

    #[test]
    fn colours_cover_what_is_below_by_their_opacity() {
        let mut pixel = [0, 0, 0, 0];
        over(&mut pixel, [200, 100, 0, 255], 0.5);
        assert_eq!(pixel, [200, 100, 0, 128]);
        over(&mut pixel, [0, 0, 0, 255], 0.5);
        assert_eq!(pixel[3], 192);
        assert!((64..=68).contains(&pixel[0]), "{pixel:?}");
        over(&mut pixel, [1, 2, 3, 255], 1.0);
        assert_eq!(pixel, [1, 2, 3, 255]);
    }
}
