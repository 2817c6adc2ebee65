//! Figures: seven forms of chart, drawn by plotters on any of its backends in colours that are passed in. The same functions
//! draw files, the report and the page.
//!
//! | file | idea |
//! |---|---|
//! | `bars` | [`Bars`]: how many there are of each size |
//! | `stacked` | [`Stacked`]: how counts divide, a bar a row |
//! | `dots` | [`Dots`]: values of several subjects beside each other, with intervals |
//! | `curves` | [`Curves`]: what falls or rises, with a band |
//! | `points` | [`Points`]: two quantities of many things |
//! | `heat` | [`Heat`]: a table of shares or signed values |
//! | `labels` | [`of_labels`]: colours of cell labels |
//! | `map` | [`Map`]: cells in a plane by label |
//! | `theme` | [`Theme`]: colours |
//! | `pen` | lines, areas and words in pixels; `scale`: numbers to places, ticks; `legend`; `panels`: charts side by side |
//! | `svg` | [`svg()`]: a chart as a file |
//!
//! ```
//! use cellprism_figures::{Dots, Mark, Row, Series, Theme, svg};
//!
//! let chart = Dots {
//!     x_title: "R² (share of variance rebuilt)".into(),
//!     series: vec![Series::named("own cells", 0)],
//!     rows: vec![Row { label: "SAE".into(), marks: vec![Mark::of(0, 0.97)] }],
//!     range: Some((0.0, 1.0)),
//!     ..Dots::default()
//! };
//! let file = svg(&chart, &Theme::light(), "Reconstruction").expect("drawn in memory");
//! assert!(file.starts_with("<svg") && file.contains("SAE"));
//! ```

#![warn(unreachable_pub)]

mod bars;
mod curves;
mod dots;
mod heat;
mod labels;
mod legend;
mod map;
mod panels;
mod pen;
mod points;
mod scale;
mod stacked;
mod svg;
mod theme;

pub use bars::Bars;
pub use curves::{Curve, Curves};
pub use dots::{Dots, Mark, Row};
pub use heat::Heat;
pub use labels::of_labels;
pub use map::{Map, Place};
pub use panels::{Panel, Panels};
pub use pen::{Drawn, Pen};
/// A colour of plotters.
pub use plotters::style::RGBColor as Rgb;
pub use points::{Point, Points};
pub use stacked::{Bar, Stacked};
pub use svg::{Figure, svg};
pub use theme::{Colour, Theme};

/// What a colour stands for.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Its name.
    pub name: String,
    /// Which colour of the theme.
    pub colour: Colour,
}

impl Series {
    /// A series in one of the eight colours of categories.
    pub fn named(name: &str, category: usize) -> Self {
        Self { name: name.into(), colour: Colour::Category(category) }
    }

    /// A series in another colour.
    pub fn coloured(name: &str, colour: Colour) -> Self {
        Self { name: name.into(), colour }
    }
}
