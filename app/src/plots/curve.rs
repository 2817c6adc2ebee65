//! Curves over steps, with bands of spread.

use leptos::prelude::*;

use super::axes::plot;

/// A curve.
#[derive(Clone, Debug)]
pub struct Curve {
    /// Name, shown where the curve ends.
    pub name: String,
    /// CSS colour.
    pub colour: String,
    /// Points.
    pub points: Vec<(f64, f64)>,
    /// Half height of a band around each point; empty for none.
    pub band: Vec<f64>,
    /// Drawn with dashes.
    pub dashed: bool,
}

/// Curves in one chart.
pub fn curves(
    all: Vec<Curve>,
    height: u32,
    x: (f64, f64, &str),
    y: (f64, f64, &str),
    label: String,
    marks: AnyView,
) -> impl IntoView + use<> {
    let px = |v: f64| ((v - x.0) / (x.1 - x.0).max(f64::MIN_POSITIVE) * 100.0).clamp(0.0, 100.0);
    let py = |v: f64| 100.0 - ((v - y.0) / (y.1 - y.0).max(f64::MIN_POSITIVE) * 100.0).clamp(0.0, 100.0);
    let drawn = all
        .iter()
        .map(|curve| {
            let line: String = curve
                .points
                .iter()
                .enumerate()
                .map(|(i, &(x, y))| format!("{}{:.2} {:.2}", if i == 0 { "M" } else { "L" }, px(x), py(y)))
                .collect();
            let band = (curve.band.len() == curve.points.len() && !curve.band.is_empty()).then(|| {
                let edge = |sign: f64| {
                    curve
                        .points
                        .iter()
                        .zip(&curve.band)
                        .map(move |(&(x, y), b)| (x, y + sign * b))
                        .collect::<Vec<_>>()
                };
                let mut outline = edge(1.0);
                outline.extend(edge(-1.0).into_iter().rev());
                let d: String = outline
                    .iter()
                    .enumerate()
                    .map(|(i, &(x, y))| {
                        format!("{}{:.2} {:.2}", if i == 0 { "M" } else { "L" }, px(x), py(y))
                    })
                    .collect();
                view! { <path d=format!("{d}Z") style=format!("fill:{};opacity:.14", curve.colour) /> }
            });
            let dash = if curve.dashed { ";stroke-dasharray:3 3" } else { "" };
            view! { {band}<path class="ln" d=line style=format!("stroke:{}{dash}", curve.colour) /> }
        })
        .collect::<Vec<_>>();
    let names = all
        .iter()
        .filter(|c| !c.name.is_empty())
        .map(|c| {
            let dash = if c.dashed { "kl dash" } else { "kl" };
            view! { <span class="row" style="gap:6px"><i class=dash style=format!("--c:{}", c.colour)></i>{c.name.clone()}</span> }
        })
        .collect::<Vec<_>>();
    view! {
        {plot(height, x, y, label, view! { {drawn}{marks} }.into_any(), ().into_any())}
        <div class="row small muted">{names}</div>
    }
}
