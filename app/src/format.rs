//! Numbers as a reader wants them.

pub use cellprism_core::bundle::opening::thousands;

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
    if p == 0.0 {
        let least = significant(1.0 / f64::from(permutations.max(1)));
        format!("<{}", least.trim_end_matches('0'))
    } else {
        significant(p)
    }
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

/// 812 bytes, 3.4 MB, 5.2 GB.
pub fn bytes(n: f64) -> String {
    match n {
        n if n < 1e3 => format!("{n:.0} bytes"),
        n if n < 1e6 => format!("{:.0} kB", n / 1e3),
        n if n < 1e9 => format!("{:.1} MB", n / 1e6),
        n => format!("{:.1} GB", n / 1e9),
    }
}

/// A mean count: one decimal, two below 1.
pub fn mean_count(x: f64) -> String {
    if x >= 100.0 {
        thousands(x.round() as u64)
    } else if x == 0.0 || x >= 0.95 {
        format!("{x:.1}")
    } else {
        format!("{x:.2}")
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

/// The first digits of a checksum, whatever text stands there.
pub fn digest_start(text: &str) -> String {
    text.chars().take(12).collect()
}

/// How many times its share: 0.2×, 1.8×, 12×.
pub fn times(lift: f64) -> String {
    if lift >= 9.95 { format!("{lift:.0}×") } else { format!("{lift:.1}×") }
}

/// "9", or "7 to 9".
pub fn range(low: u32, high: u32) -> String {
    if low == high { low.to_string() } else { format!("{low} to {high}") }
}

/// "a", "a and b", "a, b and c".
pub fn list(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// With a capital letter first; words that have their own capitals stay ("pDCs").
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let own = text.chars().skip(1).take_while(|c| c.is_alphanumeric()).any(char::is_uppercase);
    match letters.next() {
        Some(first) if !own => first.to_uppercase().collect::<String>() + letters.as_str(),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_is_cut_between_letters() {
        assert_eq!(digest_start("4b0e468d4d20ffff"), "4b0e468d4d20");
        assert_eq!(digest_start("prüfsumme-äöü"), "prüfsumme-äö");
        assert_eq!(digest_start("short"), "short");
    }

    #[test]
    fn lifts_and_lists() {
        assert_eq!([times(0.23), times(1.8), times(9.96), times(23.4)], ["0.2×", "1.8×", "10×", "23×"]);
        let words = ["a", "b", "c"].map(str::to_owned);
        assert_eq!([list(&words), list(&words[..1])], ["a, b and c", "a"]);
        assert_eq!([p_value(0.0, 1000), p_value(0.02, 1000)], ["<0.001", "0.020"]);
        assert_eq!([mean_count(0.0), mean_count(0.03), mean_count(12.63)], ["0.0", "0.03", "12.6"]);
        assert_eq!([bytes(812.0), bytes(3.42e6), bytes(5.2e9)], ["812 bytes", "3.4 MB", "5.2 GB"]);
        assert_eq!([range(9, 9), range(7, 9)], ["9", "7 to 9"]);
    }
}
