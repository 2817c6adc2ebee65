//! Colours of cell labels: Okabe–Ito, fixed per label, related types related, never violet.

const ALL: [&str; 9] = [
    "var(--oi-sky)",
    "var(--oi-blue)",
    "var(--oi-orange)",
    "var(--oi-vermillion)",
    "var(--oi-green)",
    "var(--oi-yellow)",
    "var(--oi-purple)",
    "var(--oi-black)",
    "var(--oi-grey)",
];

/// What a label suggests; the first match counts.
const USUAL: [(&str, &str); 22] = [
    ("fcgr3a", "var(--oi-yellow)"),
    ("cd16", "var(--oi-yellow)"),
    ("non-classical", "var(--oi-yellow)"),
    ("mono", "var(--oi-orange)"),
    ("cd56", "var(--oi-purple)"),
    ("nk", "var(--oi-purple)"),
    ("killer", "var(--oi-purple)"),
    ("dendritic", "var(--oi-black)"),
    ("dc", "var(--oi-black)"),
    ("platelet", "var(--oi-grey)"),
    ("mega", "var(--oi-grey)"),
    ("cd34", "var(--oi-grey)"),
    ("cd19", "var(--oi-vermillion)"),
    ("b cell", "var(--oi-vermillion)"),
    ("plasma", "var(--oi-vermillion)"),
    ("cytotoxic t", "var(--oi-green)"),
    ("cd8", "var(--oi-green)"),
    ("reg", "var(--oi-blue)"),
    ("memory", "var(--oi-blue)"),
    ("naive", "var(--oi-sky)"),
    ("cd4", "var(--oi-sky)"),
    ("t cell", "var(--oi-sky)"),
];

/// One CSS colour a label, in the order given; no two alike while there are enough.
pub fn of_labels(labels: &[String]) -> Vec<String> {
    let mut used: Vec<&str> = Vec::new();
    let mut chosen: Vec<Option<&str>> = labels
        .iter()
        .map(|label| {
            let lower = label.to_lowercase();
            let wanted = if lower == "b" { Some("var(--oi-vermillion)") } else { usual(&lower) };
            let wanted = wanted.filter(|colour| !used.contains(colour))?;
            used.push(wanted);
            Some(wanted)
        })
        .collect();
    for colour in chosen.iter_mut().filter(|c| c.is_none()) {
        if let Some(free) = ALL.iter().find(|c| !used.contains(c)) {
            used.push(free);
            *colour = Some(free);
        }
    }
    let mut beyond = 0;
    chosen
        .into_iter()
        .map(|colour| match colour {
            Some(colour) => colour.to_owned(),
            None => {
                beyond += 1;
                let base = ALL[(beyond - 1) % ALL.len()];
                format!(
                    "color-mix(in srgb, {base} {}%, var(--surface))",
                    70 - 18 * ((beyond - 1) / ALL.len() % 3)
                )
            }
        })
        .collect()
}

fn usual(label: &str) -> Option<&'static str> {
    USUAL.iter().find(|(part, _)| label.contains(part)).map(|(_, colour)| *colour)
}
