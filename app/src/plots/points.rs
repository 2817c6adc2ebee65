//! Points: two quantities of many things.

use leptos::prelude::*;

use super::axes::plot;

/// A point.
#[derive(Clone, Debug)]
pub struct Point {
    /// Place.
    pub at: (f64, f64),
    /// CSS colour.
    pub colour: String,
    /// Diameter in pixels.
    pub size: f64,
    /// Name beside it, where it is one to read.
    pub name: Option<String>,
}

/// Points in one chart.
pub fn points(
    all: Vec<Point>,
    height: u32,
    x: (f64, f64, &str),
    y: (f64, f64, &str),
    label: String,
) -> impl IntoView + use<> {
    let px = |v: f64| (v - x.0) / (x.1 - x.0).max(f64::MIN_POSITIVE) * 100.0;
    let py = |v: f64| 100.0 - (v - y.0) / (y.1 - y.0).max(f64::MIN_POSITIVE) * 100.0;
    let dots = all
        .iter()
        .map(|p| {
            let style = format!("stroke:{};stroke-width:{}", p.colour, p.size);
            view! { <path class="dot" d=format!("M{:.2} {:.2}h0", px(p.at.0), py(p.at.1)) style=style /> }
        })
        .collect::<Vec<_>>();
    let names = all
        .iter()
        .filter_map(|p| {
            let name = p.name.clone()?;
            let (left, top) = (px(p.at.0), py(p.at.1));
            let shift = if left > 70.0 { "translate(calc(-100% - 7px),-50%)" } else { "translate(7px,-50%)" };
            Some(view! { <span class="note gene" style=format!("left:{left:.1}%;top:{top:.1}%;transform:{shift}")>{name}</span> })
        })
        .collect::<Vec<_>>();
    plot(height, x, y, label, dots.into_any(), names.into_any())
}
