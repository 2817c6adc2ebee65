//! One canvas and what is painted on it: a fair sample while the map moves, all cells, bit by bit, when it rests.

use web_sys::HtmlCanvasElement;

use super::{
    batch::Batch,
    colouring::Dot,
    painter::{Painter, opacity, radius, step_for},
    view::{Frame, View},
};
use leptos::prelude::window;

/// Cells drawn in the first frames; how many there may be is found out while the map moves.
const AT_FIRST: usize = 60_000;
/// No machine is slower than this.
const FEWEST: usize = 15_000;
/// Points of one's own are larger by this.
const OVER: f64 = 1.7;

/// A canvas with its painter.
pub struct Stage {
    /// The canvas.
    pub canvas: HtmlCanvasElement,
    /// The picture that was painted last.
    pub frame: Frame,
    painter: Painter,
    dot: f64,
    scale: f64,
    cells: Vec<usize>,
    per_frame: usize,
    /// How far the picture of all cells has come: layer and cell; none before it is begun.
    reached: Option<(usize, usize)>,
}

impl Stage {
    /// On a fresh canvas, by WebGL2 where `gl`; none where that is not to be had.
    pub fn new(canvas: HtmlCanvasElement, gl: bool, dot: f64) -> Option<Self> {
        let painter = Painter::new(&canvas, gl)?;
        let frame = Frame { width: 0.0, height: 0.0, margin: 0.0, view: View::WHOLE };
        Some(Self {
            canvas,
            frame,
            painter,
            dot,
            scale: 1.0,
            cells: vec![0],
            per_frame: AT_FIRST,
            reached: None,
        })
    }

    /// Takes layers of cells.
    pub fn load(&mut self, layers: Vec<Vec<Dot>>) {
        self.cells = layers.iter().map(Vec::len).collect();
        self.painter.load(layers);
    }

    /// Makes room for a picture of this view; false where the canvas is not on the page.
    pub fn aim(&mut self, view: View) -> bool {
        let (width, height) = (f64::from(self.canvas.client_width()), f64::from(self.canvas.client_height()));
        if width < 2.0 || height < 2.0 {
            return false;
        }
        self.scale = window().device_pixel_ratio().clamp(1.0, 2.0);
        let size = [(width * self.scale) as u32, (height * self.scale) as u32];
        if [self.canvas.width(), self.canvas.height()] != size {
            self.canvas.set_width(size[0]);
            self.canvas.set_height(size[1]);
        }
        let margin = radius(self.dot, width, self.cells[0], 1.0) + 2.0;
        self.frame = Frame { width, height, margin, view };
        self.reached = None;
        true
    }

    fn batch(&self, layer: usize, cells: std::ops::Range<usize>, step: usize) -> Batch {
        let radius = self.radius();
        let radius = if layer == 0 { radius } else { (radius * OVER).max(2.6) };
        // A sample stands for all: as dense to the eye as they will be.
        let drawn = self.cells[layer] / step;
        let opacity = if layer == 0 { opacity(&self.frame, drawn, radius) } else { 1.0 };
        Batch { layer, cells, step, radius, opacity }
    }

    /// Radius of a cell's dot.
    pub fn radius(&self) -> f64 {
        radius(self.dot, self.frame.width, self.cells[0], self.frame.view.zoom)
    }

    /// Paints a sample at once; says whether it was all of them.
    pub fn sample(&mut self) -> bool {
        self.begin();
        let all: usize = self.cells.iter().sum();
        for layer in 0..self.cells.len() {
            let n = self.cells[layer];
            let step = if layer == 0 { step_for(n, self.per_frame) } else { 1 };
            let batch = self.batch(layer, 0..n, step);
            self.painter.add(&self.frame, self.scale, &batch);
        }
        self.painter.show();
        all <= self.per_frame || step_for(self.cells[0], self.per_frame) == 1
    }

    fn begin(&mut self) {
        self.painter.begin(self.canvas.width(), self.canvas.height());
    }

    /// Paints some more of all cells, out of sight; shows them and says so when none is left.
    pub fn more(&mut self) -> bool {
        let (layer, from) = match self.reached {
            Some(reached) => reached,
            None => {
                self.begin();
                (0, 0)
            }
        };
        let to = (from + self.per_frame).min(self.cells[layer]);
        let batch = self.batch(layer, from..to, 1);
        self.painter.add(&self.frame, self.scale, &batch);
        self.reached = Some(if to < self.cells[layer] { (layer, to) } else { (layer + 1, 0) });
        let finished = to == self.cells[layer] && layer + 1 == self.cells.len();
        if finished {
            self.painter.show();
            self.reached = None;
        }
        finished
    }

    /// All cells at once.
    pub fn all(&mut self) {
        self.reached = None;
        while !self.more() {}
    }

    /// Learns from the milliseconds between two frames how many cells one may have.
    pub fn learn(&mut self, milliseconds: f64) {
        let all: usize = self.cells.iter().sum();
        if milliseconds > 45.0 {
            self.per_frame = (self.per_frame / 2).max(FEWEST);
        } else if milliseconds < 20.0 && self.per_frame < all {
            self.per_frame = self.per_frame.saturating_mul(3) / 2;
        }
    }

    /// Gives back what browsers allow few of.
    pub fn release(&self) {
        self.painter.release();
    }
}
