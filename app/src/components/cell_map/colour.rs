//! Colours of the style sheet as bytes.

use crate::browser;

/// Red, green, blue and opacity that a CSS value has here and now; a middle grey where it is none.
pub fn bytes(value: &str) -> [u8; 4] {
    parse(&browser::resolved_colour(value)).unwrap_or([128, 128, 128, 255])
}

/// Shades of a continuous ramp.
pub const SHADES: usize = 256;

/// A continuous ramp over the style sheet's five steps.
pub fn ramp() -> Vec<[u8; 4]> {
    let steps: Vec<[u8; 4]> = (1..=5).map(|i| bytes(&format!("var(--act-{i})"))).collect();
    (0..SHADES).map(|shade| between(&steps, shade as f32 / (SHADES - 1) as f32)).collect()
}

/// The colour at a share of the way from the first step to the last.
fn between(steps: &[[u8; 4]], share: f32) -> [u8; 4] {
    let at = share * (steps.len() - 1) as f32;
    let (low, high) = (at.floor() as usize, at.ceil() as usize);
    std::array::from_fn(|i| {
        let (a, b) = (f32::from(steps[low][i]), f32::from(steps[high][i]));
        (a + (b - a) * (at - low as f32)).round() as u8
    })
}

/// `#rrggbb`, for files.
pub fn hex([red, green, blue, _]: [u8; 4]) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// As a browser writes a computed colour: `rgb(…)`, `rgba(…)`, or shares of 1 where colours are mixed.
fn parse(written: &str) -> Option<[u8; 4]> {
    let byte = |share: f64| (share.clamp(0.0, 1.0) * 255.0).round() as u8;
    if let Some(inside) = written.strip_prefix("color(srgb ").and_then(|rest| rest.strip_suffix(')')) {
        let shares: Vec<f64> = inside.split([' ', '/']).filter_map(|share| share.parse().ok()).collect();
        let opacity = shares.get(3).copied().unwrap_or(1.0);
        return Some([byte(*shares.first()?), byte(*shares.get(1)?), byte(*shares.get(2)?), byte(opacity)]);
    }
    let inside = written.strip_prefix("rgba(").or_else(|| written.strip_prefix("rgb("))?.strip_suffix(')')?;
    let numbers: Vec<f64> = inside.split(',').map(|n| n.trim().parse().ok()).collect::<Option<_>>()?;
    let opacity = numbers.get(3).copied().unwrap_or(1.0);
    Some([*numbers.first()? as u8, *numbers.get(1)? as u8, *numbers.get(2)? as u8, byte(opacity)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shades_lie_between_the_steps() {
        let steps = [[0, 0, 0, 255], [100, 50, 0, 255], [200, 0, 0, 255]];
        assert_eq!(between(&steps, 0.0), steps[0]);
        assert_eq!(between(&steps, 0.25), [50, 25, 0, 255]);
        assert_eq!(between(&steps, 1.0), steps[2]);
    }

    #[test]
    fn computed_colours_are_read() {
        assert_eq!(parse("rgb(230, 159, 0)"), Some([230, 159, 0, 255]));
        assert_eq!(parse("rgba(1, 2, 3, 0.5)"), Some([1, 2, 3, 128]));
        assert_eq!(parse("color(srgb 1 0.5 0)"), Some([255, 128, 0, 255]));
        assert_eq!(parse("red"), None);
        assert_eq!(hex([230, 159, 0, 255]), "#e69f00");
    }
}
