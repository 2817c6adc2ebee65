//! Numbers as a reader wants them.

/// 1,234,567.
pub fn thousands(n: impl Into<u64>) -> String {
    let digits = n.into().to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// 86%, 0.4%, <0.1%.
pub fn percent(share: f64) -> String {
    let value = share * 100.0;
    if value == 0.0 {
        "0%".into()
    } else if value < 0.1 {
        "<0.1%".into()
    } else if value < 9.95 {
        format!("{value:.1}%")
    } else {
        format!("{value:.0}%")
    }
}

/// A p-value from `permutations`: 0 is below their resolution.
pub fn p_value(p: f64, permutations: u32) -> String {
    if p == 0.0 { format!("<{}", significant(1.0 / f64::from(permutations.max(1)))) } else { significant(p) }
}

/// Two or three significant digits.
pub fn significant(x: f64) -> String {
    if x == 0.0 {
        "0".into()
    } else if x.abs() >= 1000.0 {
        format!("{x:.0}")
    } else if x.abs() >= 0.1 {
        format!("{x:.2}")
    } else if x.abs() >= 1e-4 {
        let digits = (-x.abs().log10().floor()) as usize + 1;
        format!("{x:.digits$}")
    } else {
        format!("{x:.1e}")
    }
}

/// Three decimals with a true minus sign.
pub fn score(x: f64) -> String {
    format!("{x:.3}").replace('-', "−")
}

/// "1 cell", "2 cells".
pub fn count(n: u32, what: &str) -> String {
    format!("{} {what}{}", thousands(n), if n == 1 { "" } else { "s" })
}
