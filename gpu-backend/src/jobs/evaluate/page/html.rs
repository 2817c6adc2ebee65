//! Words that are safe in a page, numbers as they are read.

use cellprism_core::bundle::opening::thousands;

use crate::jobs::evaluate::Value;

/// Text of an element or an attribute.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Three significant digits, thousands apart, a true minus; very small numbers with their power of ten.
pub fn number(value: f64) -> String {
    let size = value.abs();
    let text = match size {
        0.0 => "0".to_owned(),
        _ if size < 1e-3 => {
            let power = size.log10().floor();
            format!("{:.1}×10{}", size / 10f64.powf(power), superscript(power as i32))
        }
        _ if size >= 1000.0 => thousands(size.round() as u64),
        _ => {
            let digits = (2.0 - size.log10().floor()).clamp(0.0, 4.0) as usize;
            format!("{size:.digits$}")
        }
    };
    if value < 0.0 { format!("−{text}") } else { text }
}

fn superscript(power: i32) -> String {
    let raised = |c: char| match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        digit => char::from_u32(0x2070 + digit.to_digit(10).unwrap_or(0)).unwrap_or(digit),
    };
    power.to_string().chars().map(raised).collect()
}

/// A value in a cell of a table.
pub fn cell(value: &Value) -> String {
    match value {
        Value::Number(exact) => {
            format!("<td class=\"n\" title=\"{}\">{}</td>", value.to_text(), number(*exact))
        }
        Value::Count(count) => format!("<td class=\"n\">{}</td>", thousands(*count)),
        other => format!("<td>{}</td>", escaped(&other.to_text())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_at_a_glance() {
        let read = [0.0, 0.98765, -0.5, 12.345, 123.45, 12345.6, 2.5e-9, 1.0].map(number);
        assert_eq!(read, ["0", "0.988", "−0.500", "12.3", "123", "12,346", "2.5×10⁻⁹", "1.00"]);
    }
}
