//! The same charts for files, as the figure functions draw them.

use cellprism_figures::{self as figures, Colour, Panel, Series};

use super::{Curve, Point};

/// The theme's colour that a CSS variable of the page stands for.
pub fn colour_of(css: &str) -> Colour {
    const CATEGORIES: [&str; 8] =
        ["orange", "sky", "green", "yellow", "blue", "vermillion", "purple", "black"];
    let name = css.trim_start_matches("var(--").trim_end_matches(')');
    let category = name.strip_prefix("oi-").and_then(|name| CATEGORIES.iter().position(|c| *c == name));
    match (category, name) {
        (Some(place), _) => Colour::Category(place),
        (None, "accent") => Colour::Accent,
        (None, "ink") => Colour::Ink,
        (None, "ink-2") => Colour::Soft,
        _ => Colour::Faint,
    }
}

/// Curves with the axes of the page's chart.
pub fn curves_chart(
    all: &[Curve],
    x: (f64, f64, &str),
    y: (f64, f64, &str),
) -> impl Fn() -> Panel + Send + Sync + use<> {
    let curve = |curve: &Curve| figures::Curve {
        series: Series::coloured(&curve.name, colour_of(&curve.colour)),
        places: curve.points.clone(),
        band: curve.points.iter().zip(&curve.band).map(|(&(_, y), b)| (y - b, y + b)).collect(),
        dots: false,
    };
    let chart = figures::Curves {
        x_title: x.2.to_owned(),
        y_title: y.2.to_owned(),
        curves: all.iter().map(curve).collect(),
        x_range: Some((x.0, x.1)),
        y_range: Some((y.0, y.1)),
    };
    move || Panel::Curves(chart.clone())
}

/// Points; colours are told apart by what is named.
pub fn points_chart(all: &[Point], x: &str, y: &str) -> impl Fn() -> Panel + Send + Sync + use<> {
    let mut series: Vec<Series> = Vec::new();
    let mut points = Vec::new();
    for point in all {
        let colour = colour_of(&point.colour);
        let place = series.iter().position(|known| known.colour == colour).unwrap_or_else(|| {
            let name = if point.name.is_some() { "named" } else { "all others" };
            series.push(Series::coloured(name, colour));
            series.len() - 1
        });
        let radius = point.size / 2.0;
        points.push(figures::Point { at: point.at, series: place, radius, name: point.name.clone() });
    }
    let chart = figures::Points { x_title: x.to_owned(), y_title: y.to_owned(), series, points };
    move || Panel::Points(chart.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_band_lies_around_its_curve_and_colours_are_the_themes() {
        let curve = Curve {
            name: "t-test".into(),
            colour: "var(--oi-green)".into(),
            points: vec![(0.0, 1.0), (1.0, 0.5)],
            band: vec![0.1, 0.2],
            dashed: false,
        };
        let Panel::Curves(chart) = curves_chart(&[curve], (0.0, 1.0, "x"), (0.0, 1.0, "y"))() else {
            unreachable!("curves are drawn as curves")
        };
        assert_eq!(chart.curves[0].band, [(0.9, 1.1), (0.3, 0.7)]);
        assert_eq!(chart.curves[0].series.colour, Colour::Category(2));
        assert_eq!(["var(--ink-3)", "var(--accent)"].map(colour_of), [Colour::Faint, Colour::Accent]);
    }
}
