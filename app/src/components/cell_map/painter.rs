//! What draws the cells: WebGL2, or a plain canvas; both are asked in the same words.

use web_sys::HtmlCanvasElement;

use super::{
    batch::Batch,
    colouring::Dot,
    flat::FlatPainter,
    gl::{GlPainter, LONGEST_STEP},
    view::Frame,
};

/// The painter of one canvas.
#[derive(Debug)]
pub enum Painter {
    /// By WebGL2.
    Gl(GlPainter),
    /// By a plain canvas.
    Flat(FlatPainter),
}

impl Painter {
    /// On a fresh canvas; none where what was asked for is not to be had.
    pub fn new(canvas: &HtmlCanvasElement, gl: bool) -> Option<Self> {
        if gl { GlPainter::new(canvas).map(Self::Gl) } else { FlatPainter::new(canvas).map(Self::Flat) }
    }

    /// Takes the layers of cells.
    pub fn load(&mut self, layers: Vec<Vec<Dot>>) {
        match self {
            Self::Gl(gl) => gl.load(&layers),
            Self::Flat(flat) => flat.load(layers),
        }
    }

    /// An empty picture of so many pixels.
    pub fn begin(&mut self, width: u32, height: u32) {
        match self {
            Self::Gl(gl) => gl.begin(width, height),
            Self::Flat(flat) => flat.begin(width, height),
        }
    }

    /// Draws some cells over what is there; `scale` are the canvas' pixels of one CSS pixel.
    pub fn add(&mut self, frame: &Frame, scale: f64, batch: &Batch) {
        match self {
            Self::Gl(gl) => gl.add(frame, scale, batch),
            Self::Flat(flat) => flat.add(frame, scale, batch),
        }
    }

    /// Shows what was drawn.
    pub fn show(&self) {
        match self {
            Self::Gl(gl) => gl.show(),
            Self::Flat(flat) => flat.show(),
        }
    }

    /// Gives back what browsers allow few of.
    pub fn release(&self) {
        if let Self::Gl(gl) = self {
            gl.release();
        }
    }
}

/// The step through `cells` that draws at most `most` of them, as far as steps go.
pub fn step_for(cells: usize, most: usize) -> usize {
    cells.div_ceil(most.max(1)).clamp(1, LONGEST_STEP)
}

/// Radius of a dot of `cells` cells on a map `width` wide, in CSS pixels: many get smaller ones, enlarged ones grow.
pub fn radius(dot: f64, width: f64, cells: usize, zoom: f64) -> f64 {
    let crowd = (8000.0 / (cells as f64).max(1.0)).powf(0.25).clamp(0.35, 1.0);
    let whole = (dot * (width / 600.0).clamp(0.55, 1.15) * crowd).max(0.8);
    (whole * zoom.powf(0.4)).min(whole.max(5.0))
}

/// Opacity at which dots that lie on each other tell how many they are: 1 where they would cover less than the map.
pub fn opacity(frame: &Frame, cells: usize, radius: f64) -> f64 {
    let seen = cells as f64 / (frame.view.zoom * frame.view.zoom);
    let covered = seen * std::f64::consts::PI * radius * radius;
    (1.2 * frame.width * frame.height / covered.max(1.0)).clamp(0.25, 1.0)
}

#[cfg(test)]
mod tests {
    use super::{super::view::View, *};

    #[test]
    fn few_cells_are_solid_and_a_crowd_is_translucent_until_it_is_enlarged() {
        let whole = Frame { width: 700.0, height: 600.0, margin: 4.0, view: View::WHOLE };
        let of = |cells: usize, zoom: f64| {
            let frame = Frame { view: View { zoom, ..View::WHOLE }, ..whole };
            opacity(&frame, cells, radius(2.4, 700.0, cells, zoom))
        };
        assert_eq!((of(2_638, 1.0), of(50_000, 1.0)), (1.0, 1.0));
        assert!(of(600_000, 1.0) < 0.5 && of(600_000, 20.0) == 1.0);
    }

    #[test]
    fn a_sample_is_as_small_as_asked_for() {
        assert_eq!((step_for(1000, 2000), step_for(600_000, 60_000), step_for(9, 0)), (1, 10, 9));
        assert_eq!(step_for(100_000_000, 10), LONGEST_STEP);
    }
}
