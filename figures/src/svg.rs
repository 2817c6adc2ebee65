//! A chart as a file.

use plotters::prelude::{DrawingBackend, IntoDrawingArea, SVGBackend};

use crate::{
    pen::{Drawn, Pen},
    theme::Theme,
};

/// How much larger a figure is drawn than it is shown: places to a quarter of a pixel.
const TIMES: f64 = 4.0;

/// A chart that knows its size and can be drawn on any backend.
pub trait Figure {
    /// Width and height, in pixels as shown.
    fn size(&self) -> (f64, f64);

    /// Draws it.
    ///
    /// # Errors
    /// If the backend fails.
    fn draw<DB: DrawingBackend>(&self, pen: &Pen<'_, DB>) -> Drawn<DB>;
}

/// A chart as SVG with a title for those who cannot see it.
///
/// # Errors
/// If drawing fails; in memory it does not.
pub fn svg(figure: &impl Figure, theme: &Theme, title: &str) -> Result<String, String> {
    let (width, height) = figure.size();
    let whole = |pixels: f64| (pixels * TIMES).ceil().max(1.0) as u32;
    let mut file = String::new();
    {
        let area = SVGBackend::with_string(&mut file, (whole(width), whole(height))).into_drawing_area();
        figure.draw(&Pen::new(&area, theme, TIMES)).map_err(|e| e.to_string())?;
        area.present().map_err(|e| e.to_string())?;
    }
    let start = file.find('>').ok_or("no SVG was drawn")?;
    let head = format!(
        "<svg class=\"figure\" role=\"img\" width=\"{}\" height=\"{}\" viewBox=\"0 0 {} {}\" xmlns=\"http://www.w3.org/2000/svg\">\n<title>{}</title>",
        width.ceil(),
        height.ceil(),
        whole(width),
        whole(height),
        escaped(title)
    );
    Ok(head + &file[start + 1..])
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
