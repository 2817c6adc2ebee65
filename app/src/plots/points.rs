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
    let mut named: Vec<(f64, f64, String)> =
        all.iter().filter_map(|p| Some((px(p.at.0), py(p.at.1), p.name.clone()?))).collect();
    push_apart(&mut named, 1500.0 / f64::from(height.max(1)));
    let names = named
        .into_iter()
        .map(|(left, top, name)| {
            let shift = if left > 70.0 { "translate(calc(-100% - 7px),-50%)" } else { "translate(7px,-50%)" };
            view! { <span class="note gene" style=format!("left:{left:.1}%;top:{top:.1}%;transform:{shift}")>{name}</span> }
        })
        .collect::<Vec<_>>();
    plot(height, x, y, label, dots.into_any(), names.into_any())
}

/// Moves names down that would cover another one: `(left, top, name)` in percent, `line` the height of a line.
fn push_apart(names: &mut [(f64, f64, String)], line: f64) {
    cellprism_core::order::sort_by(names, |a, b| a.1.total_cmp(&b.1));
    for i in 1..names.len() {
        let (above, rest) = names.split_at_mut(i);
        for (left, top, _) in above.iter() {
            if (left - rest[0].0).abs() < 25.0 && rest[0].1 - top < line {
                rest[0].1 = top + line;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_do_not_cover_each_other() {
        let at = |left, top| (left, top, String::new());
        let mut names = vec![at(10.0, 20.0), at(12.0, 21.0), at(11.0, 18.0), at(60.0, 20.0)];
        push_apart(&mut names, 5.0);
        let tops: Vec<f64> = names.iter().filter(|n| n.0 < 50.0).map(|n| n.1).collect();
        assert!(tops.windows(2).all(|pair| pair[1] - pair[0] >= 5.0), "{tops:?}");
        assert!(names.contains(&at(60.0, 20.0)), "nothing is in its way");
    }
}
