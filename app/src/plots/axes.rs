//! The frame of a chart.

use leptos::prelude::*;

/// Ticks at round numbers between `low` and `high`, about `n` of them.
pub fn ticks(low: f64, high: f64, n: usize) -> Vec<f64> {
    let width = high - low;
    if width <= 0.0 || !width.is_finite() {
        return vec![low];
    }
    let rough = width / n.max(1) as f64;
    let power = 10f64.powf(rough.log10().floor());
    let step =
        [1.0, 2.0, 2.5, 5.0, 10.0].iter().map(|m| m * power).find(|&s| s >= rough).unwrap_or(10.0 * power);
    let first = (low / step).ceil() as i64;
    let last = (high / step + 1e-9).floor() as i64;
    (first..=last).map(|i| i as f64 * step).collect()
}

/// A tick's text.
pub fn tick_text(value: f64) -> String {
    let text = if value == 0.0 {
        "0".into()
    } else if value.abs() >= 10.0 || value.fract() == 0.0 {
        format!("{value:.0}")
    } else if value.abs() >= 0.1 {
        format!("{value:.2}").trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        format!("{value:.3}").trim_end_matches('0').to_owned()
    };
    text.replace('-', "−")
}

/// A chart with its ticks and titles. `inside` is drawn in a square of 100 by 100, y downwards.
pub fn plot(
    height: u32,
    x: (f64, f64, &str),
    y: (f64, f64, &str),
    label: String,
    inside: AnyView,
    notes: AnyView,
) -> impl IntoView + use<> {
    let share =
        |value: f64, (low, high): (f64, f64)| (value - low) / (high - low).max(f64::MIN_POSITIVE) * 100.0;
    let x_ticks = ticks(x.0, x.1, 5)
        .into_iter()
        .map(|v| view! { <span class="x" style=format!("left:{:.2}%", share(v, (x.0, x.1)))>{tick_text(v)}</span> })
        .collect::<Vec<_>>();
    let y_values = ticks(y.0, y.1, 3);
    let y_ticks = y_values
        .iter()
        .map(|&v| view! { <span class="y" style=format!("bottom:{:.2}%", share(v, (y.0, y.1)))>{tick_text(v)}</span> })
        .collect::<Vec<_>>();
    let lines = y_values
        .iter()
        .map(|&v| {
            let at = 100.0 - share(v, (y.0, y.1));
            view! { <path class="grid-line" d=format!("M0 {at:.2}H100") /> }
        })
        .collect::<Vec<_>>();
    let (x_title, y_title) = (x.2.to_owned(), y.2.to_owned());
    view! {
        <p class="ylab">{y_title}</p>
        <div class="plot" style=format!("height:{height}px")>
            <svg viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-label=label>{lines}{inside}</svg>
            {x_ticks}{y_ticks}<span class="xl">{x_title}</span>{notes}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round() {
        assert_eq!(ticks(0.0, 2.31, 5), [0.0, 0.5, 1.0, 1.5, 2.0]);
        assert_eq!(tick_text(-0.05), "−0.05");
    }
}
